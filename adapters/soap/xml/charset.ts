/** Bytes to XML text, strictly: what the declared character set does not have is an error, never U+FFFD. */
import type { Words } from './tree.ts'

const KNOWN = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['gbk', 'gbk'],
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  // Who says GB 2312 uses characters of GBK, its superset.
  ['gb2312', 'gbk'],
  ['gb18030', 'gb18030'],
])

export class CharsetRefused extends Error {
  readonly words: Words

  constructor(words: Words) {
    super(words.en)
    this.name = 'CharsetRefused'
    this.words = words
  }
}

/** The media type without its parameters, lower case. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/**
 * The text, without byte order mark. The charset parameter of the media type decides before the XML declaration
 * (RFC 7303 §3): relays re-encode and leave the declaration alone. Nothing declared is UTF-8.
 * @throws CharsetRefused
 */
export function decodeXml(bytes: Uint8Array, contentType: string | undefined): string {
  const declared = parameter(contentType) ?? inDeclaration(bytes) ?? 'utf-8'
  const charset = KNOWN.get(declared.toLowerCase())
  if (charset === undefined)
    throw new CharsetRefused({
      zh: `不支持字符集 ${declared.slice(0, 40)}，请使用 UTF-8、GBK 或 GB18030`,
      en: `the character set ${declared.slice(0, 40)} is not taken; use UTF-8, GBK or GB18030`,
    })
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    throw new CharsetRefused({
      zh: `内容不是有效的 ${charset}，请在 Content-Type 中声明正确的字符集`,
      en: `the bytes are not valid ${charset}; declare the right charset in the content type`,
    })
  }
}

function parameter(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^";\s]+)"?/i.exec(contentType ?? '')?.[1]
}

function inDeclaration(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  return /^(?:\xEF\xBB\xBF)?<\?xml[ \t\r\n][^>]*?encoding\s*=\s*["']([^"']+)["']/.exec(start)?.[1]
}
