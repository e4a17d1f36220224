/** Bytes to text, by the character set that the sender declared or that its format is known to use. */
import { IntakeError } from '../contract/errors.ts'

/** Names that partners use for the sets we read; anything else is refused rather than guessed. */
const CHARSETS = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['gbk', 'gbk'],
  // GB 2312 senders routinely use GBK characters; GBK is a superset.
  ['gb2312', 'gbk'],
  ['gb18030', 'gb18030'],
])

/** The `charset` parameter of a media type, lower case and unquoted; undefined where there is none. */
export function declaredCharset(contentType: string): string | undefined {
  const match = /;\s*charset\s*=\s*"?([^";\s]+)"?/i.exec(contentType)
  return match?.[1]?.toLowerCase()
}

/**
 * Decodes strictly: a byte sequence that the set does not have is an error, never U+FFFD.
 * @returns the text without byte order mark, and the set it was read as.
 * @throws IntakeError REQUEST_CHARSET
 */
export function readText(
  bytes: Uint8Array,
  declared: string | undefined,
  expected: string,
): { text: string; charset: string } {
  const charset = CHARSETS.get(declared ?? expected)
  if (charset === undefined) {
    throw refuse(
      `不支持字符集 ${declared}，请使用 UTF-8、GBK 或 GB18030`,
      `the character set ${declared} is not supported; use UTF-8, GBK or GB18030`,
    )
  }
  try {
    return { text: new TextDecoder(charset, { fatal: true }).decode(bytes), charset }
  } catch (cause) {
    throw refuse(
      `内容不是有效的 ${charset}，请检查编码并在 Content-Type 中声明 charset`,
      `the bytes are not valid ${charset}; check the encoding and declare it as charset in the content type`,
      cause,
    )
  }
}

function refuse(zh: string, en: string, cause?: unknown): IntakeError {
  return new IntakeError('REQUEST_CHARSET', en, {
    faults: [{ code: 'REQUEST_CHARSET', reason: { zh, en } }],
    cause,
  })
}
