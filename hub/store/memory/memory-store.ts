/**
 * The store as plain data structures, for tests and whole-hub simulation. It keeps the same contract as the stores
 * on disk, except that nothing survives the process. Audit records are not kept: no verb of the port reads them.
 */
import { StoreError } from '../../contract/errors.ts'
import type { Message } from '../../contract/message.ts'
import {
  type Acceptance,
  type AcceptResult,
  type Attempt,
  type CaseRow,
  DELIVERY_STATES,
  type Deadline,
  type Delivery,
  type DeliveryFilter,
  type DeliveryMove,
  type DeliveryState,
  type ExternalId,
  type LeasedDelivery,
  type NewDelivery,
  type NonceUse,
  type RawMessage,
  type Settlement,
  type Store,
  type StoreTraits,
} from '../../contract/store.ts'
import { DestinationClaims } from './destination-claims.ts'
import { MemoryFiles } from './files.ts'

/** What is known of a delivery; `public` is replaced at every change, so what was handed out stays as it was. */
interface Kept {
  public: Delivery
  fence: number
  leaseOwner: string
  /** By the store's own clock. */
  leaseUntilMs: number
  maybeSent: boolean
  readonly attempts: Attempt[]
}

interface KeptMessage {
  /** JSON text, so that nobody shares an object with the store, and what JSON cannot hold is noticed in tests too. */
  readonly body: string
  readonly raw: RawMessage
}

/** Everything that is known of one case. */
interface KeptCase {
  /** JSON text of the `CaseRow`. */
  row: string
  readonly messageIds: string[]
  readonly externalIds: ExternalId[]
  readonly deadlines: Map<string, Deadline>
  /** By position. */
  readonly deliveries: Kept[]
}

const REPLAYABLE: ReadonlySet<DeliveryState> = new Set(['dead', 'unknown', 'cancelled', 'delivered'])

export interface MemoryStoreOptions {
  /** The store's own clock, by which leases and claims end; absent: each request's `nowMs`, for tests with one clock. */
  readonly now?: () => number
  /** As the embedded store: a claim is granted whenever it is made. */
  readonly soleNode?: boolean
}

/** An empty store. */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options)
}

class MemoryStore implements Store {
  readonly traits: StoreTraits
  readonly #now: (() => number) | undefined
  readonly #claims: DestinationClaims

  readonly #messages = new Map<string, KeptMessage>()
  readonly #answers = new Map<string, { readonly bodyDigest: string; readonly answer: string }>()
  readonly #cases = new Map<string, KeptCase>()
  readonly #caseNoByExternalId = new Map<string, string>()
  readonly #deliveries = new Map<string, Kept>()
  /** Deliveries of a destination that are neither delivered nor cancelled, by position. */
  readonly #open = new Map<string, Set<Kept>>()
  /** Expiry by key. Never purged: the process of a test is short. */
  readonly #nonces = new Map<string, number>()
  readonly #files = new MemoryFiles()
  #closed = false

  constructor({ now, soleNode = false }: MemoryStoreOptions) {
    this.traits = { name: 'memory', shared: false, notifies: false, soleNode }
    this.#now = now
    this.#claims = new DestinationClaims(soleNode)
  }

