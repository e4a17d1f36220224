/** Random bytes that a seed repeats exactly. */
import type { RandomBytes } from '../contract/clock.ts'

/** xorshift32: plenty for tests, useless for secrets. */
export function seededRandom(seed: number): RandomBytes {
  let state = seed | 0 || 1
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state & 0xff
    })
}
