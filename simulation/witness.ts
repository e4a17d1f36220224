/**
 * What is known of a run from outside the hub: what its store was seen to write, what left by its door, what reached
 * the receivers. Whatever can be judged at once is judged here; the rest when the run is over (invariants.ts).
 */
import type { OpeningHours } from '../hub/config/topology.ts'
import { beijingTime } from '../hub/contract/clock.ts'
import type { Acceptance, LeasedDelivery, OwnedDestination, Settlement } from '../hub/contract/store.ts'
import type { Plan } from './plan.ts'

/** What a node may take to make a message ready, between deciding on an attempt and making it. */
const PREPARING_MS = 5_000

export const VIOLATION_KINDS = [
  /** Answered with success, and gone; or called delivered, and the receiver never had it. */
  'lost',
  /** Called delivered before the receiver had it. */
  'premature',
  /** Two effects of one message at a receiver that drops what it has seen, or two cases of one submission. */
  'doubled',
  /** A later message of a case took effect before an earlier one. */
  'misordered',
  /** Neither at its end nor on its way there. */
  'stuck',
  /** Attempted before its time. */
  'early',
  /** Attempted without a living lease of one's own. */
  'unleased',
  /** A destination of two nodes at once, or deliveries leased by a node that does not own their destination. */
  'two-owners',
  /** More attempts at once, or in a time, than the receiver wants from the whole province. */
  'crowded',
  /** A settlement by somebody whose lease had passed to another. */
  'stale',
  /** A well-formed, allowed message was refused. */
  'refused',
  /** The sender was told no, yet the message was taken. */
  'contradicted',
  /** Case, sequence, clocks or destinations do not follow from the messages. */
  'inconsistent',
  /** Dead or unknown without anything having happened that would be a reason. */
  'unexplained',
  /** An effect of a message that the store never had. */
  'phantom',
  /** A stopped node went on. */
  'after-stop',
  /** An error that nobody meant to throw. */
  'bug',
] as const
export type ViolationKind = (typeof VIOLATION_KINDS)[number]

export interface Violation {
  readonly kind: ViolationKind
  readonly words: string
}

/** A node's instance, as far as the witness cares. */
export interface Actor {
  readonly name: string
  /** Its own clock, epoch milliseconds. */
  readonly localMs: number
  /** True time until which it last stood still; 0 where it never did. */
  readonly pausedUntilMs: number
  readonly alive: boolean
}

/** Faults under which a node may go on a little with what is another's by then. */
const DELAYING: ReadonlySet<Plan['faults'][number]['kind']> = new Set([
  'pause',
  'clock',
  'store-busy',
  'store-answer-lost',
])

/** What became of a delivery, as seen at the store's door. */
export interface SeenDelivery {
  readonly deliveryId: string
  readonly system: string
  readonly messageId: string
  dueAtMs: number
  lease: { readonly actor: string; readonly fence: number; readonly untilMs: number } | undefined
  /** Who lost it when the destination passed to another node, and when, true time. */
  taken: { readonly actor: string; readonly atMs: number } | undefined
  attempted: boolean
  /** True time of each actor's last lease of it. */
  readonly takenAtMs: Map<string, number>
  /** The receiver refused it for good. */
  refused: boolean
  /** By the receiver's word, true time. */
  notBeforeMs: number
}

export class Witness {
  readonly violations: Violation[] = []
  /** Successes that left by the hub's door: message id by the sender and its own id of the message. */
  readonly answered = new Map<string, string>()
  /** Final refusals that reached their sender. */
  readonly refusedExternalIds = new Map<string, string>()
  /** Deliveries that were left to a person as perhaps sent, and never were. */
  parkedUnsent = 0
  /** Owner by destination. */
  readonly #claims = new Map<
    string,
    { readonly actor: string; readonly fence: number; readonly untilMs: number }
  >()
  readonly #underWay = new Map<string, Set<Actor>>()
  readonly #tokens = new Map<string, { left: number; atMs: number }>()
  /** Where no node was delayed, what a receiver is sent may be counted. */
  readonly #counts: boolean
  readonly #plan: Plan
  readonly #byId = new Map<string, SeenDelivery>()
  readonly #byMessage = new Map<string, SeenDelivery>()
  /** Clocks were not set during the run, so times of different nodes may be compared. */
  readonly #clocksAgree: boolean
  readonly #hours: ReadonlyMap<string, OpeningHours>
  readonly #nowMs: () => number
  readonly #note: (line: string) => void

