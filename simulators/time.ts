/** Time and chance as the simulators see them: passed in, so that a run can be replayed from its seed. */
import { randomFillSync } from 'node:crypto'

export interface Time {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls back once, no earlier than `delayMs` from now, unless cancelled first. Cancelling is safe twice. */
  after(delayMs: number, callback: () => void): { cancel(): void }
}

/** The machine's clock. Its timers do not keep the process alive. */
export const machineTime: Time = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Resolves after the delay. Rejects with the signal's reason when it fires first. */
export function pause(time: Time, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const end = (): void => {
      timer.cancel()
      reject(signal.reason)
    }
    const timer = time.after(delayMs, () => {
      signal.removeEventListener('abort', end)
      resolve()
    })
    signal.addEventListener('abort', end, { once: true })
  })
}

/** The seed decides every draw; the same calls in the same order give the same answers. */
export interface Chance {
  /** A number in [0, 1). */
  fraction(): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  bytes(size: number): Buffer
}

/**
 * xoshiro128** (Blackman and Vigna, 2018): small, fast, and the same on every machine. Not for secrets.
 * @param seed any 32-bit number.
 */
export function seededChance(seed: number): Chance {
  const state = Uint32Array.from([0, 1, 2, 3], (index) => mixed(seed + Math.imul(index + 1, 0x9e3779b9)))
  const next = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number]
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0
    state[2] = c ^ a
    state[3] = d ^ b
    state[1] = b ^ (state[2] as number)
    state[0] = a ^ (state[3] as number)
    state[2] = (state[2] as number) ^ (b << 9)
    state[3] = rotated(state[3] as number, 11)
    return result
  }
  const fraction = (): number => next() / 2 ** 32
  return {
    fraction,
    whole: (least, most) => least + Math.floor(fraction() * (most - least + 1)),
    bytes: (size) => Buffer.from(Uint8Array.from({ length: size }, () => next() & 0xff)),
  }
}

/** Nonces and secrets come from here, never from a seed: a hub that remembers nonces would refuse a replayed run. */
export function trueRandomBytes(size: number): Buffer {
  return randomFillSync(Buffer.alloc(size))
}

function rotated(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0
}

/** The finishing step of MurmurHash3: neighbouring seeds give unrelated states. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
