import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readCsv } from './csv.ts'

describe('readCsv', () => {
  it('reads cells, quotes, comments, blank lines and all line ends, and counts lines', () => {
    const text = '\uFEFFa,b\r\n# comment, with comma\n\n 1 , "x ""y"", z" ,\n"two\nlines",3\n'
    assert.deepEqual(readCsv(text), [
      { line: 1, cells: ['a', 'b'] },
      { line: 4, cells: ['1', 'x "y", z', ''] },
      { line: 5, cells: ['two\nlines', '3'] },
    ])
  })

  it('reads a last line without an end', () => {
    assert.deepEqual(
      readCsv('a,b').map(({ cells }) => cells),
      [['a', 'b']],
    )
    assert.deepEqual(
      readCsv('a,"b').map(({ cells }) => cells),
      [['a', 'b']],
    )
    assert.deepEqual(readCsv(''), [])
  })

  it('brings back whatever was quoted', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '，', ',', '"', '\n', '\r', ' ', '#') })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
        const text = rows.map((row) => row.map(quote).join(',')).join('\r\n')
        assert.deepEqual(
          readCsv(text).map(({ cells }) => cells),
          rows,
        )
      }),
    )
  })
})
