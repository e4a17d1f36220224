/**
 * The loop of one destination: lease, attempt, settle, for as long as this node owns it. Its own concurrency and its own
 * pauses, so that one dead department costs the others nothing. All judgement is in `decide`.
 */

import type { CalendarYear, OutboundSettings } from '../config/topology.ts'
import type { Link } from '../contract/adapter.ts'
import { type Clock, type RandomBytes, randomFraction, type Timer } from '../contract/clock.ts'
import type { Delivery, LeasedDelivery, Settlement, Store } from '../contract/store.ts'
import { attemptDelivery, doubtOf } from './attempt.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { decide } from './decide.ts'
import { openFrom } from './hours.ts'
import { LeaseQueue, type Queued } from './lease-queue.ts'
import { LinkHolder } from './link-holder.ts'
import type { Ownable } from './ownership.ts'
import type { Prepared } from './prepare.ts'
import { Rate } from './rate.ts'
import { untilSettled } from './settling.ts'

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
/** One in so many places is for deliveries that were tried before, as long as there are any. */
const RETRIED_SHARE = 4
/** How long attempts under way may go on when the hub stops, before they are aborted. */
const STOP_GRACE_MS = 10_000
/** How soon to try again when the store itself did not answer. */
const STORE_PAUSE_MS = 1_000
/** How soon to look again where something was due and could not be had. */
const LOOK_AGAIN_MS = 100

/** How an attempt ended, as it is to be settled. */
type Ending = Omit<Settlement, 'deliveryId' | 'fence'>

export class Destination implements Ownable {
  readonly #parts: DestinationParts
  readonly #abort = new AbortController()
  #stopping = false
  readonly #underWay = new Set<Promise<void>>()
  /** Newest fence of each delivery that is being attempted, by its id. */
  readonly #attempting = new Map<string, number>()
  /**
   * What is known of deliveries whose settlement was refused, by id: their lease had run out, perhaps into another one of
   * our own whose answer is late, or was lost. Few, and true for as long as the due time is the same.
   */
  readonly #refused = new Map<string, { readonly dueAtMs: number; readonly ending: Ending }>()
  readonly #queue = new LeaseQueue()
  readonly #link: LinkHolder
  #timer: Timer | undefined
  #leasing: Promise<void> | undefined
  #wokenWhileLeasing = false
  readonly #breaker: Breaker
  readonly #rate: Rate | undefined
  /** Undefined: another node's, or about to be. */
  #tenure: { readonly fence: number; readonly untilMs: number } | undefined
  /** Deliveries leased so far. */
  #leased = 0