  async messageAccept(acceptance: Acceptance): Promise<AcceptResult> {
    this.#mustBeOpen()
    const { idempotency, message, raw, nonce, case: row } = acceptance
    // Nothing is awaited from here on: a call that came in between would be a second transaction inside the first.
    if (nonce !== undefined && this.#isUsed(nonce)) return { outcome: 'nonce-used' }
    const repeated = this.#answerOf(idempotency)
    if (repeated !== undefined) return { outcome: 'repeated', ...repeated }
    const conflict = this.#conflictOf(acceptance)
    if (conflict !== undefined) return { outcome: 'conflict', on: conflict }
    this.#refuseKnownIds(acceptance)

    if (nonce !== undefined) this.#useUp(nonce)
    const kept = this.#keepCase(row)
    kept.messageIds.push(message.id)
    this.#messages.set(message.id, {
      body: JSON.stringify(message),
      raw: { ...raw, bytes: Uint8Array.from(raw.bytes) },
    })
    this.#answers.set(keyOf(idempotency.system, idempotency.key), {
      bodyDigest: idempotency.bodyDigest,
      answer: JSON.stringify(acceptance.answer),
    })
    for (const { system, value } of acceptance.externalIds) {
      if (this.#caseNoByExternalId.has(keyOf(system, value))) continue
      this.#caseNoByExternalId.set(keyOf(system, value), row.caseNo)
      kept.externalIds.push({ system, value })
    }
    for (const deadline of acceptance.deadlines) kept.deadlines.set(deadline.clock, { ...deadline })
    for (const delivery of acceptance.deliveries)
      this.#addDelivery({ ...message, caseNo: row.caseNo }, kept, delivery)
    return { outcome: 'accepted' }
  }

  async messageAcceptMoving({ acceptance, moves }: Parameters<Store['messageAcceptMoving']>[0]) {
    this.#mustBeOpen()
    const { atMs } = acceptance.audit
    const moved = moves.map(({ deliveryId }) => this.#deliveries.get(deliveryId))
    const isMovable = (kept: Kept | undefined): boolean =>
      kept !== undefined &&
      kept.public.caseNo === acceptance.case.caseNo &&
      isOpen(kept) &&
      (kept.public.state !== 'leased' || kept.leaseUntilMs <= atMs)
    if (this.#answerOf(acceptance.idempotency) === undefined && !moved.every(isMovable))
      return { outcome: 'under-way' as const }
    // It writes before it gives way, so nothing comes in between.
    const accepting = this.messageAccept(acceptance)
    const written = this.#messages.has(acceptance.message.id)
    if (written) this.#move(acceptance, moves, moved as Kept[])
    return accepting
  }

  async messageGet({ id }: { readonly id: string }) {
    this.#mustBeOpen()
    const kept = this.#messages.get(id)
    return (
      kept && { message: JSON.parse(kept.body), raw: { ...kept.raw, bytes: Uint8Array.from(kept.raw.bytes) } }
    )
  }

  async answerGet(query: { readonly system: string; readonly key: string }) {
    this.#mustBeOpen()
    return this.#answerOf(query)
  }

  async caseGet(query: { readonly caseNo: string } | { readonly externalId: ExternalId }) {
    this.#mustBeOpen()
    const caseNo =
      'caseNo' in query
        ? query.caseNo
        : this.#caseNoByExternalId.get(keyOf(query.externalId.system, query.externalId.value))
    return this.#caseOf(caseNo)
  }

  async caseTimeline({ caseNo }: { readonly caseNo: string }) {
    this.#mustBeOpen()
    const kept = this.#cases.get(caseNo)
    const deliveries = kept?.deliveries.map((delivery) => delivery.public) ?? []
    return (kept?.messageIds ?? []).map((id) => ({
      message: this.#messageOf(id),
      deliveries: deliveries.filter(({ messageId }) => messageId === id),
    }))
  }

  async externalIdList({ caseNo }: { readonly caseNo: string }) {
    this.#mustBeOpen()
    const ids = this.#cases.get(caseNo)?.externalIds ?? []
    return ids.toSorted((a, b) => compare(a.system, b.system) || compare(a.value, b.value))
  }

  async deadlineList({ caseNo }: { readonly caseNo: string }) {
    this.#mustBeOpen()
    const deadlines = this.#cases.get(caseNo)?.deadlines.values() ?? []
    return [...deadlines].sort((a, b) => compare(a.clock, b.clock))
  }

  async deadlineFind({ clock, warned, dueUntil, after, limit }: Parameters<Store['deadlineFind']>[0]) {
    this.#mustBeOpen()
    const isAfter = ({ dueDate, caseNo }: Deadline): boolean =>
      after === undefined || (compare(dueDate, after.dueDate) || compare(caseNo, after.caseNo)) > 0
    return [...this.#cases.values()]
      .flatMap(({ deadlines }) => deadlines.get(clock) ?? [])
      .filter((found) => found.state === 'running' && (found.warned ?? false) === warned)
      .filter((found) => found.dueDate <= dueUntil && isAfter(found))
      .sort((a, b) => compare(a.dueDate, b.dueDate) || compare(a.caseNo, b.caseNo))
      .slice(0, Math.max(0, limit))
  }

  async destinationClaim(request: Parameters<Store['destinationClaim']>[0]) {
    this.#mustBeOpen()
    const claims = this.#claims.claim(request, this.#clockOf(request.nowMs))
    for (const { destination } of claims.owned)
      if (this.traits.soleNode || !request.waitsForLeases.includes(destination))
        this.#giveBack(destination, request.node)
    return claims
  }

  async destinationRelease(request: Parameters<Store['destinationRelease']>[0]) {
    this.#mustBeOpen()
    this.#claims.release(request)
  }

  async deliveryLease(request: Parameters<Store['deliveryLease']>[0]): Promise<readonly LeasedDelivery[]> {
    this.#mustBeOpen()
    const { destination, owner, limit, retried, nowMs, leaseMs } = request
    if (limit <= 0 || !this.#claims.mayLease(destination, owner)) return []
    const clockMs = this.#clockOf(nowMs)
    const free = this.#openTo(destination).sort(oldestDueFirst)
    const fresh = free.filter((kept) => isCollectable(kept) && kept.public.state === 'pending')
    const again = free.filter(
      (kept) =>
        (isCollectable(kept) && kept.public.state === 'waiting' && kept.public.dueAtMs <= nowMs) ||
        (kept.public.state === 'leased' && kept.leaseUntilMs <= clockMs),
    )
    const places = Math.min(again.length, Math.max(retried, limit - fresh.length))
    return [...fresh.slice(0, limit - places), ...again.slice(0, places)].sort(oldestDueFirst).map((kept) => {
      if (kept.public.state === 'leased' && kept.leaseOwner !== owner) kept.maybeSent = true
      kept.fence += 1
      kept.leaseOwner = owner
      kept.leaseUntilMs = Math.ceil(clockMs + leaseMs)
      kept.public = { ...kept.public, state: 'leased' }
      return {
        delivery: kept.public,
        message: this.#messageOf(kept.public.messageId),
        fence: kept.fence,
        maybeSent: kept.maybeSent,
      }
    })
  }

  async deliverySettle(settlements: readonly Settlement[]) {
    this.#mustBeOpen()
    return settlements.map((settlement) => {
      const kept = this.#leased(settlement)
      if (kept === undefined) return false
      const { state, counts, reason, attempt } = settlement
      kept.attempts.push(structuredClone(attempt))
      kept.maybeSent = settlement.maybeSent
      kept.public = {
        ...kept.public,
        state,
        reason,
        attempts: kept.public.attempts + (counts ? 1 : 0),
        dueAtMs: state === 'waiting' ? Math.ceil(settlement.dueAtMs) : kept.public.dueAtMs,
        settledAtMs: state === 'waiting' ? undefined : attempt.endedAtMs,
        reference: settlement.reference ?? kept.public.reference,
      }
      this.#freeNext(kept)
      return true
    })
  }

  async deliveryRelease(leases: Parameters<Store['deliveryRelease']>[0]) {
    this.#mustBeOpen()
    for (const lease of leases) {
      const kept = this.#leased(lease)
      if (kept !== undefined) this.#unlease(kept)
    }
  }

  async deliveryCancel({ deliveryId, reason, audit }: Parameters<Store['deliveryCancel']>[0]) {
    this.#mustBeOpen()
    const kept = this.#deliveries.get(deliveryId)
    if (kept === undefined || !isOpen(kept)) return false
    if (kept.public.state === 'leased' && kept.leaseUntilMs > this.#clockOf(audit.atMs)) return false
    kept.public = { ...kept.public, state: 'cancelled', reason, settledAtMs: audit.atMs }
    this.#freeNext(kept)
    return true
  }

  async deliveryReplay({ deliveryIds, mappingVersions, nowMs }: Parameters<Store['deliveryReplay']>[0]) {
    this.#mustBeOpen()
    let replayed = 0
    for (const id of deliveryIds) {
      const kept = this.#deliveries.get(id)
      if (kept === undefined || !REPLAYABLE.has(kept.public.state) || this.#isOvertaken(kept)) continue
      kept.public = {
        ...kept.public,
        state: 'pending',
        mappingVersion: mappingVersions?.[kept.public.destination] ?? kept.public.mappingVersion,
        dueAtMs: Math.ceil(nowMs),
        attempts: 0,
        settledAtMs: undefined,
        reason: undefined,
      }
      kept.maybeSent = false
      this.#holdLater(kept)
      replayed += 1
    }
    return replayed
  }

  async deliveryMarkDelivered(request: Parameters<Store['deliveryMarkDelivered']>[0]) {
    this.#mustBeOpen()
    const { deliveryId, reason, audit } = request
    const kept = this.#deliveries.get(deliveryId)
    if (kept === undefined || (kept.public.state !== 'unknown' && kept.public.state !== 'dead')) return false
    const reference = request.reference ?? kept.public.reference
    kept.public = { ...kept.public, state: 'delivered', reason, reference, settledAtMs: audit.atMs }
    this.#freeNext(kept)
    return true
  }

  async deliveryList({ caseNo, destination, states, limit, after = 0 }: DeliveryFilter) {
    this.#mustBeOpen()
    return [...this.#deliveries.values()]
      .map((kept) => kept.public)
      .filter((delivery) => caseNo === undefined || delivery.caseNo === caseNo)
      .filter((delivery) => destination === undefined || delivery.destination === destination)
      .filter((delivery) => states === undefined || states.includes(delivery.state))
      .filter((delivery) => delivery.position > after)
      .slice(0, Math.max(0, limit))
  }

  async deliveryCount({ destination }: { readonly destination?: string }) {
    this.#mustBeOpen()
    const counts = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
      DeliveryState,
      number
    >
    for (const { public: delivery } of this.#deliveries.values()) {
      if (destination === undefined || delivery.destination === destination) counts[delivery.state] += 1
    }
    return counts
  }

  async attemptList({ deliveryId }: { readonly deliveryId: string }) {
    this.#mustBeOpen()
    return structuredClone(this.#deliveries.get(deliveryId)?.attempts ?? [])
  }

  async deliveryNextDue({ destination, nowMs }: Parameters<Store['deliveryNextDue']>[0]) {
    this.#mustBeOpen()
    const aheadMs = nowMs - this.#clockOf(nowMs)
    const times = this.#openTo(destination).flatMap((kept) => {
      if (kept.public.state === 'leased') return [kept.leaseUntilMs + aheadMs]
      if (!isCollectable(kept)) return []
      return [kept.public.state === 'pending' ? 0 : kept.public.dueAtMs]
    })
    return times.length === 0 ? undefined : Math.min(...times)
  }

  async inboxRead({ system, after, limit }: Parameters<Store['inboxRead']>[0]) {
    this.#mustBeOpen()
    return this.#openTo(system)
      .filter((kept) => isCollectable(kept) && kept.public.position > after)
      .slice(0, Math.max(0, limit))
      .map((kept) => ({ delivery: kept.public, message: this.#messageOf(kept.public.messageId) }))
  }

  async inboxAck({ system, deliveryIds, nowMs }: Parameters<Store['inboxAck']>[0]) {
    this.#mustBeOpen()
    const acknowledged: Kept[] = []
    for (const id of deliveryIds) {
      const kept = this.#deliveries.get(id)
      if (kept === undefined || kept.public.destination !== system || kept.public.held || !isOpen(kept))
        continue
      kept.public = { ...kept.public, state: 'delivered', reason: undefined, settledAtMs: nowMs }
      acknowledged.push(kept)
    }
    // Afterwards: what this call frees was not shown before it.
    for (const kept of acknowledged) this.#freeNext(kept)
    return acknowledged.length
  }

  async inboxPark({ deliveryId, reason, nowMs }: Parameters<Store['inboxPark']>[0]) {
    this.#mustBeOpen()
    const kept = this.#deliveries.get(deliveryId)
    if (kept === undefined || !isCollectable(kept)) return
    kept.public = { ...kept.public, state: 'dead', reason, settledAtMs: nowMs }
  }

  async nonceRemember(use: NonceUse) {
    this.#mustBeOpen()
    if (this.#isUsed(use)) return false
    this.#useUp(use)
    return true
  }

  async fileAdd(request: Parameters<Store['fileAdd']>[0]) {
    this.#mustBeOpen()
    this.#files.add(request)
  }

  async fileGet(query: Parameters<Store['fileGet']>[0]) {
    this.#mustBeOpen()
    return this.#files.get(query)
  }

  async auditAppend() {
    this.#mustBeOpen()
  }

  async probe() {
    this.#mustBeOpen()
  }

  async close() {
    this.#closed = true
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'The store is closed.')
  }

  #isUsed({ keyId, nonce, nowMs }: NonceUse): boolean {
    return (this.#nonces.get(keyOf(keyId, nonce)) ?? nowMs) > nowMs
  }

  #useUp({ keyId, nonce, expiresAtMs }: NonceUse): void {
    this.#nonces.set(keyOf(keyId, nonce), expiresAtMs)
  }

  #clockOf(nowMs: number): number {
    return this.#now?.() ?? nowMs
  }

  /** The owner of a destination knows of every lease that is not its own that it is void. */
  #giveBack(destination: string, node: string): void {
    for (const kept of this.#openTo(destination)) {
      if (kept.public.state !== 'leased' || kept.leaseOwner === node) continue
      kept.maybeSent = true
      this.#unlease(kept)
    }
  }

  #unlease(kept: Kept): void {
    kept.public = { ...kept.public, state: kept.attempts.length > 0 ? 'waiting' : 'pending' }
  }

  #conflictOf({ case: row, externalIds }: Acceptance) {
    const before = this.#caseOf(row.caseNo)
    if (row.version === 1 && before !== undefined) return 'case-number'
    if (row.version !== (before?.version ?? 0) + 1) return 'version'
    const taken = externalIds.some(({ system, value }) => {
      const holder = this.#caseNoByExternalId.get(keyOf(system, value))
      return holder !== undefined && holder !== row.caseNo
    })
    return taken ? 'external-id' : undefined
  }

  /** Ids that the hub issues itself are never used twice; a bug is stopped before it writes half of something. */
  #refuseKnownIds({ message, deliveries }: Acceptance): void {
    const ids = deliveries.map(({ id }) => id)
    if (
      this.#messages.has(message.id) ||
      ids.some((id) => this.#deliveries.has(id)) ||
      new Set(ids).size < ids.length
    ) {
      throw new Error(`Message ${message.id} or one of its deliveries is stored already.`)
    }
  }

  #keepCase(row: CaseRow): KeptCase {
    const known = this.#cases.get(row.caseNo)
    const kept = known ?? { row: '', messageIds: [], externalIds: [], deadlines: new Map(), deliveries: [] }
    kept.row = JSON.stringify(row)
    this.#cases.set(row.caseNo, kept)
    return kept
  }

  #addDelivery(
    message: Pick<Message, 'id' | 'sequence' | 'type' | 'recordedat'> & { readonly caseNo: string },
    ofCase: KeptCase,
    { id, destination, mappingVersion }: NewDelivery,
    replaces?: string,
  ): void {
    const recordedAtMs = Date.parse(message.recordedat)
    const kept: Kept = {
      public: {
        id,
        destination,
        mappingVersion,
        position: this.#deliveries.size + 1,
        messageId: message.id,
        caseNo: message.caseNo,
        sequence: message.sequence,
        type: message.type,
        state: 'pending',
        held: ofCase.deliveries.some(
          (earlier) => earlier.public.destination === destination && isOpen(earlier),
        ),
        attempts: 0,
        dueAtMs: recordedAtMs,
        createdAtMs: recordedAtMs,
        settledAtMs: undefined,
        reference: undefined,
        reason: undefined,
        ...(replaces === undefined ? {} : { replaces }),
      },
      fence: 0,
      leaseOwner: '',
      leaseUntilMs: 0,
      maybeSent: false,
      attempts: [],
    }
    this.#deliveries.set(id, kept)
    ofCase.deliveries.push(kept)
    const open = this.#open.get(destination) ?? new Set()
    this.#open.set(destination, open.add(kept))
  }

  #move(
    { message, case: row, audit }: Acceptance,
    moves: readonly DeliveryMove[],
    moved: readonly Kept[],
  ): void {
    for (const [index, kept] of moved.entries()) {
      const { reason } = moves[index] as DeliveryMove
      kept.public = { ...kept.public, state: 'cancelled', reason, settledAtMs: audit.atMs }
      this.#freeNext(kept)
    }
    const ofCase = this.#cases.get(row.caseNo) as KeptCase
    for (const [index, { replacement }] of moves.entries()) {
      if (replacement === undefined) continue
      const { id: replaces, messageId, sequence, type } = (moved[index] as Kept).public
      this.#addDelivery(
        { id: messageId, sequence, type, recordedat: message.recordedat, caseNo: row.caseNo },
        ofCase,
        replacement,
        replaces,
      )
    }
  }

  /** Order per case and destination: once a delivery is done, the next open one is free. */
  #freeNext(done: Kept): void {
    if (isOpen(done)) return
    const { caseNo, destination } = done.public
    this.#open.get(destination)?.delete(done)
    const next = this.#ofPair(caseNo, destination).find(isOpen)
    if (next !== undefined) next.public = { ...next.public, held: false }
  }

  /** The order of a case and destination after one of its deliveries was opened again. */
  #holdLater(reopened: Kept): void {
    const { caseNo, destination } = reopened.public
    const ofPair = this.#ofPair(caseNo, destination).filter(isOpen)
    for (const [index, kept] of ofPair.entries()) kept.public = { ...kept.public, held: index > 0 }
    const open = this.#openTo(destination)
    if (open.includes(reopened)) return
    open.push(reopened)
    this.#open.set(destination, new Set(open.sort((a, b) => a.public.position - b.public.position)))
  }

  #isOvertaken({ public: { caseNo, destination, position } }: Kept): boolean {
    return this.#ofPair(caseNo, destination).some(
      ({ public: later }) => later.position > position && later.state === 'leased',
    )
  }

  #ofPair(caseNo: string, destination: string): Kept[] {
    const ofCase = this.#cases.get(caseNo)?.deliveries ?? []
    return ofCase.filter((kept) => kept.public.destination === destination)
  }

  #openTo(destination: string): Kept[] {
    return [...(this.#open.get(destination) ?? [])]
  }

  #leased({ deliveryId, fence }: { readonly deliveryId: string; readonly fence: number }): Kept | undefined {
    const kept = this.#deliveries.get(deliveryId)
    return kept !== undefined && kept.public.state === 'leased' && kept.fence === fence ? kept : undefined
  }

  #answerOf({ system, key }: { readonly system: string; readonly key: string }) {
    const kept = this.#answers.get(keyOf(system, key))
    return kept && { bodyDigest: kept.bodyDigest, answer: JSON.parse(kept.answer) }
  }

  #messageOf(id: string) {
    return JSON.parse((this.#messages.get(id) as KeptMessage).body)
  }

  #caseOf(caseNo: string | undefined): CaseRow | undefined {
    const kept = caseNo === undefined ? undefined : this.#cases.get(caseNo)
    return kept && JSON.parse(kept.row)
  }
}

function isOpen({ public: { state } }: Kept): boolean {
  return state !== 'delivered' && state !== 'cancelled'
}

function isCollectable({ public: { state, held } }: Kept): boolean {
  return !held && (state === 'pending' || state === 'waiting')
}

function oldestDueFirst(a: Kept, b: Kept): number {
  return a.public.dueAtMs - b.public.dueAtMs || a.public.position - b.public.position
}

/** Keys of two parts; JSON keeps ('a', 'b:c') apart from ('a:b', 'c'). */
function keyOf(first: string, second: string): string {
  return JSON.stringify([first, second])
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
