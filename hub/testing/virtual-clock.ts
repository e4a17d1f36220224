/** A clock that moves only when told to. Timers fire in order of their time, then of their making. */
import type { Clock, Timer } from '../contract/clock.ts'

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

export class VirtualClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(startMs = Date.UTC(2026, 8, 30, 2)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const pending = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  /** Time of the next timer, epoch milliseconds. */
  get nextAtMs(): number | undefined {
    return this.#next()?.atMs
  }

  #next(): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (
        first === undefined ||
        pending.atMs < first.atMs ||
        (pending.atMs === first.atMs && pending.order < first.order)
      )
        first = pending
    }
    return first
  }

  /**
   * Moves on by `ms`, firing what falls due, and lets the work that each timer sets off run until it waits for something
   * else before the next one fires.
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) {
      this.#pending.delete(next)
      this.#nowMs = next.atMs
      next.callback()
      await settle()
    }
    this.#nowMs = untilMs
  }
}

/** Lets everything run that needs no clock: some turns of the real loop, in which in-memory work ends. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
