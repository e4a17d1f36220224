import assert from 'node:assert/strict'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { type Line, linesOf } from './line-reader.ts'

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    // A buffer that its owner uses again, as streams may.
    const piece = Uint8Array.from(bytes.subarray(from, cut))
    yield piece
    piece.fill(0x7c)
    from = cut
  }
}

async function read(bytes: Uint8Array, cuts: readonly number[] = [], limit = 10_000): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of linesOf(inPieces(bytes, cuts), limit)) lines.push(line)
  return lines
}

const cuts = fc.array(fc.nat(5_000), { maxLength: 12 })

describe('linesOf', () => {
  it('cuts any bytes at LF, wherever they come in pieces', async () => {
    const line = fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .map((bytes) => Uint8Array.from([0x44, ...bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d)]))
    await fc.assert(
      fc.asyncProperty(fc.array(line), cuts, fc.boolean(), async (expected, at, ended) => {
        const bytes = Buffer.concat(expected.flatMap((each) => [each, Buffer.of(0x0a)]))
        const found = await read(ended ? bytes : bytes.subarray(0, -1), at)
        assert.deepEqual(
          found.map((each) => each.bytes.toString('hex')),
          expected.map((each) => Buffer.from(each).toString('hex')),
        )
        assert.ok(found.every(({ number, tooLong }, index) => number === index + 1 && !tooLong))
      }),
    )
  })

  it('never cuts a character of GB 18030, whatever the text', async () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 40 })
      .map((each) => `D|${each.toWellFormed().replace(/[\r\n]/g, '')}`)
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), cuts, async (expected, at) => {
        const found = await read(iconv.encode(expected.join('\n'), 'gb18030'), at)
        assert.deepEqual(
          found.map(({ bytes }) => iconv.decode(bytes, 'gb18030')),
          // As the encoder writes it: it has no code for some private characters.
          expected.map((each) => iconv.decode(iconv.encode(each, 'gb18030'), 'gb18030')),
        )
      }),
    )
  })

  it('leaves out CR, a byte order mark and lines of white space, which still count', async () => {
    const found = await read(Buffer.from('\ufeffH\r\n\r\n \t\nD\r\r\n\x1a'))
    assert.deepEqual(
      found.map(({ number, bytes }) => [number, bytes.toString()]),
      [
        [1, 'H'],
        [4, 'D\r'],
      ],
    )
    assert.deepEqual((await read(Buffer.of(0x84, 0x31, 0x95, 0x33, 0x48)))[0]?.bytes, Buffer.of(0x48))
  })

  it('keeps no more of a line than it may, and goes on behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 11, max: 3_000 }), cuts, async (length, at) => {
        const found = await read(Buffer.from(`${'x'.repeat(length)}\nD|2`), at, 10)
        assert.deepEqual(
          found.map(({ number, bytes, tooLong }) => [number, bytes.toString(), tooLong]),
          [
            [1, 'xxxxxxxxxx', true],
            [2, 'D|2', false],
          ],
        )
      }),
    )
    assert.equal((await read(Buffer.from('xxxxxxxxxx'), [], 10))[0]?.tooLong, false)
  })
})
