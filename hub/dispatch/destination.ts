/**
 * The loop of one destination: lease, attempt, settle, until told to stop. Its own concurrency and its own pauses, so
 * that one dead department costs the others nothing. All judgement is in `decide`.
 */

import type { CalendarYear, OutboundSettings } from '../config/topology.ts'
import type { Link } from '../contract/adapter.ts'
import { type Clock, type RandomBytes, randomFraction, type Timer } from '../contract/clock.ts'
import type { LeasedDelivery, Settlement, Store } from '../contract/store.ts'
import { attemptDelivery } from './attempt.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { decide } from './decide.ts'
import { openFrom } from './hours.ts'
import type { Prepared } from './prepare.ts'
import { Rate } from './rate.ts'

export interface DestinationLog {
  info(details: object, text: string): void
  warn(details: object, text: string): void
  error(details: object, text: string): void
}

export interface DestinationParts {
  readonly id: string
  readonly settings: OutboundSettings
  /** For a partner with hours on working days. */
  readonly calendar: readonly CalendarYear[]
  readonly store: Store
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly owner: string
  readonly log: DestinationLog
  readonly prepare: (leased: LeasedDelivery) => Promise<Prepared>
  readonly openLink: () => Promise<Link>
}

/** A lease outlives its attempt, the question after an unknown outcome, and this long a turn in the local queue. */
const LEASE_MARGIN_MS = 30_000
/** Deliveries leased ahead per slot, so that one lease transaction serves several attempts. */
const LEASED_AHEAD = 4
/** How long attempts under way may go on when the hub stops, before they are aborted. */
const STOP_GRACE_MS = 10_000
/** How soon to try again when the store itself did not answer. */
const STORE_PAUSE_MS = 1_000

/** A lease in the local queue. */
interface Queued {
  readonly leased: LeasedDelivery
  /** After this there is not time enough left on the lease for an attempt; epoch milliseconds. */
  readonly startByMs: number
}

export class Destination {
  readonly #parts: DestinationParts
  readonly #abort = new AbortController()
  #stopping = false
  readonly #underWay = new Set<Promise<void>>()
  /** Newest fence of each delivery that is being attempted, by its id. */
  readonly #attempting = new Map<string, number>()
  #queue: Queued[] = []
  #link: Promise<Link> | undefined
  #timer: Timer | undefined
  #leasing: Promise<void> | undefined
  #wokenWhileLeasing = false
  readonly #breaker: Breaker
  readonly #rate: Rate | undefined

  constructor(parts: DestinationParts) {
    this.#parts = parts
    this.#breaker = new Breaker({ failures: parts.settings.breakerFailures, pause: parts.settings.retry })
    if (parts.settings.rate !== undefined) this.#rate = new Rate(parts.settings.rate, parts.clock.now())
  }

  /** How the destination fares by what its last attempts came to. */
  get breaker(): BreakerState {
    return this.#breaker.stateAt(this.#parts.clock.now())
  }

  /** There may be something to do. Safe at any time, as often as you like. */
  wake(): void {
    if (this.#stopping) return
    if (this.#leasing !== undefined) {
      this.#wokenWhileLeasing = true
      return
    }
    this.#leasing = this.#refill()
      .catch((error: unknown) => {
        this.#parts.log.error({ destination: this.#parts.id, error }, 'leasing failed')
        this.#wakeAt(this.#parts.clock.now() + STORE_PAUSE_MS)
      })
      .finally(() => {
        this.#leasing = undefined
        if (this.#wokenWhileLeasing) {
          this.#wokenWhileLeasing = false
          this.wake()
        }
      })
  }

  /** Gives unattempted leases back, lets attempts under way end (aborting what takes too long), closes the link. Safe twice. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#timer?.cancel()
    await this.#leasing
    await this.#release(this.#queue.splice(0))
    const grace = this.#parts.clock.after(STOP_GRACE_MS, () =>
      this.#abort.abort(new Error('the hub is stopping')),
    )
    await Promise.allSettled([...this.#underWay])
    grace.cancel()
    await this.#closeLink()
  }

  async #refill(): Promise<void> {
    const { clock, store, id, owner, settings } = this.#parts
    const nowMs = clock.now()
    const opensAtMs = this.#opensAtMs(nowMs)
    if (opensAtMs > nowMs) {
      await this.#release(this.#queue.splice(0))
      return this.#wakeAt(opensAtMs)
    }
    const allowance = this.#breaker.allowance(nowMs, settings.concurrency)
    if (allowance === 0) return this.#wakeAt(this.#breaker.openUntilMs ?? nowMs)
    if (this.#queue.length < allowance) {
      const leased = await store.deliveryLease({
        destination: id,
        owner,
        // A probe is one delivery; ahead is leased only while the receiver answers.
        limit: allowance === 1 ? 1 : allowance * LEASED_AHEAD - this.#queue.length,
        nowMs,
        leaseMs: settings.timeoutMs * 2 + LEASE_MARGIN_MS,
      })
      const startByMs = nowMs + LEASE_MARGIN_MS
      const fresh = this.#adopt(leased)
      this.#queue.push(...fresh.map((lease) => ({ leased: lease, startByMs })))
      if (leased.length === 0 && this.#queue.length === 0) {
        const dueAtMs = await store.deliveryNextDue({ destination: id })
        if (dueAtMs !== undefined) this.#wakeAt(dueAtMs)
      }
    }
    this.#startAttempts()
  }

  /**
   * A lease of ours that ran out while its attempt goes on (the clock stepped, the process stood still) comes to us again: the
   * attempt keeps it under the new fence and is not made twice at once. Answers the others.
   */
  #adopt(leased: readonly LeasedDelivery[]): readonly LeasedDelivery[] {
    return leased.filter(({ delivery, fence }) => {
      this.#queue = this.#queue.filter((queued) => queued.leased.delivery.id !== delivery.id)
      const ours = this.#attempting.has(delivery.id)
      if (ours) this.#attempting.set(delivery.id, fence)
      return !ours
    })
  }

