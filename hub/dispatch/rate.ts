/** How fast a destination may be tried: a token bucket. A token is one attempt. */
import type { RateLimit } from '../config/topology.ts'

export class Rate {
  readonly #limit: RateLimit
  #tokens: number
  #atMs: number

  constructor(limit: RateLimit, nowMs: number) {
    this.#limit = limit
    this.#tokens = limit.burst
    this.#atMs = nowMs
  }

  /** Takes one token, or answers how many milliseconds until there is one; 0 = taken. A clock that steps back adds nothing. */
  take(nowMs: number): number {
    const { perSecond, burst } = this.#limit
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.#atMs) / 1000) * perSecond)
    this.#atMs = nowMs
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    // A hair's breadth of rounding is no millisecond.
    return Math.max(1, Math.ceil(((1 - this.#tokens) / perSecond) * 1000 - 1e-6))
  }
}
