/** Time and randomness, passed in everywhere so that statutory clocks and whole runs can be replayed (DESIGN: §9 Time). */

export interface Timer {
  /** Safe to call twice, and after the timer fired. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls back once, no earlier than `delayMs` from now. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer
}

/** Uniformly distributed random bytes: cryptographic in production, seeded in tests and simulations. */
export type RandomBytes = (size: number) => Uint8Array

/** A number in [0, 1) from 48 random bits. */
export function randomFraction(randomBytes: RandomBytes): number {
  const bytes = randomBytes(6)
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value / 2 ** 48
}

/** UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits; sorts by time of issue. */
export function uuidV7(nowMs: number, randomBytes: RandomBytes): string {
  const bytes = new Uint8Array(16)
  bytes.set(randomBytes(10), 6)
  for (let index = 5, rest = nowMs; index >= 0; index--) {
    bytes[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The instant as Beijing wall-clock text, `2026-09-30T10:12:05+08:00`, whatever the machine's zone. Whole seconds unless there are milliseconds. */
export function beijingTime(epochMs: number): string {
  const shifted = new Date(epochMs + 8 * 3_600_000).toISOString()
  return `${shifted.endsWith('.000Z') ? shifted.slice(0, 19) : shifted.slice(0, 23)}+08:00`
}
