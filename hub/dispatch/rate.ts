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

  /** Somebody else may have used what there was, up to now. */
  empty(nowMs: number): void {
    this.#tokens = 0
    this.#atMs = nowMs
  }

  /** Whole tokens that there are. A clock that steps back adds nothing. */
  left(nowMs: number): number {
    const { perSecond, burst } = this.#limit
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.#atMs) / 1000) * perSecond)
    this.#atMs = nowMs
    return Math.floor(this.#tokens)
  }

  /** Milliseconds until there is a token; 0 = there is one. */
  waitMs(nowMs: number): number {
    if (this.left(nowMs) > 0) return 0
    // A hair's breadth of rounding is no millisecond.
    return Math.max(1, Math.ceil(((1 - this.#tokens) / this.#limit.perSecond) * 1000 - 1e-6))
  }

  /** Takes one token, or answers how many milliseconds until there is one; 0 = taken. */
  take(nowMs: number): number {
    const waitMs = this.waitMs(nowMs)
    if (waitMs === 0) this.#tokens -= 1
    return waitMs
  }
}
