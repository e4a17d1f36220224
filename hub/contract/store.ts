/**
 * The store port: the only truth of the hub. About fifteen verbs, noun first, each taking one object. Every
 * store keeps the same contract, proved by the shared suite in hub/store/conformance.ts.
 *
 * All writes resolve only after they are on disk. Writes that arrive together share one transaction and one sync.
 */
import type { FileVerbs } from './file-store.ts'
import type { Message, MessageType } from './message.ts'

/** `pending → leased → delivered | waiting | unknown | dead`, and `cancelled` by a person. docs/states.md. */
export const DELIVERY_STATES = [
  'pending',
  'leased',
  'delivered',
  'waiting',
  'unknown',
  'dead',
  'cancelled',
] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export const CASE_STATES = [
  'submitted',
  'received',
  'correcting',
  'supplemented',
  'accepted',
  'paused',
  'decided',
  'completed',
  'refused',
  'returned',
  'withdrawn',
  'closed',
] as const
export type CaseState = (typeof CASE_STATES)[number]

/** A request as it came over the wire, before anybody read it. */
export interface RawMessage {
  readonly bytes: Uint8Array
  readonly contentType: string
  /** Character set the sender declared, lower case; undefined where it declared none. */
  readonly declaredCharset: string | undefined
  /** Character set the bytes were read as. */
  readonly detectedCharset: string
}

/** What the messages with one case number add up to. Derived by hub/lifecycle; never written directly. */
export interface CaseRow {
  readonly caseNo: string
  /** Number of messages of the case so far; the optimistic lock and the next message's `sequence` − 1. */
  readonly version: number
  readonly state: CaseState
  /** System id of the side where the applicant stands. */
  readonly origin: string
  /** System id of the side that decides. */
  readonly decider: string
  /** System ids that get copies, sorted. */
  readonly copies: readonly string[]
  /** Implementing code (实施编码, 31 characters). */
  readonly taskCode: string
  readonly scenario: string
  readonly receivingRegion: string
  readonly jurisdictionRegion: string
  readonly simulated: boolean
  /** RFC 3339, +08:00. */
  readonly openedAt: string
  readonly changedAt: string
  /** Facts that later messages are checked against; written and read by hub/lifecycle only. */
  readonly facts: Readonly<Record<string, unknown>>
}

export interface ExternalId {
  readonly system: string
  /** Opaque, 1–50 characters, unique per system. */
  readonly value: string
}

/** The nonce of a signed request, as it is used up (docs/signing.md). */
export interface NonceUse {
  readonly keyId: string
  readonly nonce: string
  /** Epoch milliseconds; from then on the signature's timestamp alone refuses a repetition. */
  readonly expiresAtMs: number
  /** Epoch milliseconds when the request came; what has expired by then is free again. */
  readonly nowMs: number
}

export interface NewDelivery {
  /** UUIDv7. */
  readonly id: string
  readonly destination: string
  /** Version of the destination's format package that maps this delivery; kept until it is settled. */
  readonly mappingVersion: string
}

export interface Delivery extends NewDelivery {
  /** Place in the store's order of deliveries: grows, never reused; the inbox cursor. */
  readonly position: number
  readonly messageId: string
  readonly caseNo: string
  readonly sequence: number
  readonly type: MessageType
  readonly state: DeliveryState
  /** An earlier delivery of the same case to the same destination is not settled yet. */
  readonly held: boolean
  /** Attempts that counted. */
  readonly attempts: number
  /** Epoch milliseconds before which no attempt is made. */
  readonly dueAtMs: number
  readonly createdAtMs: number
  readonly settledAtMs: number | undefined
  /** Receiver's own number for the message. */
  readonly reference: string | undefined
  /** Why it is waiting, unknown or dead; `AREA_WHAT` code and words. */
  readonly reason: DeliveryReason | undefined
  /** Id of the delivery in whose place this one was made (`messageAcceptMoving`). */
  readonly replaces?: string
}

export interface DeliveryReason {
  readonly code: string
  /** The receiver's words or ours; what was attempted and what to do next. No personal data. */
  readonly words: string
  /** Who has to act. */
  readonly owner: 'integrator' | 'operator' | 'partner' | 'nobody'
}

/** A delivery that this owner, and nobody else, may attempt until its lease ends. */
export interface LeasedDelivery {
  readonly delivery: Delivery
  readonly message: Message
  /** Fencing number: a settlement with an older one is refused. */
  readonly fence: number
  /**
   * Another owner had it, and nobody knows what became of that: its lease ran out or was taken away unsettled. False where
   * only this owner's own lease ran out, for it knows itself what it has attempted.
   */
  readonly maybeSent: boolean
}

