import assert from 'node:assert/strict'
import { compose, type SourceFile } from './composed-source.ts'

const shared = new Map<string, SourceFile>([
  ['part', { file: '_shared/part.jsonata', text: '$part := function($x) {\n  $x\n}' }],
  ['whole', { file: '_shared/whole.jsonata', text: '$whole := function($x) { $part($x) }' }],
  ['other', { file: '_shared/other.jsonata', text: '$other := 1' }],
])

describe('compose', () => {
  it('leaves a mapping alone that names no shared function', () => {
    const composed = compose({ file: 'in/A.jsonata', text: '{ "a": $sum(b) }' }, shared)
    assert.equal(composed.text, '{ "a": $sum(b) }')
    assert.deepEqual(composed.uses, [])
    assert.deepEqual(composed.locate(7), { file: 'in/A.jsonata', line: 1, column: 8 })
  })

  it('puts the functions that it names in front, those they need before them, each once', () => {
    const composed = compose({ file: 'in/A.jsonata', text: '{ "a": $whole(b), "c": $part(d) }' }, shared)
    assert.deepEqual(
      composed.uses.map(({ file }) => file),
      ['_shared/part.jsonata', '_shared/whole.jsonata'],
    )
  })

  it('tells positions in the file where they stand', () => {
    const text = '{\n  "a": $whole(b)\n}'
    const composed = compose({ file: 'in/A.jsonata', text }, shared)
    const place = (needle: string): unknown => composed.locate(composed.text.indexOf(needle))
    assert.deepEqual(place('$whole(b)'), { file: 'in/A.jsonata', line: 2, column: 8 })
    assert.deepEqual(place('$x\n}'), { file: '_shared/part.jsonata', line: 2, column: 3 })
    assert.deepEqual(place('$whole :='), { file: '_shared/whole.jsonata', line: 1, column: 1 })
  })
})
