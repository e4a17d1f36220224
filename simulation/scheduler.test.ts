import assert from 'node:assert/strict'
import { Dice } from './dice.ts'
import { type Owner, Scheduler } from './scheduler.ts'

const anOwner = (name: string): Owner => ({ name, alive: true, pausedUntilMs: 0 })
const FAR = { untilMs: 1_000_000, steps: 10_000, quietMs: 100 }

describe('the scheduler of a simulation', () => {
  it('resumes in order of time, and lets what was resumed run until it waits again', async () => {
    const scheduler = new Scheduler(new Dice('order'), 0)
    const world = anOwner('world')
    const seen: string[] = []
    const walk = async (name: string, stepMs: number): Promise<void> => {
      for (let step = 1; step <= 3; step++) {
        await scheduler.delay(stepMs, world)
        seen.push(`${name}${scheduler.nowMs}`)
        await Promise.resolve().then(() => Promise.resolve())
        seen.push(`${name}!`)
      }
    }
    void walk('a', 10)
    void walk('b', 15)
    assert.equal(await scheduler.run({ ...FAR, untilMs: 29 }), 'too-long')
    assert.deepEqual(seen, ['a10', 'a!', 'b15', 'b!', 'a20', 'a!'])
  })

  it('comes to rest when only heartbeats are left, and not before they had time to set something off', async () => {
    const scheduler = new Scheduler(new Dice('heart'), 0)
    const world = anOwner('world')
    const seen: number[] = []
    const beat = (): void => {
      scheduler.after(30, world, beat, true)
      seen.push(scheduler.nowMs)
      if (seen.length === 3) scheduler.after(0, world, () => void seen.push(-1))
    }
    beat()
    scheduler.after(500, world, () => {})
    assert.equal(await scheduler.run(FAR), 'idle')
    assert.ok(seen.includes(-1))
    assert.deepEqual([seen.at(-1), scheduler.steps], [600, 2])
  })

  it('draws the order of what falls due together from the seed', async () => {
    const orderOf = async (seed: string): Promise<string> => {
      const scheduler = new Scheduler(new Dice(seed), 0)
      const seen: number[] = []
      for (let index = 0; index < 20; index++)
        scheduler.after(5, anOwner('world'), () => void seen.push(index))
      assert.equal(await scheduler.run(FAR), 'idle')
      assert.equal(seen.length, 20)
      return seen.join()
    }
    assert.equal(await orderOf('one'), await orderOf('one'))
    assert.notEqual(await orderOf('one'), await orderOf('other'))
  })

  it('resumes nothing of the dead, and what stands still only afterwards', async () => {
    const scheduler = new Scheduler(new Dice('order'), 0)
    const [dead, still] = [anOwner('dead'), anOwner('still')]
    const seen: string[] = []
    scheduler.after(10, dead, () => void seen.push('dead'))
    scheduler.after(10, still, () => void seen.push(`still ${scheduler.nowMs}`))
    const cancelled = scheduler.after(10, still, () => void seen.push('cancelled'))
    dead.alive = false
    still.pausedUntilMs = 50
    cancelled.cancel()
    assert.equal(await scheduler.run(FAR), 'idle')
    assert.deepEqual(seen, ['still 50'])
  })

  it('ends a run that goes on for ever', async () => {
    const scheduler = new Scheduler(new Dice('order'), 0)
    const world = anOwner('world')
    const again = (): void => void scheduler.after(0, world, again)
    again()
    assert.equal(await scheduler.run(FAR), 'too-many-steps')
  })
})
