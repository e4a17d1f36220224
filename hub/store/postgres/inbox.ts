/** Deliveries that a system collects itself. They are never leased; collecting and acknowledging are two calls. */
import type { Message } from '../../contract/message.ts'
import type { Delivery, Store } from '../../contract/store.ts'
import { arrivalNotice } from './arrivals.ts'
import type { Database } from './database.ts'
import { caseLockOf, deliveryFree } from './delivery-order.ts'
import { bodyColumn, deliveryColumns, deliveryOf } from './delivery-row.ts'

/**
 * One stretch of the index `delivery_by_state` per state; `waiting` are those whose system was pushed to before. The
 * stretch is told by comparing rows: told column by column, the planner may walk all deliveries by position instead.
 */
export const selectInbox = `
  select ${deliveryColumns}, ${bodyColumn}
  from (values ('pending'), ('waiting')) as wanted (state)
  cross join lateral (
    select * from delivery as one
    where (one.destination, one.state, one.held, one.position) > ($1, wanted.state, false, $2)
      and (one.destination, one.state, one.held) <= ($1, wanted.state, false)
    order by one.destination, one.state, one.held, one.position limit $3
  ) as delivery
  order by delivery.position limit $3`

export async function inboxRead(
  database: Database,
  { system, after, limit }: Parameters<Store['inboxRead']>[0],
): Promise<readonly { readonly delivery: Delivery; readonly message: Message }[]> {
  if (limit <= 0) return []
  const [rows = []] = await database.read({ sql: selectInbox, values: [system, after, limit] })
  return rows.map((row) => ({ delivery: deliveryOf(row), message: JSON.parse(row.body as string) }))
}

/** A held delivery was never shown, so it cannot have been collected. */
const collect = `
  update delivery set
    state = 'delivered', settled_at_ms = $3, reason = null, lease_owner = null, lease_until_ms = null
  where id = any($1) and destination = $2 and not held and state not in ('delivered', 'cancelled')
  returning position`

export async function inboxAck(
  database: Database,
  channel: string,
  { system, deliveryIds, nowMs }: Parameters<Store['inboxAck']>[0],
): Promise<number> {
  if (deliveryIds.length === 0) return 0
  const [, collected = []] = await database.write(
    caseLockOf(deliveryIds),
    { sql: collect, values: [deliveryIds, system, nowMs] },
    deliveryFree(deliveryIds),
    arrivalNotice(channel, [system]),
  )
  return collected.length
}

const park = `
  update delivery set state = 'dead', reason = $2, settled_at_ms = $3
  where id = $1 and not held and state in ('pending', 'waiting')`

/** Dead: later messages of its case stay held until a person has acted. */
export async function inboxPark(
  database: Database,
  { deliveryId, reason, nowMs }: Parameters<Store['inboxPark']>[0],
): Promise<void> {
  await database.write({ sql: park, values: [deliveryId, JSON.stringify(reason), nowMs] })
}