/** A destination that a node owns: it alone leases deliveries to it. */
export interface OwnedDestination {
  readonly destination: string
  /** Fencing number: grows whenever the destination passes from one node to another. */
  readonly fence: number
}

/** A node that delivers, as the others see it. */
export interface LivingNode {
  readonly node: string
  /** Destinations that it can deliver to. */
  readonly serves: readonly string[]
}

/** One try of a delivery, kept as evidence. */
export interface Attempt {
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** Class of outcome: `receipt`, `retry-later`, `rejected`, `link-lost`, `outcome-unknown`, `maybe-sent`, `unmappable`. */
  readonly outcome: string
  readonly words: string
  /** Bytes sent, capped; absent where nothing was sent or the attempt succeeded. */
  readonly sent: Uint8Array | undefined
  readonly answered: Uint8Array | undefined
}

export interface Settlement {
  readonly deliveryId: string
  readonly fence: number
  readonly state: 'delivered' | 'waiting' | 'unknown' | 'dead'
  /** Whether the attempt counts towards the policy's limit. */
  readonly counts: boolean
  /** For `waiting`: epoch milliseconds of the next attempt. */
  readonly dueAtMs: number
  readonly reference: string | undefined
  readonly reason: DeliveryReason | undefined
  /** The doubt of `LeasedDelivery.maybeSent` stays: this attempt has not cleared it. */
  readonly maybeSent: boolean
  readonly attempt: Attempt
}

/** A statutory clock on a case (期限). */
export interface Deadline {
  /** `T1`…`T5` of the regulation, `N1` of the hub's own; docs/states.md. */
  readonly clock: string
  readonly caseNo: string
  /** System that has to act. */
  readonly owner: string
  /** RFC 3339, +08:00. */
  readonly startedAt: string
  /** Last day, `YYYY-MM-DD` Beijing, ending at 24:00. */
  readonly dueDate: string
  /** True where the working-day calendar has no complete data for the period (CALENDAR_GAP). */
  readonly provisional: boolean
  readonly state: 'running' | 'paused' | 'met' | 'overdue' | 'void'
  /** Its owner was told that the due date is near (`deadline.warned`). */
  readonly warned?: true
}

/** Ends an open delivery, and puts another of the same message in its place. */
export interface DeliveryMove {
  readonly deliveryId: string
  /** Why; kept with what is `cancelled`. */
  readonly reason: DeliveryReason
  /** Absent where the destination gets the message otherwise. Its `replaces` is `deliveryId`. */
  readonly replacement?: NewDelivery
}

export interface AuditEntry {
  readonly atMs: number
  /** System id, account or `hub`. */
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Everything that one accepted message writes, in one transaction. */
export interface Acceptance {
  readonly raw: RawMessage
  readonly message: Message
  readonly idempotency: {
    /** System id of the sender: keys of different senders never meet. */
    readonly system: string
    readonly key: string
    /** Digest of the request body, hex. */
    readonly bodyDigest: string
  }
  /** Of the signed request that brought the message: remembered with it, and not where nothing is written. */
  readonly nonce?: NonceUse
  /** The case row after this message. Its version is the version before plus one; version 1 opens the case. */
  readonly case: CaseRow
  readonly externalIds: readonly ExternalId[]
  readonly deliveries: readonly NewDelivery[]
  /** Clocks started or changed by this message; replaces the row of the same case and clock. */
  readonly deadlines: readonly Deadline[]
  /** What the sender is answered now, and again for the same key and body. */
  readonly answer: Readonly<Record<string, unknown>>
  readonly audit: AuditEntry
}

export type AcceptResult =
  | { readonly outcome: 'accepted' }
  /** The nonce was used before, whatever is known of the key; nothing was written. */
  | { readonly outcome: 'nonce-used' }
  /** The key was used before; nothing was written. The caller compares digests. */
  | {
      readonly outcome: 'repeated'
      readonly bodyDigest: string
      readonly answer: Readonly<Record<string, unknown>>
    }
  /** Another message of the case came first (`version`), or the number belongs to another case; nothing was written. */
  | { readonly outcome: 'conflict'; readonly on: 'version' | 'case-number' | 'external-id' }

export interface TimelineEntry {
  readonly message: Message
  readonly deliveries: readonly Delivery[]
}

export interface DeliveryFilter {
  readonly caseNo?: string
  readonly destination?: string
  readonly states?: readonly DeliveryState[]
  /** Only deliveries with a greater position. */
  readonly after?: number
  readonly limit: number
}

/** Facts about a store, proved by the suite; callers read them instead of asking which store it is. */
export interface StoreTraits {
  readonly name: string
  /** Other processes may write the same store. */
  readonly shared: boolean
  /** It has `listen`: one node is told of what others brought. Without it, nodes only find out by looking. */
  readonly notifies: boolean
  /** At most one node delivers from it at a time, so a claim is granted whenever it is made, and for good. */
  readonly soleNode: boolean
}

/** What a node hears from the others: that deliveries came for destinations, or that destinations have become free. */
export type NodeNews = 'arrived' | 'released'

export interface Store extends FileVerbs {
  readonly traits: StoreTraits

