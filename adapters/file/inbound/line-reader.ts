/**
 * Lines of a file, from its bytes. 0x0A is never the second byte of a character in UTF-8, GBK or GB 18030, so lines can be cut
 * before anything is decoded. (The same is not true of `|`, 0x7C, which ends many a character of GBK.)
 */

export interface Line {
  /** From 1, as editors count, empty lines included. */
  readonly number: number
  /** Without its end, and without a byte order mark; the first bytes only where it is too long. */
  readonly bytes: Buffer
  readonly tooLong: boolean
}

const LF = 0x0a
const CR = 0x0d
/** How DOS programs ended a text. */
const CTRL_Z = 0x1a

const BYTE_ORDER_MARKS = [Buffer.of(0xef, 0xbb, 0xbf), Buffer.of(0x84, 0x31, 0x95, 0x33)]

/** Lines that hold something; those of white space are counted and left out. Holds one line in memory, at most `limit` bytes. */
export async function* linesOf(
  content: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Line, void, undefined> {
  let number = 1
  let parts: Uint8Array[] = []
  let size = 0
  let tooLong = false

  const keep = (part: Uint8Array): void => {
    const room = limit - size
    if (part.length > room) tooLong = true
    const kept = part.subarray(0, Math.max(0, room))
    if (kept.length > 0) parts.push(kept)
    size += kept.length
  }
  const take = (): Line => {
    let bytes: Buffer = Buffer.concat(parts)
    if (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1)
    if (number === 1) bytes = withoutMark(bytes)
    const line = { number, bytes, tooLong }
    number++
    parts = []
    size = 0
    tooLong = false
    return line
  }

  for await (const piece of content) {
    let from = 0
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, from)) {
      keep(piece.subarray(from, at))
      from = at + 1
      const line = take()
      if (!isBlank(line)) yield line
    }
    // Copied: the piece belongs to who reads.
    if (from < piece.length) keep(Uint8Array.from(piece.subarray(from)))
  }
  if (size > 0 || tooLong) {
    const line = take()
    if (!isBlank(line)) yield line
  }
}

export function withoutMark(bytes: Buffer): Buffer {
  const mark = BYTE_ORDER_MARKS.find((each) => bytes.subarray(0, each.length).equals(each))
  return mark === undefined ? bytes : bytes.subarray(mark.length)
}

function isBlank({ bytes, tooLong }: Line): boolean {
  return !tooLong && bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR || byte === CTRL_Z)
}
