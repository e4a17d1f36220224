/** Names of files: which are safe to use, and how they stand in a folder, where a name is bytes and not text. */
import iconv from 'iconv-lite'
import { PlaceError } from './place.ts'

export const NAME_CHARSETS = ['utf-8', 'gbk', 'gb18030'] as const
export type NameCharset = (typeof NAME_CHARSETS)[number]

/** Most file systems take 255 bytes; the rest is room for what is put before and behind a name. */
const MOST_BYTES = 200

/**
 * Why a name must not be used, or undefined. Refused is what could lead out of the folder, hide something from who reads a
 * listing, or not be written: dots alone, either slash, control and format characters, more than 200 bytes of UTF-8.
 */
export function unsafeName(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'it is no name'
  if (/[/\\]/.test(name)) return 'it holds a slash'
  if (/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffd]/u.test(name)) return 'it holds a character that cannot be shown'
  const bytes = Buffer.byteLength(name)
  if (bytes > MOST_BYTES) return `it has ${bytes} bytes; ${MOST_BYTES} are allowed`
  return undefined
}

/** @throws PlaceError `name` where a character of it has no code in the character set */
export function nameBytes(name: string, charset: NameCharset): Buffer {
  if (charset === 'utf-8') return Buffer.from(name)
  const bytes = iconv.encode(name, charset)
  if (nameText(bytes, charset) !== name)
    throw new PlaceError('name', `The name ${name} cannot be written in ${charset}.`)
  return bytes
}

/** Undefined where the bytes are no text in the character set. */
export function nameText(bytes: Uint8Array, charset: NameCharset): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A name that is no text, for a log: ASCII as it is, the rest as `\xNN`. */
export function shownBytes(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')
}