  /**
   * One transaction: raw bytes, message, idempotency key, nonce, case, deliveries, deadlines, audit. Resolves after the commit is on disk.
   * Deliveries are due at once: created and due at the message's `recordedat`.
   */
  messageAccept(acceptance: Acceptance): Promise<AcceptResult>
  /**
   * The same, and in the same transaction deliveries of its case are moved: each becomes `cancelled` at `acceptance.audit.atMs`; then
   * come the deliveries of the message; then the replacements, in the order given, due at the message's `recordedat`. Answers
   * `under-way`, and writes nothing, where one of them is delivered or cancelled, unknown to the store, of another case, or leased by a
   * living owner at `acceptance.audit.atMs`.
   */
  messageAcceptMoving(request: {
    readonly acceptance: Acceptance
    readonly moves: readonly DeliveryMove[]
  }): Promise<AcceptResult | { readonly outcome: 'under-way' }>
  messageGet(query: {
    readonly id: string
  }): Promise<{ readonly message: Message; readonly raw: RawMessage } | undefined>
  /** The stored answer of an idempotency key, without writing. */
  answerGet(query: {
    readonly system: string
    readonly key: string
  }): Promise<{ readonly bodyDigest: string; readonly answer: Readonly<Record<string, unknown>> } | undefined>

  caseGet(
    query: { readonly caseNo: string } | { readonly externalId: ExternalId },
  ): Promise<CaseRow | undefined>
  /** Messages of a case by sequence, each with its deliveries by position. */
  caseTimeline(query: { readonly caseNo: string }): Promise<readonly TimelineEntry[]>
  /** External ids of a case by system: what each party calls it. */
  externalIdList(query: { readonly caseNo: string }): Promise<readonly ExternalId[]>
  deadlineList(query: { readonly caseNo: string }): Promise<readonly Deadline[]>
  /**
   * Running clocks of this name, over all cases, whose due date is `dueUntil` (`YYYY-MM-DD`) or earlier, by due date and case number;
   * `warned` picks those whose owner was told already, or was not. Its cost does not grow with the clocks that do not run or are not due.
   */
  deadlineFind(query: {
    readonly clock: string
    readonly warned: boolean
    readonly dueUntil: string
    /** The last one of the page before. */
    readonly after?: Pick<Deadline, 'dueDate' | 'caseNo'>
    readonly limit: number
  }): Promise<readonly Deadline[]>

  /**
   * A node says that it is alive and what it serves, and claims destinations: those that are free, its own, or of a node whose
   * time has run out are its own until `leaseMs` from now, by the store's clock. With a destination that it owns by then, the
   * leases of others go back at once, marked `maybeSent`; those named in `waitsForLeases` run out first. Nobody else is
   * given deliveries of a destination that is claimed. Answers who is alive, by node, and which of the destinations the node
   * owns now, by destination. Safe twice; renewing is claiming again.
   */
  destinationClaim(request: {
    readonly node: string
    readonly serves: readonly string[]
    readonly destinations: readonly string[]
    /** Of `destinations`: where an attempt of the owner before, still under way, would do harm beside another. */
    readonly waitsForLeases: readonly string[]
    readonly nowMs: number
    readonly leaseMs: number
  }): Promise<{ readonly nodes: readonly LivingNode[]; readonly owned: readonly OwnedDestination[] }>
  /**
   * Gives destinations up, of those that are the node's own, and tells the other nodes. `leaves`: the node is not counted
   * among the living any more. Safe twice.
   */
  destinationRelease(request: {
    readonly node: string
    readonly destinations: readonly string[]
    readonly leaves: boolean
  }): Promise<void>

