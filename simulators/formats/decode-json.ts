/** JSON in the partner's character set, read as strictly as an old system would: bytes that are none of the set are a `Misread`. */
import { Misread } from './letter.ts'

/** @throws Misread */
export function decodeJson(body: Buffer, charset: 'utf-8' | 'gb18030'): unknown {
  try {
    return JSON.parse(new TextDecoder(charset, { fatal: true }).decode(body))
  } catch (error) {
    throw new Misread(
      `the body is not JSON in ${charset}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
