/** Compares a secret with what a stranger sent, in a time that does not tell where they differ, nor how long the secret is. */
import { createHash, timingSafeEqual } from 'node:crypto'

export function sameText(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(one as Buffer, other as Buffer)
}
