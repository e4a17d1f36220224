/** Deliveries that a system collects itself. They are never leased; collecting and acknowledging are two calls. */
import type { Message } from '../../contract/message.ts'
import type { Delivery, Store } from '../../contract/store.ts'
import type { Connection } from './connection.ts'
import { deliveryFree } from './delivery-free.ts'
import { deliveryColumns, deliveryOf } from './delivery-row.ts'

/** One stretch of the index `delivery_by_state` per state; `waiting` are those whose system was pushed to before. */
export const selectInbox = `
  select ${deliveryColumns}, message.body from delivery join message on message.id = delivery.message_id
  where destination = ? and delivery.state = ? and held = 0 and delivery.position > ?
  order by delivery.position limit ?`

export function inboxRead(
  connection: Connection,
  query: Parameters<Store['inboxRead']>[0],
): readonly { readonly delivery: Delivery; readonly message: Message }[] {
  const { system, after, limit } = query
  if (limit <= 0) return []
  return ['pending', 'waiting']
    .flatMap((state) => connection.all(selectInbox, system, state, after, limit))
    .map((row) => ({ delivery: deliveryOf(row), body: row.body as string }))
    .sort((a, b) => a.delivery.position - b.delivery.position)
    .slice(0, limit)
    .map(({ delivery, body }) => ({ delivery, message: JSON.parse(body) }))
}

/** A held delivery was never shown, so it cannot have been collected; nor can one that this call frees. */
export function inboxAck(connection: Connection, request: Parameters<Store['inboxAck']>[0]): number {
  const collected = request.deliveryIds.flatMap((id) =>
    connection.all(
      `update delivery set state = 'delivered', settled_at_ms = ?, reason = null, lease_owner = null, lease_until_ms = null
       where id = ? and destination = ? and held = 0 and state not in ('delivered', 'cancelled')
       returning case_no`,
      request.nowMs,
      id,
      request.system,
    ),
  )
  for (const { case_no } of collected) deliveryFree(connection, case_no as string, request.system)
  return collected.length
}

/** Dead: later messages of its case stay held until a person has acted. */
export function inboxPark(connection: Connection, request: Parameters<Store['inboxPark']>[0]): void {
  connection.run(
    `update delivery set state = 'dead', reason = ?, settled_at_ms = ?
     where id = ? and held = 0 and state in ('pending', 'waiting')`,
    JSON.stringify(request.reason),
    request.nowMs,
    request.deliveryId,
  )
}
