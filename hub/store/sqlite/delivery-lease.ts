/** Taking deliveries, giving them back, and when there will be something to take. */
import type { LeasedDelivery, Store } from '../../contract/store.ts'
import type { Connection, Row } from './connection.ts'
import { deliveryColumns, deliveryOf } from './delivery-row.ts'

const leasable = `
  ${deliveryColumns}, delivery.lease_owner, delivery.maybe_sent, message.body
  from delivery join message on message.id = delivery.message_id`

/** Oldest first, read in the order of the index `delivery_fresh`: the cost is that of what is taken. */
export const selectFresh = `
  select ${leasable}
  where destination = ? and held = 0 and state = 'pending'
  order by due_at_ms, delivery.position limit ?`

/** The same by `delivery_retried`. */
export const selectRetried = `
  select ${leasable}
  where destination = ? and held = 0 and state = 'waiting' and due_at_ms <= ?
  order by due_at_ms, delivery.position limit ?`

/** Leases that ran out: as many as were under way at most, so sorting them is cheap. */
export const selectExpired = `
  select ${leasable}
  where destination = ? and state = 'leased' and lease_until_ms <= ?
  order by due_at_ms, delivery.position limit ?`

export const selectAnyFresh = `
  select 0 as at_ms from delivery
  where destination = ? and held = 0 and state = 'pending'
  order by due_at_ms limit 1`

export const selectNextRetried = `
  select due_at_ms as at_ms from delivery
  where destination = ? and held = 0 and state = 'waiting'
  order by due_at_ms limit 1`

export const selectNextExpiry = `
  select lease_until_ms as at_ms from delivery
  where destination = ? and state = 'leased'
  order by lease_until_ms limit 1`

export function deliveryLease(
  connection: Connection,
  request: Parameters<Store['deliveryLease']>[0],
): readonly LeasedDelivery[] {
  const { destination, owner, nowMs, leaseMs, limit, retried } = request
  // SQLite would read a negative limit as "no limit".
  if (limit <= 0) return []
  const fresh = connection.all(selectFresh, destination, limit)
  const again = [
    ...connection.all(selectRetried, destination, nowMs, limit),
    ...connection.all(selectExpired, destination, nowMs, limit),
  ].sort(oldestDueFirst)
  const places = Math.min(again.length, Math.max(retried, limit - fresh.length))
  const rows = [...fresh.slice(0, limit - places), ...again.slice(0, places)].sort(oldestDueFirst)
  return rows.map((row) => lease(connection, row, owner, Math.ceil(nowMs + leaseMs)))
}

function lease(connection: Connection, row: Row, owner: string, untilMs: number): LeasedDelivery {
  const fence = (row.fence as number) + 1
  const maybeSent = row.maybe_sent === 1 || (row.state === 'leased' && row.lease_owner !== owner)
  connection.run(
    `update delivery set state = 'leased', lease_owner = ?, lease_until_ms = ?, fence = ?, maybe_sent = ?
     where position = ?`,
    owner,
    untilMs,
    fence,
    maybeSent ? 1 : 0,
    row.position as number,
  )
  return {
    delivery: { ...deliveryOf(row), state: 'leased' },
    message: JSON.parse(row.body as string),
    fence,
    maybeSent,
  }
}

/** Whoever was attempted before goes back to `waiting`, the others to `pending`; the due time was not touched by the lease. */
export function deliveryRelease(
  connection: Connection,
  leases: Parameters<Store['deliveryRelease']>[0],
): void {
  for (const { deliveryId, fence } of leases) {
    connection.run(
      `update delivery
       set state = iif(exists (select 1 from attempt where delivery_position = delivery.position), 'waiting', 'pending'),
         lease_owner = null, lease_until_ms = null
       where id = ? and state = 'leased' and fence = ?`,
      deliveryId,
      fence,
    )
  }
}

export function deliveryNextDue(
  connection: Connection,
  { destination }: Parameters<Store['deliveryNextDue']>[0],
): number | undefined {
  const times = [selectAnyFresh, selectNextRetried, selectNextExpiry]
    .map((sql) => connection.one(sql, destination)?.at_ms as number | undefined)
    .filter((atMs) => atMs !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

function oldestDueFirst(a: Row, b: Row): number {
  return (a.due_at_ms as number) - (b.due_at_ms as number) || (a.position as number) - (b.position as number)
}
