/** Text to bytes, in the receiver's character set. A character that the set does not have is an error naming it, never `?`. */
import iconv from 'iconv-lite'
import { MappingError } from '../contract/errors.ts'
import type { Charset } from './media.ts'

/**
 * What it writes, a strict reader of the same set reads as the same text.
 * @throws MappingError MAPPING_CHARACTER where the target set lacks a character.
 */
export function writeText(text: string, charset: Charset): Uint8Array {
  const bytes = bytesOf(text, charset)
  // UTF-8 has every character; half of one is none.
  if (charset === 'utf-8' ? text.isWellFormed() : readBack(bytes, charset) === text) return bytes
  const lost = [...new Set(text)].filter(
    (character) => readBack(bytesOf(character, charset), charset) !== character,
  )
  throw new MappingError('MAPPING_CHARACTER', `${charset} has no ${lost.map(named).join(', ')}.`, {
    details: { charset, characters: lost },
  })
}

function bytesOf(text: string, charset: Charset): Uint8Array {
  return charset === 'utf-8' ? Buffer.from(text, 'utf8') : iconv.encode(text, charset)
}

/**
 * Read by the decoder that reads incoming text, not by the encoder's own: the two differ for characters that GB 18030-2022
 * moved out of the private area, and a partner's reader would get another character.
 */
function readBack(bytes: Uint8Array, charset: Charset): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function named(character: string): string {
  return `${character.isWellFormed() ? character : '?'} (U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')})`
}
