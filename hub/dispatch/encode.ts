/** Receiver's document to bytes, in the receiver's character set. A character that the set does not have is an error naming it, never `?`. */
import iconv from 'iconv-lite'
import { MappingError } from '../contract/errors.ts'
import type { FormatPackage } from '../mapping/format-package.ts'

/** @throws MappingError MAPPING_CHARACTER where the target set lacks a character. */
export function encodeText(text: string, charset: FormatPackage['charset']): Uint8Array {
  if (charset === 'utf-8') return Buffer.from(text, 'utf8')
  const bytes = iconv.encode(text, charset)
  if (iconv.decode(bytes, charset) !== text) {
    const lost = [...new Set(text)].filter(
      (character) => iconv.decode(iconv.encode(character, charset), charset) !== character,
    )
    throw new MappingError(
      'MAPPING_CHARACTER',
      `${charset} has no ${lost.map((character) => `${character} (U+${character.codePointAt(0)?.toString(16).toUpperCase()})`).join(', ')}.`,
      { details: { charset, characters: lost } },
    )
  }
  return bytes
}

export function encodeDocument(
  document: unknown,
  format: Pick<FormatPackage, 'charset'>,
): { contentType: string; body: Uint8Array } {
  return {
    contentType: `application/json; charset=${format.charset}`,
    body: encodeText(JSON.stringify(document), format.charset),
  }
}