  constructor(parts: DestinationParts) {
    this.#parts = parts
    this.#link = new LinkHolder(parts.openLink, (error) =>
      parts.log.warn({ destination: parts.id, error }, 'the link did not close cleanly'),
    )
    this.#breaker = new Breaker({ failures: parts.settings.breakerFailures, pause: parts.settings.retry })
    if (parts.settings.rate !== undefined) this.#rate = new Rate(parts.settings.rate, parts.clock.now())
  }

  get waitsForLeases(): boolean {
    const { dedupes, queryable } = this.#parts.settings
    // One that drops repeats is not harmed; one that nobody can ask is not sent anything twice anyway.
    return queryable && !dedupes
  }

  /** How the destination fares by what its last attempts came to; undefined where another node delivers to it. */
  get breaker(): BreakerState | undefined {
    return this.#tenure && this.#breaker.stateAt(this.#parts.clock.now())
  }

  own(tenure: { readonly fence: number; readonly untilMs: number }): void {
    const isNew = this.#tenure?.fence !== tenure.fence
    const lapsed = !this.#isOwned()
    if (isNew) {
      // Leases of an earlier tenure have been given back by whoever had the destination in between.
      this.#queue.takeAll()
      if (tenure.fence > 1) this.#rate?.empty(this.#parts.clock.now())
    }
    this.#tenure = tenure
    if (isNew || lapsed) this.wake()
  }

  lose(): void {
    this.#tenure = undefined
    this.#queue.takeAll()
  }

  async rest(): Promise<void> {
    this.#tenure = undefined
    await this.#leasing
    await this.#release(this.#queue.takeAll())
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay])
    // Unless it is this node's again by now.
    if (this.#tenure === undefined) await this.#link.close()
  }

  /** There may be something to do. Safe at any time, as often as you like. */
  wake(): void {
    if (this.#stopping || !this.#isOwned()) return
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
    await this.#release(this.#queue.takeAll())
    const grace = this.#parts.clock.after(STOP_GRACE_MS, () =>
      this.#abort.abort(new Error('the hub is stopping')),
    )
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay])
    grace.cancel()
    await this.#link.close()
  }

  async #refill(): Promise<void> {
    const { clock, store, id, owner, settings } = this.#parts
    const nowMs = clock.now()
    const opensAtMs = this.#opensAtMs(nowMs)
    if (opensAtMs > nowMs) {
      await this.#release(this.#queue.takeAll())
      return this.#wakeAt(opensAtMs)
    }
    const allowance = this.#breaker.allowance(nowMs, settings.concurrency)
    if (allowance === 0) return this.#wakeAt(this.#breaker.openUntilMs ?? nowMs)
    const limit = this.#places(allowance, nowMs)
    const tenure = this.#tenure?.fence ?? 0
    if (limit > 0) {
      const leased = await store.deliveryLease({
        destination: id,
        owner,
        limit,
        retried: retriedPlaces(this.#leased, limit),
        nowMs,
        leaseMs: settings.timeoutMs * 2 + LEASE_MARGIN_MS,
      })
      this.#leased += leased.length
      const startByMs = nowMs + LEASE_MARGIN_MS
      const fresh = this.#adopt(leased)
      this.#queue.add(fresh.map((lease) => ({ leased: lease, startByMs, tenure })))
      if (leased.length === 0 && this.#queue.length === 0) {
        const dueAtMs = await store.deliveryNextDue({ destination: id, nowMs: clock.now() })
        if (dueAtMs !== undefined) this.#wakeAt(Math.max(dueAtMs, clock.now() + LOOK_AGAIN_MS))
      }
    }
    // Lost, or given up, while it was leasing.
    if (this.#tenure?.fence !== tenure) await this.#release(this.#queue.takeAll())
    this.#startAttempts()
  }

  /** How many to lease. */
  #places(allowance: number, nowMs: number): number {
    const { dedupes } = this.#parts.settings
    const free = allowance - this.#underWay.size - this.#queue.length
    // A probe is one delivery; ahead is leased only while the receiver answers.
    if (this.#breaker.stateAt(nowMs) !== 'closed') return free
    if (dedupes) return this.#queue.length < allowance ? allowance * LEASED_AHEAD - this.#queue.length : 0
    // What is leased counts as sent when this node dies, unless a repetition is recognised: nothing is leased but what begins at once.
    if (this.#rate === undefined || free <= 0) return free
    const waitMs = this.#rate.waitMs(nowMs)
    if (waitMs > 0) this.#wakeAt(nowMs + waitMs)
    return Math.min(free, this.#rate.left(nowMs))
  }

  #isOwned(): boolean {
    return this.#tenure !== undefined && this.#parts.clock.now() < this.#tenure.untilMs
  }

  /**
   * A lease of ours that ran out while its attempt goes on (the clock stepped, the process stood still) comes to us again: the
   * attempt keeps it under the new fence and is not made twice at once. One that was made already is settled under the new
   * fence; unless the due time is another, for then a person had it made again. Answers the others.
   */
  #adopt(leased: readonly LeasedDelivery[]): readonly LeasedDelivery[] {
    return leased.filter(({ delivery, fence }) => {
      this.#queue.forget(delivery.id)
      if (this.#attempting.has(delivery.id)) {
        this.#attempting.set(delivery.id, fence)
        return false
      }
      const known = this.#refused.get(delivery.id)
      this.#refused.delete(delivery.id)
      if (known?.dueAtMs !== delivery.dueAtMs) return true
      this.#begin(delivery.id, fence, () => this.#record(delivery, known.ending))
      return false
    })
  }

  #startAttempts(): void {
    this.#giveBackLate()
    while (this.#queue.length > 0 && this.#mayStart()) {
      const queued = this.#queue.next() as Queued
      const { delivery, fence } = queued.leased
      this.#begin(delivery.id, fence, () => this.#work(queued))
    }
  }

  #begin(deliveryId: string, fence: number, act: () => Promise<void>): void {
    this.#attempting.set(deliveryId, fence)
    const work = act().finally(() => {
      this.#underWay.delete(work)
      this.#attempting.delete(deliveryId)
      this.#startAttempts()
      if (this.#queue.length < this.#parts.settings.concurrency) this.wake()
    })
    this.#underWay.add(work)
  }

  /** Whoever waited too long behind a slow receiver goes back: another node could take it over in the middle of our attempt. */
  #giveBackLate(): void {
    const late = this.#queue.takeLate(this.#parts.clock.now())
    if (late.length === 0) return
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
    if (this.#stopping || !this.#isOwned()) return false
    if (this.#underWay.size >= this.#breaker.allowance(nowMs, settings.concurrency)) return false
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

  async #work({ leased, startByMs, tenure }: Queued): Promise<void> {
    const { clock, id, log, settings, randomBytes } = this.#parts
    const { delivery, message } = leased
    const result = await attemptDelivery(
      () => this.#parts.prepare(leased),
      () => this.#link.get(),
      {
        clock,
        timeoutMs: settings.timeoutMs,
        stop: this.#abort.signal,
        doubt: doubtOf(leased, settings),
        mayStillSend: () => clock.now() <= startByMs && this.#isOwned() && this.#tenure?.fence === tenure,
      },
    )
    if (result === undefined)
      return this.#release([{ leased: { ...leased, fence: this.#fenceOf(delivery.id) } }])
    const { outcome, attempt, maybeSent, bug } = result
    const about = { destination: id, delivery: delivery.id, message: message.id, case: message.subject }
    if (bug !== undefined)
      log.error({ ...about, error: bug }, 'an attempt ended in an error that no adapter should throw')
    const nowMs = clock.now()
    const before = { attempts: delivery.attempts, lost: this.#breaker.pauses, maybeSent }
    const random = randomFraction(randomBytes)
    const decision = decide(outcome, before, settings, nowMs, random)
    const opened = this.#breaker.note(outcome.kind, nowMs, random)
    if (outcome.kind === 'link-lost') await this.#link.close()
    if (opened) await this.#pause()
    await this.#record(delivery, { ...decision, attempt })
    if (decision.state === 'dead' || decision.state === 'unknown')
      log.warn({ ...about, reason: decision.reason }, `delivery is ${decision.state}`)
  }

  async #record(delivery: Delivery, ending: Ending): Promise<void> {
    const { clock, id, log } = this.#parts
    const about = {
      destination: id,
      delivery: delivery.id,
      message: delivery.messageId,
      case: delivery.caseNo,
    }
    const held = await untilSettled(() => this.#settle({ ...ending, deliveryId: delivery.id }), {
      clock,
      giveUp: this.#abort.signal,
      failed: (error, pauseMs) =>
        log.error({ ...about, error, pauseMs }, 'an attempt could not be recorded; trying again'),
    })
    if (held === false) {
      this.#refused.set(delivery.id, { dueAtMs: delivery.dueAtMs, ending })
      log.warn(about, 'the lease had passed on; the word of its next owner stands')
    }
    // The lease runs out, or passes to another node, marked as maybe sent.
    if (held === undefined) log.error(about, 'an attempt was not recorded before the hub stopped')
  }

  #fenceOf(deliveryId: string): number {
    return this.#attempting.get(deliveryId) as number
  }

  /** Whether a lease of ours still held. */
  async #settle(settlement: Omit<Settlement, 'fence'>): Promise<boolean> {
    for (;;) {
      const fence = this.#fenceOf(settlement.deliveryId)
      const [held] = await this.#parts.store.deliverySettle([{ ...settlement, fence }])
      // Adopted on the way: what was refused was the old fence.
      if (held === true || this.#fenceOf(settlement.deliveryId) === fence) return held === true
    }
  }

  /** Nobody else need burn an attempt: what was leased ahead goes back until the breaker lets a probe through. */
  async #pause(): Promise<void> {
    const { id, log } = this.#parts
    const untilMs = this.#breaker.openUntilMs ?? this.#parts.clock.now()
    log.warn({ destination: id, untilMs }, 'the destination is left alone for a while')
    await this.#release(this.#queue.takeAll())
    this.#wakeAt(untilMs)
  }

  async #release(queued: readonly Pick<Queued, 'leased'>[]): Promise<void> {
    if (queued.length === 0) return
    const fences = queued.map(({ leased }) => ({ deliveryId: leased.delivery.id, fence: leased.fence }))
    await this.#parts.store.deliveryRelease(fences).catch((error: unknown) => {
      this.#parts.log.warn(
        { destination: this.#parts.id, error },
        'leases were not given back; they will run out',
      )
    })
  }

  #wakeAt(atMs: number): void {
    if (this.#stopping) return
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.after(Math.max(0, atMs - this.#parts.clock.now()), () => this.wake())
  }
}

/** Places for retried ones among the next `limit`, so that they come to their share however few are leased at a time. */
function retriedPlaces(leased: number, limit: number): number {
  return Math.floor((leased + limit) / RETRIED_SHARE) - Math.floor(leased / RETRIED_SHARE)
}
