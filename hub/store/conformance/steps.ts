/** Steps that the clauses share. Short names for what a dispatcher does. */
import assert from 'node:assert/strict'
import type { Delivery, LeasedDelivery, Store } from '../../contract/store.ts'
import { anAcceptance, START_MS, type Wanted } from '../fixtures.ts'

/** Long enough for every delivery of the fixtures to be due. */
export const NOW_MS = START_MS + 1_000

export const LEASE_MS = 30_000

export const CLAIM_MS = 12_000

/** Accepts, and fails where the store answers anything but `accepted`. */
export async function accept(store: Store, wanted: Wanted = {}) {
  const acceptance = anAcceptance(wanted)
  assert.deepEqual(await store.messageAccept(acceptance), { outcome: 'accepted' })
  return acceptance
}

/** Accepts `count` messages of one case, each with one delivery to `destination`; answers the delivery ids in order. */
export async function acceptCase(
  store: Store,
  caseNo: string,
  count: number,
  destination = 'human-resources',
) {
  const ids: string[] = []
  for (let version = 1; version <= count; version++) {
    const { deliveries } = await accept(store, { caseNo, version, destinations: [destination] })
    ids.push(...deliveries.map(({ id }) => id))
  }
  return ids
}

export interface LeaseWanted {
  readonly destination?: string
  readonly owner?: string
  readonly limit?: number
  readonly retried?: number
  readonly nowMs?: number
  readonly leaseMs?: number
}

export function lease(store: Store, wanted: LeaseWanted = {}): Promise<readonly LeasedDelivery[]> {
  return store.deliveryLease({
    destination: 'human-resources',
    owner: 'node-a',
    limit: 100,
    retried: 0,
    nowMs: NOW_MS,
    leaseMs: LEASE_MS,
    ...wanted,
  })
}

/** The earliest time at which something may be leased to `human-resources`, or as wanted. */
export function nextDue(
  store: Store,
  wanted: { readonly destination?: string; readonly nowMs?: number } = {},
): Promise<number | undefined> {
  return store.deliveryNextDue({ destination: 'human-resources', nowMs: NOW_MS, ...wanted })
}

/** Leases exactly one delivery. */
export async function leaseOne(store: Store, wanted: LeaseWanted = {}): Promise<LeasedDelivery> {
  const leased = await lease(store, { ...wanted, limit: 1 })
  assert.equal(leased.length, 1)
  return leased[0] as LeasedDelivery
}

export function idsOf(leased: readonly LeasedDelivery[]): string[] {
  return leased.map(({ delivery }) => delivery.id)
}

/** The delivery as the store tells it now. */
export async function deliveryNow(store: Store, caseNo: string, id: string): Promise<Delivery> {
  const found = (await store.deliveryList({ caseNo, limit: 1_000 })).find((delivery) => delivery.id === id)
  assert.ok(found, `the store has no delivery ${id}`)
  return found
}

export interface ClaimWanted {
  readonly node?: string
  readonly serves?: readonly string[]
  readonly destinations?: readonly string[]
  readonly waitsForLeases?: readonly string[]
  readonly nowMs?: number
  readonly leaseMs?: number
}

/** A claim on `human-resources` for CLAIM_MS by `node-a`, or as wanted. */
export function claim(store: Store, wanted: ClaimWanted = {}) {
  const destinations = wanted.destinations ?? ['human-resources']
  return store.destinationClaim({
    node: 'node-a',
    serves: destinations,
    destinations,
    waitsForLeases: [],
    nowMs: NOW_MS,
    leaseMs: CLAIM_MS,
    ...wanted,
  })
}
