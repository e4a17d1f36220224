import assert from 'node:assert/strict'
import { differences } from './difference.ts'

describe('differences', () => {
  it('is empty for equal values, whatever the order of members', () => {
    assert.deepEqual(differences({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }), [])
  })

  it('names every place by its path', () => {
    assert.deepEqual(differences({ a: [1, { b: 2 }], c: 'x' }, { a: [1, { b: 3 }, 4], d: 'y' }), [
      { path: 'a[1].b', expected: 2, actual: 3 },
      { path: 'a[2]', actual: 4 },
      { path: 'c', expected: 'x' },
      { path: 'd', actual: 'y' },
    ])
    assert.deepEqual(differences([], {}), [{ path: '', expected: [], actual: {} }])
  })
})
