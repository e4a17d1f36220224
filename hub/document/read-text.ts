/** Bytes to text, by the character set that the sender declared or that its format is known to use. */
import { IntakeError } from '../contract/errors.ts'
import type { Charset } from './media.ts'

/** Names that partners use for the sets we read; anything else is refused rather than guessed. */
const KNOWN_NAMES = new Map<string, Charset>([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['gbk', 'gbk'],
  // What Windows and Java call it.
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  // GB 2312 senders routinely use GBK characters; GBK is a superset.
  ['gb2312', 'gbk'],
  ['gb18030', 'gb18030'],
])

/** The set that a declaration means; undefined for one that is not read. */
export function knownCharset(name: string): Charset | undefined {
  return KNOWN_NAMES.get(name.toLowerCase())
}

/** The `charset` parameter of a media type, lower case and unquoted; undefined where there is none. */
export function declaredCharset(contentType: string): string | undefined {
  const match = /;\s*charset\s*=\s*"?([^";\s]+)"?/i.exec(contentType)
  return match?.[1]?.toLowerCase()
}

/**
 * What to read bytes as: the declared set; where none is declared, a UTF-8 byte order mark decides before `expected`.
 * @throws IntakeError REQUEST_CHARSET for a set that is not read
 */
export function charsetFor(bytes: Uint8Array, declared: string | undefined, expected: Charset): Charset {
  if (declared === undefined) return markedCharset(bytes) ?? expected
  const known = knownCharset(declared)
  if (known !== undefined) return known
  throw refuse(
    `不支持字符集 ${declared}，请使用 UTF-8、GBK 或 GB18030`,
    `the character set ${declared} is not supported; use UTF-8, GBK or GB18030`,
  )
}

/**
 * Decodes strictly: a byte sequence that the set does not have is an error, never U+FFFD.
 * @param otherwise what else the document says of itself, for the words of the refusal
 * @returns the text without byte order mark, and the set it was read as.
 * @throws IntakeError REQUEST_CHARSET
 */
export function readText(
  bytes: Uint8Array,
  declared: string | undefined,
  expected: Charset,
  otherwise?: string,
): { text: string; charset: Charset } {
  const charset = charsetFor(bytes, declared, expected)
  try {
    return { text: new TextDecoder(charset, { fatal: true }).decode(bytes), charset }
  } catch (cause) {
    const [zh, en] =
      otherwise === undefined
        ? ['', '']
        : [`（文档自身声明为 ${otherwise}）`, ` (the document itself declares ${otherwise})`]
    throw refuse(
      `内容不是有效的 ${charset}${zh}，请检查编码并在 Content-Type 中声明 charset`,
      `the bytes are not valid ${charset}${en}; check the encoding and declare it as charset in the content type`,
      cause,
    )
  }
}

function markedCharset(bytes: Uint8Array): Charset | undefined {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

function refuse(zh: string, en: string, cause?: unknown): IntakeError {
  return new IntakeError('REQUEST_CHARSET', en, {
    faults: [{ code: 'REQUEST_CHARSET', reason: { zh, en } }],
    cause,
  })
}
