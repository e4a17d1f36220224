import assert from 'node:assert/strict'
import { FaultMarker, harvest, pointerOf, stepsOf } from './fault-marker.ts'

const marker = (code: 'DATE_INVALID' | 'CODE_UNMAPPED'): FaultMarker =>
  new FaultMarker({ code, reason: { zh: '', en: '' } }, 0)

describe('harvest', () => {
  it('takes markers out of objects and arrays and tells where they stood', () => {
    const first = marker('DATE_INVALID')
    const second = marker('CODE_UNMAPPED')
    const output = { a: first, b: [1, second, { c: second, d: 2 }] }
    const { value, found } = harvest(output)
    assert.deepEqual(value, { b: [1, { d: 2 }] })
    assert.deepEqual(found, [
      { marker: first, path: ['a'] },
      { marker: second, path: ['b', 1] },
      { marker: second, path: ['b', 2, 'c'] },
    ])
    assert.equal(output.a, first)
  })

  it('leaves everything else as it was, also a key called __proto__', () => {
    const output = JSON.parse('{"__proto__": {"x": 1}, "y": null}') as unknown
    const { value, found } = harvest(output)
    assert.deepEqual(found, [])
    assert.equal(JSON.stringify(value), '{"__proto__":{"x":1},"y":null}')
    assert.equal(harvest('text').value, 'text')
  })

  it('takes an output that is nothing but a marker', () => {
    const only = marker('DATE_INVALID')
    assert.deepEqual(harvest(only), { value: undefined, found: [{ marker: only, path: [] }] })
  })
})

describe('JSON pointers', () => {
  it('are written and read back with their escapes', () => {
    assert.equal(pointerOf(['a/b', '~c', 0]), '/a~1b/~0c/0')
    assert.deepEqual(stepsOf('/a~1b/~0c/0'), ['a/b', '~c', '0'])
    assert.deepEqual(stepsOf(''), [])
    assert.equal(pointerOf([]), '')
  })
})
