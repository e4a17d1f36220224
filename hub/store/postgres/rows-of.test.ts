import assert from 'node:assert/strict'
import fc from 'fast-check'
import { rowsOf, storedText } from './rows-of.ts'

describe('records as one parameter', () => {
  it('keeps every text that PostgreSQL can hold', () => {
    const storable = fc
      .string({ unit: 'binary' })
      .filter((text) => text.isWellFormed() && !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(storable), (texts) => {
        const records = texts.map((text) => ({ text }))
        assert.deepEqual(JSON.parse(rowsOf(records)), records)
      }),
    )
  })

  it('replaces U+0000 and halves of surrogate pairs, and nothing around them', () => {
    const unit = fc.constantFrom(
      '\u0000',
      '\ud800',
      '\udfff',
      '\ud83d\ude00',
      '\\',
      '\\u0000',
      'ud800',
      '"',
      '甲',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.array(unit).map((units) => units.join('')),
        (text) => {
          const expected = text.toWellFormed().replaceAll('\u0000', '\uFFFD')
          assert.equal(storedText(text), expected)
          assert.deepEqual(JSON.parse(rowsOf([{ text }])), [{ text: expected }])
        },
      ),
    )
  })

  it('keeps them in JSON that is itself a text', () => {
    const inner = JSON.stringify({ note: 'a\u0000b\ud800' })
    assert.equal(JSON.parse(rowsOf([{ inner }]))[0].inner, inner)
  })
})
