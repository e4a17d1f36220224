import assert from 'node:assert/strict'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { Misread } from '../letter.ts'
import { fileOf, readFile } from './lines.ts'

const HEADER = { fs: 'HN', qh: '410000', lx: 'BJ', rq: '20261022' }

/** What a line can hold, of the letters on which the tables of writer and reader agree. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((raw) => raw.replace(/[\r\n]/g, ' '))
  .filter((raw) => new TextDecoder('gb18030').decode(iconv.encode(raw, 'gb18030')) === raw)
const cell = text.map((raw) => raw.replaceAll('|', '/'))

function bytes(...lines: readonly string[]): Buffer {
  return iconv.encode(lines.map((line) => `${line}\r\n`).join(''), 'gb18030')
}

describe('the lines of an exchange file', () => {
  it('are read as they were written, whatever stands in them', () => {
    fc.assert(
      fc.property(cell, cell, text, (bh, mc, sm) => {
        const { H, D, T } = readFile(fileOf(HEADER, { bh, mc, sm }))
        assert.deepEqual([H.lx, H.js, T.js], ['BJ', '1', '1'])
        assert.deepEqual([D.bh, D.mc, D.sm, D.jbr], [bh, mc, sm, ''])
      }),
    )
  })

  it('keep a letter whose second byte is that of the delimiter', () => {
    // 0xC1 0x7C is one letter of GBK.
    const letter = new TextDecoder('gb18030').decode(Uint8Array.of(0xc1, 0x7c))
    assert.equal(readFile(fileOf(HEADER, { mc: letter })).D.mc, letter)
  })

  it('refuse a delimiter in a column that cannot hold it', () => {
    assert.throws(() => fileOf(HEADER, { mc: '测试|乙' }), /D\.mc cannot hold/)
  })

  const detail = `D${'|'.repeat(15)}`
  for (const [title, lines] of [
    ['a header that counts more', ['H|HN|410000|SQ|20261022|2', detail, 'T|1']],
    ['a trailer that counts more', ['H|HN|410000|SQ|20261022|1', detail, 'T|2']],
    ['no trailer', ['H|HN|410000|SQ|20261022|1', detail]],
    ['no header', [detail, 'T|1']],
    ['two cases', ['H|HN|410000|SQ|20261022|2', detail, detail, 'T|2']],
    ['a line with too few fields', ['H|HN|410000|SQ|20261022|1', 'D|1', 'T|1']],
    ['a header with too many', ['H|HN|410000|SQ|20261022|1|x', detail, 'T|1']],
    ['a kind that nobody knows', ['H|HN|410000|SQ|20261022|1', detail, 'X|1', 'T|1']],
  ] as const)
    it(`refuse ${title}`, () => {
      assert.throws(() => readFile(bytes(...lines)), Misread)
    })
})