  #startAttempts(): void {
    this.#giveBackLate()
    while (this.#queue.length > 0 && this.#mayStart()) {
      const { leased } = this.#queue.shift() as Queued
      this.#attempting.set(leased.delivery.id, leased.fence)
      const work = this.#work(leased).finally(() => {
        this.#underWay.delete(work)
        this.#attempting.delete(leased.delivery.id)
        this.#startAttempts()
        if (this.#queue.length < this.#parts.settings.concurrency) this.wake()
      })
      this.#underWay.add(work)
    }
  }

  /** Whoever waited too long behind a slow receiver goes back: another node could take it over in the middle of our attempt. */
  #giveBackLate(): void {
    const nowMs = this.#parts.clock.now()
    const late = this.#queue.filter(({ startByMs }) => startByMs < nowMs)
    if (late.length === 0) return
    this.#queue = this.#queue.filter(({ startByMs }) => startByMs >= nowMs)
    const returned = this.#release(late).finally(() => {
      this.#underWay.delete(returned)
      this.wake()
    })
    this.#underWay.add(returned)
  }

  /** Whether one more attempt may start now; where only time is missing, sees to being woken. */
  #mayStart(): boolean {
    const { clock, settings } = this.#parts
    const nowMs = clock.now()
    if (this.#stopping || this.#underWay.size >= this.#breaker.allowance(nowMs, settings.concurrency))
      return false
    if (this.#opensAtMs(nowMs) > nowMs) {
      this.wake()
      return false
    }
    const waitMs = this.#rate?.take(nowMs) ?? 0
    if (waitMs > 0) this.#wakeAt(nowMs + waitMs)
    return waitMs === 0
  }

  #opensAtMs(nowMs: number): number {
    const { settings, calendar } = this.#parts
    return settings.hours === undefined ? nowMs : openFrom(settings.hours, calendar, nowMs)
  }

  async #work(leased: LeasedDelivery): Promise<void> {
    const { clock, id, log, settings, randomBytes } = this.#parts
    const { outcome, attempt, bug } = await attemptDelivery(
      () => this.#parts.prepare(leased),
      () => this.#openLink(),
      { clock, timeoutMs: settings.timeoutMs, stop: this.#abort.signal },
    )
    const about = {
      destination: id,
      delivery: leased.delivery.id,
      message: leased.message.id,
      case: leased.message.subject,
    }
    if (bug !== undefined)
      log.error({ ...about, error: bug }, 'an attempt ended in an error that no adapter should throw')
    const nowMs = clock.now()
    const before = { attempts: leased.delivery.attempts, lost: this.#breaker.pauses }
    const random = randomFraction(randomBytes)
    const decision = decide(outcome, before, settings, nowMs, random)
    const opened = this.#breaker.note(outcome.kind, nowMs, random)
    if (outcome.kind === 'link-lost') await this.#closeLink()
    if (opened) await this.#pause()
    try {
      const held = await this.#settle({ ...decision, deliveryId: leased.delivery.id, attempt })
      if (!held) log.warn(about, 'the lease had passed to another owner; its word stands')
    } catch (error) {
      // Nothing is lost: the lease runs out and the delivery is attempted again; the receiver's idempotency key is the same.
      log.error({ ...about, error }, 'an attempt could not be recorded')
      this.#wakeAt(nowMs + STORE_PAUSE_MS)
    }
    if (decision.state === 'dead' || decision.state === 'unknown')
      log.warn({ ...about, reason: decision.reason }, `delivery is ${decision.state}`)
  }

  /** Whether a lease of ours still held. */
  async #settle(settlement: Omit<Settlement, 'fence'>): Promise<boolean> {
    for (;;) {
      const fence = this.#attempting.get(settlement.deliveryId) as number
      const [held] = await this.#parts.store.deliverySettle([{ ...settlement, fence }])
      // Adopted on the way: what was refused was the old fence.
      if (held === true || this.#attempting.get(settlement.deliveryId) === fence) return held === true
    }
  }

  /** Nobody else need burn an attempt: what was leased ahead goes back until the breaker lets a probe through. */
  async #pause(): Promise<void> {
    const { id, log } = this.#parts
    const untilMs = this.#breaker.openUntilMs ?? this.#parts.clock.now()
    log.warn({ destination: id, untilMs }, 'the destination is left alone for a while')
    await this.#release(this.#queue.splice(0))
    this.#wakeAt(untilMs)
  }

  async #release(queued: readonly Queued[]): Promise<void> {
    if (queued.length === 0) return
    const fences = queued.map(({ leased }) => ({ deliveryId: leased.delivery.id, fence: leased.fence }))
    await this.#parts.store.deliveryRelease(fences).catch((error: unknown) => {
      this.#parts.log.warn(
        { destination: this.#parts.id, error },
        'leases were not given back; they will run out',
      )
    })
  }

  #openLink(): Promise<Link> {
    const link = this.#link ?? this.#parts.openLink()
    this.#link = link
    link.catch(() => {
      if (this.#link === link) this.#link = undefined
    })
    return link
  }

  async #closeLink(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link
      ?.then((open) => open.close())
      .catch((error: unknown) => {
        this.#parts.log.warn({ destination: this.#parts.id, error }, 'the link did not close cleanly')
      })
  }

  #wakeAt(atMs: number): void {
    if (this.#stopping) return
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.after(Math.max(0, atMs - this.#parts.clock.now()), () => this.wake())
  }
}