  constructor(
    plan: Plan,
    { nowMs, note }: { readonly nowMs: () => number; readonly note: (line: string) => void },
  ) {
    this.#plan = plan
    this.#counts = !plan.faults.some(({ kind }) => DELAYING.has(kind))
    this.#clocksAgree = plan.faults.every(({ kind }) => kind !== 'clock')
    this.#hours = new Map(
      [...plan.receivers].flatMap(([system, { hours }]) => (hours === undefined ? [] : [[system, hours]])),
    )
    this.#nowMs = nowMs
    this.#note = note
  }

  fail(kind: ViolationKind, words: string): void {
    this.violations.push({ kind, words })
    this.#note(`VIOLATION ${kind}: ${words}`)
  }

  delivery(system: string, messageId: string): SeenDelivery | undefined {
    return this.#byMessage.get(`${system} ${messageId}`)
  }

  accepted({ message, deliveries }: Acceptance): void {
    for (const { id, destination } of deliveries) {
      const seen: SeenDelivery = {
        deliveryId: id,
        system: destination,
        messageId: message.id,
        dueAtMs: Date.parse(message.recordedat),
        lease: undefined,
        taken: undefined,
        attempted: false,
        takenAtMs: new Map(),
        refused: false,
        notBeforeMs: 0,
      }
      this.#byId.set(id, seen)
      this.#byMessage.set(`${destination} ${message.id}`, seen)
    }
  }

  claimed(
    actor: Actor,
    {
      destinations,
      waitsForLeases,
      owned,
      leaseMs,
    }: {
      readonly destinations: readonly string[]
      readonly waitsForLeases: readonly string[]
      readonly owned: readonly OwnedDestination[]
      readonly leaseMs: number
    },
  ): void {
    const isAlone = this.#plan.nodes === 1
    for (const { destination, fence } of owned) {
      const before = this.#claims.get(destination)
      if (before?.actor !== actor.name) {
        this.#note(`${actor.name} owns ${destination}, fence ${fence}`)
        if (before !== undefined && before.untilMs > this.#nowMs() && !isAlone)
          this.fail('two-owners', `${actor.name} owns ${destination} while ${before.actor} does`)
        if (before !== undefined && fence <= before.fence)
          this.fail(
            'stale',
            `${destination} passed to ${actor.name} with fence ${fence} after ${before.fence}`,
          )
      }
      this.#claims.set(destination, { actor: actor.name, fence, untilMs: this.#nowMs() + leaseMs })
      if (waitsForLeases.includes(destination) && !isAlone) continue
      for (const seen of this.#byId.values()) {
        if (seen.system !== destination || seen.lease === undefined || seen.lease.actor === actor.name)
          continue
        seen.taken = { actor: seen.lease.actor, atMs: this.#nowMs() }
        seen.lease = undefined
      }
    }
    for (const destination of destinations)
      if (this.#claims.get(destination)?.actor === actor.name)
        if (!owned.some((one) => one.destination === destination))
          this.fail('two-owners', `${actor.name} lost ${destination} to nobody`)
  }

  gaveUp(node: string, destinations: readonly string[]): void {
    for (const destination of destinations) {
      const claim = this.#claims.get(destination)
      if (claim?.actor === node) this.#claims.set(destination, { ...claim, untilMs: 0 })
    }
  }

  leased(actor: Actor, leases: readonly LeasedDelivery[], untilMs: number): void {
    for (const { delivery, fence } of leases) {
      const seen = this.#byId.get(delivery.id)
      if (seen === undefined) continue
      const before = seen.lease
      const owner = this.#claims.get(seen.system)?.actor
      if (owner !== actor.name)
        this.fail('two-owners', `${actor.name} leased ${describe(seen)}, which ${owner ?? 'nobody'} owns`)
      if (before !== undefined && before.untilMs > this.#nowMs())
        this.fail('unleased', `${actor.name} leased ${describe(seen)} while ${before.actor} held it`)
      if (before !== undefined && fence <= before.fence)
        this.fail('stale', `${describe(seen)} was leased with fence ${fence} after ${before.fence}`)
      seen.lease = { actor: actor.name, fence, untilMs }
      seen.takenAtMs.set(actor.name, this.#nowMs())
      // What the receiver asked of an attempt whose node died with the answer, nobody knows.
      seen.notBeforeMs = 0
    }
  }

  /** @param hasIt whether the receiver has the message by now. */
  settled(
    actor: Actor,
    settlements: readonly Settlement[],
    answers: readonly boolean[],
    hasIt: (seen: SeenDelivery) => boolean,
  ): void {
    settlements.forEach((settlement, index) => {
      const seen = this.#byId.get(settlement.deliveryId)
      if (answers[index] !== true || seen === undefined) return
      if (seen.lease === undefined || settlement.fence < seen.lease.fence)
        this.fail(
          'stale',
          `${actor.name} settled ${describe(seen)} with fence ${settlement.fence}, ${seen.lease?.fence} holds`,
        )
      if (settlement.state === 'unknown' && !seen.attempted) this.parkedUnsent++
      if (settlement.state === 'delivered' && !hasIt(seen))
        this.fail('premature', `${describe(seen)} was called delivered before the receiver had it`)
      if (settlement.state === 'waiting') {
        if (this.#clocksAgree && settlement.dueAtMs < seen.notBeforeMs)
          this.fail('early', `${describe(seen)} is due before the receiver wants it`)
        seen.dueAtMs = settlement.dueAtMs
      }
      seen.notBeforeMs = 0
      seen.lease = undefined
    })
  }

  released(leases: readonly { readonly deliveryId: string; readonly fence: number }[]): void {
    for (const { deliveryId, fence } of leases) {
      const seen = this.#byId.get(deliveryId)
      if (seen?.lease?.fence === fence) seen.lease = undefined
    }
  }

  /** A person has it made again, now. */
  replayed(deliveryId: string): void {
    const seen = this.#byId.get(deliveryId)
    if (seen !== undefined) seen.dueAtMs = this.#nowMs()
  }

  /** Answers what is to be called when the attempt is over. */
  attempted(actor: Actor, system: string, messageId: string): () => void {
    this.#judgeAttempt(actor, system, messageId)
    const underWay = this.#underWay.get(system) ?? new Set()
    this.#underWay.set(system, underWay)
    // The same node may make several at once.
    const attempt: Actor = Object.create(actor)
    underWay.add(attempt)
    if (this.#counts) this.#judgeCrowd(system)
    return () => void underWay.delete(attempt)
  }

  #judgeCrowd(system: string): void {
    const manners = this.#plan.receivers.get(system)
    if (manners === undefined) return
    const underWay = [...(this.#underWay.get(system) ?? [])].filter(({ alive }) => alive)
    if (underWay.length > manners.concurrency)
      this.fail('crowded', `${underWay.length} attempts at ${system} at once, not ${manners.concurrency}`)
    if (manners.rate === undefined) return
    const { perSecond, burst } = manners.rate
    // What was begun at the right distance may come closer together on the way.
    const most = burst + 1 + (perSecond * PREPARING_MS) / 1000
    const kept = this.#tokens.get(system) ?? { left: most, atMs: this.#nowMs() }
    const left = Math.min(most, kept.left + (perSecond * (this.#nowMs() - kept.atMs)) / 1000) - 1
    this.#tokens.set(system, { left, atMs: this.#nowMs() })
    if (left < 0) this.fail('crowded', `attempts at ${system} come faster than ${perSecond} a second`)
  }

  #judgeAttempt(actor: Actor, system: string, messageId: string): void {
    const seen = this.delivery(system, messageId)
    if (seen === undefined) {
      this.fail('phantom', `${actor.name} sent ${messageId} to ${system}, which the store does not have`)
      return
    }
    seen.attempted = true
    // Somebody who stood still cannot know that time went by; the receiver's memory is what helps then.
    if (!this.#clocksAgree || actor.pausedUntilMs >= (seen.takenAtMs.get(actor.name) ?? 0)) return
    if (actor.localMs < seen.dueAtMs) this.fail('early', `${describe(seen)} was attempted before its time`)
    const hours = this.#hours.get(system)
    if (hours !== undefined && !isOpenAt(hours, actor.localMs))
      this.fail('early', `${describe(seen)} was attempted outside the hours ${hours.from} to ${hours.to}`)
    const { lease, taken } = seen
    if (taken?.actor === actor.name && this.#nowMs() < taken.atMs + PREPARING_MS) return
    if (lease?.actor !== actor.name || actor.localMs >= lease.untilMs)
      this.fail(
        'unleased',
        `${actor.name} attempted ${describe(seen)}, which ${lease?.actor ?? 'nobody'} holds`,
      )
  }
}

/** Beijing wall-clock time within the hours, or so shortly after that the attempt was begun within them. Days are not looked at. */
function isOpenAt({ from, to }: OpeningHours, localMs: number): boolean {
  const timeAt = (atMs: number): string => beijingTime(atMs).slice(11, 16)
  const isOpen = (time: string): boolean => from <= time && time < to
  return isOpen(timeAt(localMs)) || isOpen(timeAt(localMs - PREPARING_MS))
}

function describe({ deliveryId, system }: SeenDelivery): string {
  return `delivery ${deliveryId} to ${system}`
}