  /**
   * Takes up to `limit` deliveries to `destination` that are not held, and makes them `leased` for `leaseMs` by the store's
   * clock: fresh ones (`pending`, due at once), and retried ones (`waiting` and due by `nowMs`, or leased with the lease run
   * out, which are taken over with a higher fence). Of each kind the oldest due first, and so in the answer. `retried` places
   * are for retried ones; what one kind leaves the other has. Gives nothing where another node has claimed the destination.
   */
  deliveryLease(request: {
    readonly destination: string
    readonly owner: string
    readonly limit: number
    /** From 0 to `limit`. */
    readonly retried: number
    readonly nowMs: number
    readonly leaseMs: number
  }): Promise<readonly LeasedDelivery[]>
  /** Ends attempts. Answers, per settlement in order, whether the fence still held; a stale one writes nothing. Settling as `delivered` frees the next held delivery of the same case and destination. */
  deliverySettle(settlements: readonly Settlement[]): Promise<readonly boolean[]>
  /** Gives leases back unattempted, as on a graceful stop. Stale fences are ignored. */
  deliveryRelease(leases: readonly { readonly deliveryId: string; readonly fence: number }[]): Promise<void>
  /**
   * A person gives a delivery up: it becomes `cancelled` and frees the next of its case and destination. Answers false,
   * and writes nothing, where it is delivered or cancelled already, unknown to the store, or leased by a living owner
   * at `audit.atMs`. The audit record is written with it.
   */
  deliveryCancel(request: {
    readonly deliveryId: string
    readonly reason: DeliveryReason
    readonly audit: AuditEntry
  }): Promise<boolean>
  /**
   * A person has deliveries made again: those that are dead, unknown, cancelled or delivered become `pending`, due at `nowMs`,
   * their attempts counted from 0. Each takes its old place in the order of its case and destination, so later ones that are not
   * under way are held again. Earlier attempts and the receiver's reference stay as evidence. Left alone: what is pending,
   * waiting or leased anyway, what the store does not know, and a delivery that a later one of its case and destination, already
   * leased, has overtaken; try again once that is settled. Answers how many become `pending`, each counted once; the audit record
   * is written where it is at least one. Safe twice: a second call finds nothing to do.
   *
   * `mappingVersions`: by destination, the version of its format package that maps what is replayed, instead of the one that the
   * delivery started with; a package that was mended is of no use otherwise. Destinations left out keep theirs.
   */
  deliveryReplay(request: {
    readonly deliveryIds: readonly string[]
    readonly mappingVersions?: Readonly<Record<string, string>>
    readonly nowMs: number
    readonly audit: AuditEntry
  }): Promise<number>
  /**
   * A person found out that the receiver has it: unknown or dead becomes `delivered` at `audit.atMs` and frees the next of its case
   * and destination. `reason` stays with it: who says so, and how it was found out. Answers false, and writes nothing, in every
   * other state. The audit record is written with it.
   */
  deliveryMarkDelivered(request: {
    readonly deliveryId: string
    readonly reference?: string
    readonly reason: DeliveryReason
    readonly audit: AuditEntry
  }): Promise<boolean>
  deliveryList(filter: DeliveryFilter): Promise<readonly Delivery[]>
  /** Deliveries per state, over all destinations or one. */
  deliveryCount(query: { readonly destination?: string }): Promise<Readonly<Record<DeliveryState, number>>>
  /** Attempts of one delivery, oldest first. */
  attemptList(query: { readonly deliveryId: string }): Promise<readonly Attempt[]>
  /**
   * The earliest time at which a delivery to `destination` may be leased, by the clock that says `nowMs`: 0 for a fresh one, else its
   * due time, or the end of a lease; undefined where there is none.
   */
  deliveryNextDue(query: {
    readonly destination: string
    readonly nowMs: number
  }): Promise<number | undefined>

  /**
   * Deliveries waiting to be collected by `system`, not held, by position, after the cursor. The cursor pages through one
   * reading; the next begins at 0, for what was held, or written by a slower transaction, may appear below it.
   */
  inboxRead(query: {
    readonly system: string
    readonly after: number
    readonly limit: number
  }): Promise<readonly { readonly delivery: Delivery; readonly message: Message }[]>
  /** Settles collected deliveries of `system` as `delivered`; answers how many were not delivered before. Safe twice. */
  inboxAck(request: {
    readonly system: string
    readonly deliveryIds: readonly string[]
    readonly nowMs: number
  }): Promise<number>
  /** Parks an inbox entry that cannot be mapped, so that it does not hold strangers. */
  inboxPark(request: {
    readonly deliveryId: string
    readonly reason: DeliveryReason
    readonly nowMs: number
  }): Promise<void>

  /** True the first time (keyId, nonce) is seen before `expiresAtMs`, here or with an acceptance; false after. */
  nonceRemember(use: NonceUse): Promise<boolean>

  /**
   * Present where `traits.notifies`: calls back with destinations that have had deliveries since, brought by other nodes, or that
   * other nodes have released (what this store object wrote itself its caller knows). An empty list means "look everywhere": the
   * connection was lost, and what happened in between is not known. Wake-ups may be spurious; the deliveries are the truth. Resolves once nothing is missed
   * any more; reconnects by itself. The answered function ends it, safe twice; `close` ends it too.
   */
  listen?(callback: (destinations: readonly string[], news: NodeNews) => void): Promise<() => Promise<void>>

  /** Resolves when the store can read and write; throws `StoreError` otherwise. */
  probe(): Promise<void>
  /** Lets writes under way finish, then closes. Safe twice. */
  close(): Promise<void>
}
