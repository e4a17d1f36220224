/** Which deliveries an operator means: a filter, or ids. */
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryReason,
  type DeliveryState,
  type Store,
} from '../contract/store.ts'
import { allDeliveries, deliveryById } from './delivery-reading.ts'

export const OWNERS = [
  'integrator',
  'operator',
  'partner',
  'nobody',
] as const satisfies readonly DeliveryReason['owner'][]

export interface DeliveryQuery {
  readonly state?: readonly DeliveryState[]
  readonly destination?: string
  readonly caseNo?: string
  /** Who has to act. Only deliveries with a reason have an owner. */
  readonly owner?: DeliveryReason['owner']
  /** Code of the reason, such as `DELIVERY_CONTRACT`. */
  readonly code?: string
}

/** Rows looked at for one page: a filter by owner or code that finds little must not read a whole store. */
const MOST_READ = 20_000

/** States in which a reason stands. */
const WITH_REASON: readonly DeliveryState[] = ['waiting', 'unknown', 'dead', 'cancelled', 'delivered']

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[]
  /** Position to go on after; undefined where everything was seen. */
  readonly next: number | undefined
}

/** By position, at most `limit`. A page may be short, or empty, and still have a next one. */
export async function findDeliveries(
  store: Pick<Store, 'deliveryList'>,
  { state, owner, code, ...filter }: DeliveryQuery,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<DeliveryPage> {
  const byReason = owner !== undefined || code !== undefined
  const states = state ?? (byReason ? WITH_REASON : undefined)
  const found: Delivery[] = []
  let read = 0
  const wanted = { ...filter, ...(states === undefined ? {} : { states }), after }
  // One more than asked for tells whether there are more.
  const all = allDeliveries(store, wanted, byReason ? undefined : limit + 1)
  for await (const delivery of all) {
    read += 1
    const { reason } = delivery
    if ((owner === undefined || reason?.owner === owner) && (code === undefined || reason?.code === code)) {
      if (found.length === limit) return { deliveries: found, next: found.at(-1)?.position ?? after }
      found.push(delivery)
    }
    if (read === MOST_READ) return { deliveries: found, next: delivery.position }
  }
  return { deliveries: found, next: undefined }
}

/** Those of the ids that exist, by position. */
export async function findByIds(
  store: Pick<Store, 'deliveryList'>,
  ids: readonly string[],
): Promise<readonly Delivery[]> {
  const found: Delivery[] = []
  for (const id of new Set(ids)) {
    const delivery = await deliveryById(store, id)
    if (delivery !== undefined) found.push(delivery)
  }
  return found.sort((one, other) => one.position - other.position)
}

/** How many are in each state; states without any are left out. */
export function statesOf(deliveries: readonly Delivery[]): Partial<Record<DeliveryState, number>> {
  const counted = DELIVERY_STATES.map(
    (state) => [state, deliveries.filter((delivery) => delivery.state === state).length] as const,
  )
  return Object.fromEntries(counted.filter(([, count]) => count > 0))
}
