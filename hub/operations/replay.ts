/** Making deliveries again: first said, then confirmed, then done. The message id, and so the receiver's idempotency key, stays. */
import type { Topology } from '../config/topology.ts'
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
  readonly arrivals: Pick<Arrivals, 'announce'>
  readonly clock: Pick<Clock, 'now'>
  readonly confirmations: Confirmations
}

/** What is wanted, and of which deliveries. */
export type ReplayIntent = Omit<Intent, 'deliveryIds'> & { readonly found: readonly Delivery[] }

export interface ReplayPlan extends Confirmation {
  readonly dryRun: true
  /** Deliveries that would be made again. */
  readonly count: number
  readonly destinations: readonly {
    readonly destination: string
    readonly count: number
    readonly states: Partial<Record<DeliveryState, number>>
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

export function planReplay({ topology, confirmations }: ReplayParts, intent: ReplayIntent): ReplayPlan {
  const wanted = replayable(intent)
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
      duplicateRisk: duplicateRisk(topology.systems.get(destination)),
    })),
    leftAlone: statesOf(intent.found.filter((delivery) => !wanted.includes(delivery))),
    ...confirmations.issue(confirmed(intent)),
  }
}

/** @throws IntakeError OPERATION_UNCONFIRMED where the token is not that of a dry run which found the same */
export async function replay(
  { store, arrivals, clock, confirmations }: ReplayParts,
  intent: ReplayIntent,
  { confirm, reason }: { readonly confirm: string; readonly reason: string },
): Promise<ReplayResult> {
  const { deliveryIds, operator, act, request } = confirmed(intent)
  confirmations.check(confirm, { deliveryIds, operator, act, request })
  const nowMs = clock.now()
  const replayed = await store.deliveryReplay({
    deliveryIds,
    nowMs,
    audit: {
      atMs: nowMs,
      actor: operator,
      action: act === 'repair' ? 'reconciliation.repaired' : 'delivery.replayed',
      subject: deliveryIds.length === 1 ? (deliveryIds[0] as string) : 'deliveries',
      details: { reason: maskShapes.text(reason), confirmed: deliveryIds.length, deliveryIds, request },
    },
  })
  arrivals.announce(new Set(intent.found.map(({ destination }) => destination)))
  return { replayed, confirmed: deliveryIds.length }
}

function replayable({ found }: ReplayIntent): readonly Delivery[] {
  return found.filter(({ state }) => REPLAYABLE.includes(state))
}

function confirmed(intent: ReplayIntent): Intent {
  const { operator, act, request } = intent
  return { operator, act, request, deliveryIds: replayable(intent).map(({ id }) => id) }
}
