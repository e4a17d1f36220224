import assert from 'node:assert/strict'
import iconv from 'iconv-lite'
import { survey } from './survey.ts'

const SETTINGS = {
  records: { header: 'H', detail: 'D', trailer: 'T' },
  counts: [{ record: 'T', field: 2 }],
  delimiter: '|',
  charset: 'gb18030',
  maxDocumentBytes: 1_000,
} as const

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function surveyed(lines: readonly string[], change: Partial<Parameters<typeof survey>[2]> = {}) {
  return survey(once(iconv.encode(lines.join('\r\n'), 'gb18030')), ['md5'], { ...SETTINGS, ...change })
}

describe('survey', () => {
  const table: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['a file that is whole', ['H|x', 'D|1', 'D|2', 'T|2'], undefined],
    ['a file with no detail, and that says so', ['H|x', 'T|0'], undefined],
    ['a count with zeros and spaces', ['H|x', 'D|1', 'T| 0001 '], undefined],
    ['lines of no known kind, for each is reported for itself', ['H|x', 'D|1', 'what', 'T|1'], undefined],
    ['a trailer that counts more', ['H|x', 'D|1', 'T|2'], 'FILE_COUNT'],
    ['a trailer that counts less', ['H|x', 'D|1', 'D|2', 'T|1'], 'FILE_COUNT'],
    ['a trailer without a number', ['H|x', 'D|1', 'T'], 'FILE_COUNT'],
    ['a count that is none', ['H|x', 'D|1', 'T|1e0'], 'FILE_COUNT'],
    ['a negative count', ['H|x', 'D|1', 'T|-1'], 'FILE_COUNT'],
    ['no trailer', ['H|x', 'D|1'], 'FILE_TRAILER_MISSING'],
    ['a trailer cut in the middle', ['H|x', 'D|1', 'T'.repeat(2)], 'FILE_TRAILER_MISSING'],
    ['no header', ['D|1', 'T|1'], 'FILE_HEADER_MISSING'],
    ['a header below', ['H|x', 'D|1', 'H|x', 'T|1'], 'FILE_STRUCTURE'],
    ['something after the trailer', ['H|x', 'D|1', 'T|1', 'D|2'], 'FILE_STRUCTURE'],
    ['two files in one', ['H|x', 'D|1', 'T|1', 'H|x', 'D|1', 'T|1'], 'FILE_STRUCTURE'],
    ['nothing', [], 'FILE_EMPTY'],
    ['letters that only begin like a record', ['Hx', 'D|1', 'T|1'], 'FILE_HEADER_MISSING'],
  ]
  for (const [title, lines, code] of table)
    it(`says ${code ?? 'nothing'} about ${title}`, async () => {
      assert.equal((await surveyed(lines)).problem?.code, code)
    })

  it('counts by the header too, and tells what was expected and found', async () => {
    const counts = [
      { record: 'T', field: 2 },
      { record: 'H', field: 3 },
    ]
    const { problem } = await surveyed(['H|x|3', 'D|1', 'T|1'], { counts })
    assert.deepEqual(problem, {
      code: 'FILE_COUNT',
      line: 1,
      detail: { zh: '应有 3 条明细，实有 1 条', en: 'expected 3 detail lines, found 1' },
    })
  })

  it('repeats no count that is not a number', async () => {
    const { problem } = await surveyed(['H|x', 'D|1', 'T|410101190001010015'])
    assert.doesNotMatch(JSON.stringify(problem), /4101/)
  })

  it('finds a field behind a character that ends in the byte of the delimiter', async () => {
    const letter = new TextDecoder('gb18030').decode(Uint8Array.of(0xc1, 0x7c))
    const counts = [{ record: 'H', field: 3 }]
    assert.equal((await surveyed([`H|${letter}|1`, 'D|1', 'T|1'], { counts })).problem, undefined)
  })

  it('refuses a trailer that is no text in the character set', async () => {
    const bytes = Buffer.concat([Buffer.from('H|x\nD|1\nT|1|'), Buffer.of(0xff)])
    assert.equal((await survey(once(bytes), [], SETTINGS)).problem?.code, 'FILE_CHARSET')
  })

  it('takes every line for a detail line where no records are named', async () => {
    const { records: _, ...settings } = { ...SETTINGS, counts: [] }
    const { details, problem, header } = await survey(once(Buffer.from('a\nb')), [], settings as never)
    assert.deepEqual([details, problem, header], [2, undefined, undefined])
  })

  it('digests the bytes of the file on the way', async () => {
    const { digests } = await survey(once(Buffer.from('abc')), ['md5', 'sm3'], { ...SETTINGS, counts: [] })
    assert.equal(digests.get('md5'), '900150983cd24fb0d6963f7d28e17f72')
    assert.equal(digests.get('sm3'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
    assert.match(digests.get('sha256') ?? '', /^ba7816bf/)
  })
})
