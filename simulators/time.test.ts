import assert from 'node:assert/strict'
import { seededChance } from './time.ts'

describe('seeded chance', () => {
  it('gives the same answers for the same seed, and others for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededChance(seed).fraction)
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
  })

  it('spreads whole numbers evenly over the range, both ends included', () => {
    const chance = seededChance(42)
    const counts = new Map<number, number>()
    for (let index = 0; index < 60_000; index++) {
      const drawn = chance.whole(1, 6)
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
    }
    assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4, 5, 6])
    for (const count of counts.values()) assert.ok(Math.abs(count - 10_000) < 500, String(count))
  })
})
