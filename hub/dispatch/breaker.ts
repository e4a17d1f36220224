/**
 * The circuit breaker of one destination: how much may be tried at once, from how the last attempts went.
 *
 *   closed ── link lost, or `failures` transient outcomes in a row ──► open ── the pause is over ──► half-open
 *   half-open ── the probe was answered ──► closed      half-open ── it was not ──► open, for longer
 *
 * Any answer for the message closes it, a refusal too: the receiver is there. What our own mapping cannot make says
 * nothing about the receiver. The breaker delays attempts, it never changes what becomes of a delivery.
 */
import type { RetryPolicy } from '../config/topology.ts'
import { backoffMs, type Outcome } from './decide.ts'

export const BREAKER_STATES = ['closed', 'half-open', 'open'] as const
export type BreakerState = (typeof BREAKER_STATES)[number]

export interface BreakerSettings {
  /** Transient outcomes in a row that open it, at least 1. A lost link opens it at once. */
  readonly failures: number
  /** Pauses grow as the waits of a delivery do. */
  readonly pause: RetryPolicy
}

export class Breaker {
  readonly #settings: BreakerSettings
  #failures = 0
  /** Pauses in a row since something was answered. */
  #pauses = 0
  #openUntilMs: number | undefined

  constructor(settings: BreakerSettings) {
    this.#settings = settings
  }

  /** Pauses in a row so far; what `decide` takes as `lost`. */
  get pauses(): number {
    return this.#pauses
  }

  /** End of the pause, epoch milliseconds; undefined where it is not open. */
  get openUntilMs(): number | undefined {
    return this.#openUntilMs
  }

  stateAt(nowMs: number): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed'
    return nowMs < this.#openUntilMs ? 'open' : 'half-open'
  }

  /** Attempts that may be under way at once. */
  allowance(nowMs: number, concurrency: number): number {
    const state = this.stateAt(nowMs)
    return state === 'closed' ? concurrency : state === 'half-open' ? 1 : 0
  }

  /**
   * Takes note of how an attempt ended. Attempts that were under way when it opened do not lengthen the pause.
   * @param random in [0, 1)
   * @returns whether it opened by this.
   */
  note(outcome: Outcome['kind'], nowMs: number, random: number): boolean {
    switch (outcome) {
      case 'receipt':
      case 'rejected':
        this.#failures = 0
        this.#pauses = 0
        this.#openUntilMs = undefined
        return false
      case 'unmappable':
      case 'maybe-sent':
        return false
      case 'link-lost':
        return this.#open(nowMs, random)
      case 'retry-later':
      case 'outcome-unknown':
        this.#failures++
        return this.stateAt(nowMs) === 'half-open' || this.#failures >= this.#settings.failures
          ? this.#open(nowMs, random)
          : false
    }
  }

  #open(nowMs: number, random: number): boolean {
    if (this.stateAt(nowMs) === 'open') return false
    this.#openUntilMs = nowMs + backoffMs(this.#pauses, this.#settings.pause, random)
    this.#pauses++
    this.#failures = 0
    return true
  }
}
