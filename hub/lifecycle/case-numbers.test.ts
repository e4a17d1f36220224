import assert from 'node:assert/strict'
import { numbersFor } from './case-numbers.ts'

const row = { origin: 'city-410500', facts: { originNumber: 'W-1' } }

describe('numbersFor', () => {
  it('tells each party its own number', () => {
    const ids = [
      { system: 'city-410500', value: 'W-1' },
      { system: 'housing-registration', value: 'ZJ-1' },
    ]
    const numbers = { 'city-410500': 'W-1', 'housing-registration': 'ZJ-1' }
    assert.deepEqual(numbersFor('case.accepted', row, ids), numbers)
    assert.deepEqual(numbersFor('case.supplemented', row, ids), numbers)
  })

  it('speaks to the window by its number and to the department by its own where both are one system', () => {
    for (const department of ['A-9', 'Z-9']) {
      const ids = ['W-1', department].sort().map((value) => ({ system: 'city-410500', value }))
      assert.deepEqual(numbersFor('case.accepted', row, ids), { 'city-410500': 'W-1' })
      assert.deepEqual(numbersFor('case.supplemented', row, ids), { 'city-410500': department })
    }
  })

  it('keeps what is known of a case whose window gave no number', () => {
    const ids = [{ system: 'city-410500', value: 'D-1' }]
    assert.deepEqual(numbersFor('case.accepted', { ...row, facts: {} }, ids), { 'city-410500': 'D-1' })
  })
})
