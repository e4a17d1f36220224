/** The state of every destination at a glance: what waits, since when, what needs a person. */
import type { Names, Topology } from '../config/topology.ts'
import { beijingTime, type Clock } from '../contract/clock.ts'
import { DELIVERY_STATES, type DeliveryState, type Store } from '../contract/store.ts'
import type { BreakerState } from '../dispatch/breaker.ts'
import { OWNERS } from './delivery-query.ts'

export interface SummaryParts {
  readonly store: Pick<Store, 'deliveryCount' | 'deliveryList'>
  readonly topology: Pick<Topology, 'systems'>
  readonly clock: Pick<Clock, 'now'>
  /** State of the breaker of a destination that this node delivers to; undefined where it has none. */
  readonly breakerOf: (destination: string) => BreakerState | undefined
}

export interface DestinationSummary {
  readonly destination: string
  readonly name: Names
  /** It collects from its inbox instead of being delivered to. */
  readonly collects: boolean
  readonly counts: Readonly<Record<DeliveryState, number>>
  /** When the oldest delivery that is not over was made, Beijing time. */
  readonly oldestWaitingSince?: string
  readonly oldestWaitingSeconds?: number
  readonly breaker?: BreakerState
}

const OPEN: readonly DeliveryState[] = ['pending', 'leased', 'waiting']
const FOR_A_PERSON: readonly DeliveryState[] = ['dead', 'unknown']
/** Deliveries that need a person are counted by whom they belong to up to here. */
const MOST_COUNTED = 5_000

export async function summaryOf({ store, topology, clock, breakerOf }: SummaryParts) {
  const nowMs = clock.now()
  const destinations: DestinationSummary[] = []
  for (const { id, name, outbound } of topology.systems.values()) {
    const counts = await store.deliveryCount({ destination: id })
    const breaker = breakerOf(id)
    destinations.push({
      destination: id,
      name,
      collects: outbound === undefined,
      counts,
      ...(OPEN.every((state) => counts[state] === 0) ? {} : await oldest(store, id, nowMs)),
      ...(breaker === undefined ? {} : { breaker }),
    })
  }
  const totals = Object.fromEntries(
    DELIVERY_STATES.map((state) => [state, destinations.reduce((sum, { counts }) => sum + counts[state], 0)]),
  )
  return { at: beijingTime(nowMs), totals, needsAPerson: await needsAPerson(store), destinations }
}

async function oldest(store: SummaryParts['store'], destination: string, nowMs: number) {
  const [first] = await store.deliveryList({ destination, states: OPEN, limit: 1 })
  return first === undefined
    ? {}
    : {
        oldestWaitingSince: beijingTime(first.createdAtMs),
        oldestWaitingSeconds: Math.max(0, Math.round((nowMs - first.createdAtMs) / 1000)),
      }
}

async function needsAPerson(store: SummaryParts['store']) {
  const deliveries = await store.deliveryList({ states: FOR_A_PERSON, limit: MOST_COUNTED })
  const byCode = Map.groupBy(deliveries, ({ reason }) => reason?.code ?? 'none')
  return {
    counted: deliveries.length,
    more: deliveries.length === MOST_COUNTED,
    byOwner: Object.fromEntries(
      OWNERS.map((owner) => [owner, deliveries.filter(({ reason }) => reason?.owner === owner).length]),
    ),
    byCode: Object.fromEntries([...byCode].map(([code, list]) => [code, list.length])),
  }
}
