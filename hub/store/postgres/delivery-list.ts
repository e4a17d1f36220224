/** Looking through deliveries and counting them, without reading those that are not asked for. */
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryFilter,
  type DeliveryState,
} from '../../contract/store.ts'
import type { Database } from './database.ts'
import { deliveryColumns, deliveryOf } from './delivery-row.ts'

const selectOfCase = `
  select ${deliveryColumns} from delivery where case_no = $1 and position > $2 order by position`

const selectAll = `
  select ${deliveryColumns} from delivery where position > $1 order by position limit $2`

/**
 * One stretch of the index `delivery_by_state` per state, destination that has it, and flag, merged: never a scan. Told
 * by comparing rows, as in inbox.ts.
 */
export const selectStretches = `
  select ${deliveryColumns}
  from unnest($1::text[]) as wanted (state)
  cross join lateral (
    select distinct destination from delivery_count
    where delivery_count.state = wanted.state and ($2::text is null or delivery_count.destination = $2)
  ) as occupied
  cross join (values (false), (true)) as flag (held)
  cross join lateral (
    select * from delivery as one
    where (one.destination, one.state, one.held, one.position)
        > (occupied.destination, wanted.state, flag.held, $3)
      and (one.destination, one.state, one.held) <= (occupied.destination, wanted.state, flag.held)
    order by one.destination, one.state, one.held, one.position limit $4
  ) as delivery
  order by delivery.position limit $4`

/** By position. */
export async function deliveryList(
  database: Database,
  { caseNo, destination, states, limit, after = 0 }: DeliveryFilter,
): Promise<readonly Delivery[]> {
  if (limit <= 0) return []
  if (caseNo !== undefined) {
    // A case has few deliveries; those of one are read whole.
    const [rows = []] = await database.read({ sql: selectOfCase, values: [caseNo, after] })
    return rows
      .map(deliveryOf)
      .filter((delivery) => destination === undefined || delivery.destination === destination)
      .filter((delivery) => states === undefined || states.includes(delivery.state))
      .slice(0, limit)
  }
  const values = [[...new Set(states ?? DELIVERY_STATES)], destination ?? null, after, limit]
  const [rows = []] = await database.read(
    destination === undefined && states === undefined
      ? { sql: selectAll, values: [after, limit] }
      : { sql: selectStretches, values },
  )
  return rows.map(deliveryOf)
}

const selectCounts = `
  select state, sum(deliveries)::bigint as deliveries from delivery_count
  where $1::text is null or destination = $1 group by state`

/** From counters that triggers keep; costs the same for ten deliveries and ten million. */
export async function deliveryCount(
  database: Database,
  query: { readonly destination?: string },
): Promise<Readonly<Record<DeliveryState, number>>> {
  const counts = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
    DeliveryState,
    number
  >
  const [rows = []] = await database.read({ sql: selectCounts, values: [query.destination ?? null] })
  for (const row of rows) counts[row.state as DeliveryState] = row.deliveries as number
  return counts
}
