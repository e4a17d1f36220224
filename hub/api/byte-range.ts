/** `Range: bytes=…` (RFC 9110 §14): one range. Several at once are read as none, which a server is free to do. */
import type { ByteRange } from '../contract/content-store.ts'

/** Undefined: the whole. `unsatisfiable`: nothing of a file of `size` bytes is within it. */
export function byteRangeOf(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const wanted = Math.min(Number(last), size)
    return wanted === 0 ? 'unsatisfiable' : { first: size - wanted, last: size - 1 }
  }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= size) return 'unsatisfiable'
  return { first: Number(first), last: Math.min(last === '' ? size - 1 : Number(last), size - 1) }
}
