/** Making deliveries again: first said, then confirmed, then done. The message id, and so the receiver's idempotency key, stays. */
import type { System, Topology } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import type { Delivery, DeliveryState, Store } from '../contract/store.ts'
import type { Arrivals } from '../dispatch/arrivals.ts'
import type { Confirmation, Confirmations, Intent } from './confirmation.ts'
import { statesOf } from './delivery-query.ts'
import { type DuplicateRisk, duplicateRisk } from './duplicate-risk.ts'
import { maskShapes } from './masker.ts'

export interface ReplayParts {
  readonly store: Pick<Store, 'deliveryReplay'>
  readonly topology: Pick<Topology, 'systems'>
  /** Version of the format package that maps for a system now. */
  readonly currentVersion: (system: System) => string
  readonly arrivals: Pick<Arrivals, 'announce'>
  readonly clock: Pick<Clock, 'now'>
  readonly confirmations: Confirmations
}

/** What is wanted, and of which deliveries. */
export type ReplayIntent = Omit<Intent, 'deliveryIds'> & {
  readonly found: readonly Delivery[]
  /** `current`: with the format package as it is now, mended as it may be. `original`: with the version each started with. */
  readonly mapping: 'current' | 'original'
}

export interface ReplayPlan extends Confirmation {
  readonly dryRun: true
  /** Deliveries that would be made again. */
  readonly count: number
  readonly destinations: readonly {
    readonly destination: string
    readonly count: number
    readonly states: Partial<Record<DeliveryState, number>>
    /** Mapped with the current version instead of the one that they started with. */
    readonly otherVersion: number
    readonly duplicateRisk: DuplicateRisk
  }[]
  /** Found, but left alone: they are attempted anyway. */
  readonly leftAlone: Partial<Record<DeliveryState, number>>
}

export interface ReplayResult {
  /** Deliveries that are pending again. Fewer than confirmed where one was overtaken by a later one under way. */
  readonly replayed: number
  readonly confirmed: number
}

/** The store makes these again; the others are under way. */
const REPLAYABLE: readonly DeliveryState[] = ['dead', 'unknown', 'cancelled', 'delivered']

export function planReplay(parts: ReplayParts, intent: ReplayIntent): ReplayPlan {
  const { topology, confirmations } = parts
  const wanted = replayable(intent)
  const versions = versionsOf(parts, intent)
  const byDestination = [...Map.groupBy(wanted, ({ destination }) => destination)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  return {
    dryRun: true,
    count: wanted.length,
    destinations: byDestination.map(([destination, deliveries]) => ({
      destination,
      count: deliveries.length,
      states: statesOf(deliveries),
      otherVersion: deliveries.filter(
        ({ mappingVersion }) => mappingVersion !== (versions[destination] ?? mappingVersion),
      ).length,
      duplicateRisk: duplicateRisk(topology.systems.get(destination)),
    })),
    leftAlone: statesOf(intent.found.filter((delivery) => !wanted.includes(delivery))),
    ...confirmations.issue(confirmed(intent, versions)),
  }
}

/** @throws IntakeError OPERATION_UNCONFIRMED where the token is not that of a dry run which found the same */
export async function replay(
  parts: ReplayParts,
  intent: ReplayIntent,
  { confirm, reason }: { readonly confirm: string; readonly reason: string },
): Promise<ReplayResult> {
  const { store, arrivals, clock, confirmations } = parts
  const mappingVersions = versionsOf(parts, intent)
  const asConfirmed = confirmed(intent, mappingVersions)
  confirmations.check(confirm, asConfirmed)
  const { deliveryIds, operator, act } = asConfirmed
  const nowMs = clock.now()
  const replayed = await store.deliveryReplay({
    deliveryIds,
    mappingVersions,
    nowMs,
    audit: {
      atMs: nowMs,
      actor: operator,
      action: act === 'repair' ? 'reconciliation.repaired' : 'delivery.replayed',
      subject: deliveryIds.length === 1 ? (deliveryIds[0] as string) : 'deliveries',
      details: {
        reason: maskShapes.text(reason),
        confirmed: deliveryIds.length,
        deliveryIds,
        request: intent.request,
        mappingVersions,
      },
    },
  })
  arrivals.announce(new Set(intent.found.map(({ destination }) => destination)))
  return { replayed, confirmed: deliveryIds.length }
}

function replayable({ found }: ReplayIntent): readonly Delivery[] {
  return found.filter(({ state }) => REPLAYABLE.includes(state))
}

/** By destination; a package that was activated since the dry run has changed what is confirmed. */
function versionsOf(
  { topology, currentVersion }: ReplayParts,
  intent: ReplayIntent,
): Readonly<Record<string, string>> {
  if (intent.mapping === 'original') return {}
  const destinations = [...new Set(replayable(intent).map(({ destination }) => destination))].sort()
  const systems = destinations.flatMap((destination) => topology.systems.get(destination) ?? [])
  return Object.fromEntries(systems.map((system) => [system.id, currentVersion(system)]))
}

function confirmed(intent: ReplayIntent, mappingVersions: Readonly<Record<string, string>>): Intent {
  const { operator, act, request } = intent
  const deliveryIds = replayable(intent).map(({ id }) => id)
  return { operator, act, request: [request, mappingVersions], deliveryIds }
}
