/** Looking through deliveries and counting them, without reading those that are not asked for. */
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryFilter,
  type DeliveryState,
} from '../../contract/store.ts'
import type { Connection, Value } from './connection.ts'
import { deliveryColumns, deliveryOf } from './delivery-row.ts'

/** One stretch of the index `delivery_by_state`, already in the order of position. */
export const selectStretch = `
  select ${deliveryColumns} from delivery
  where destination = ? and state = ? and held = ? and position > ? order by position limit ?`

const selectOfCase = `
  select ${deliveryColumns} from delivery where case_no = ? and position > ? order by position`

const selectAll = `
  select ${deliveryColumns} from delivery where position > ? order by position limit ?`

const selectOccupied = `
  select destination from delivery_count where state = ? and deliveries > 0 and destination = coalesce(?, destination)`

/** By position. */
export function deliveryList(connection: Connection, filter: DeliveryFilter): readonly Delivery[] {
  const { caseNo, destination, states, limit, after = 0 } = filter
  if (limit <= 0) return []
  if (caseNo !== undefined) {
    // A case has few deliveries; those of one are read whole.
    return connection
      .all(selectOfCase, caseNo, after)
      .map(deliveryOf)
      .filter((delivery) => destination === undefined || delivery.destination === destination)
      .filter((delivery) => states === undefined || states.includes(delivery.state))
      .slice(0, limit)
  }
  if (destination === undefined && states === undefined)
    return connection.all(selectAll, after, limit).map(deliveryOf)
  // One index stretch per destination, state and flag, each at most `limit` long, merged: never a scan.
  return [...new Set(states ?? DELIVERY_STATES)]
    .flatMap((state) => {
      const occupied = connection.all(selectOccupied, state, destination ?? null)
      return occupied.flatMap((row) => {
        const stretch = (held: 0 | 1) =>
          connection.all(selectStretch, row.destination as Value, state, held, after, limit).map(deliveryOf)
        return [...stretch(0), ...stretch(1)]
      })
    })
    .sort((a, b) => a.position - b.position)
    .slice(0, limit)
}

/** From counters that triggers keep; costs the same for ten deliveries and ten million. */
export function deliveryCount(
  connection: Connection,
  query: { readonly destination?: string },
): Readonly<Record<DeliveryState, number>> {
  const counts = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
    DeliveryState,
    number
  >
  const rows =
    query.destination === undefined
      ? connection.all('select state, sum(deliveries) as deliveries from delivery_count group by state')
      : connection.all(
          'select state, deliveries from delivery_count where destination = ?',
          query.destination,
        )
  for (const row of rows) counts[row.state as DeliveryState] = row.deliveries as number
  return counts
}
