/** Taking deliveries, giving them back, and when there will be something to take. */
import type { LeasedDelivery, Store } from '../../contract/store.ts'
import type { Database } from './database.ts'
import { bodyColumn, deliveryColumns, deliveryOf } from './delivery-row.ts'
import { rowsOf } from './rows-of.ts'

/**
 * Oldest due first, read in the order of the index `delivery_ready`, so the cost is that of what is taken; and leases
 * that ran out, as many as were under way at most, so sorting them is cheap. What another node is taking at this moment
 * is passed over: nobody waits, and nobody takes the same.
 */
export const takeLeases = `
  with ready as materialized (
    select position, due_at_ms from delivery
    where destination = $1 and not held and state in ('pending', 'waiting') and due_at_ms <= $2
    order by due_at_ms, position limit $3 for no key update skip locked
  ), expired as materialized (
    select position, due_at_ms from delivery
    where destination = $1 and state = 'leased' and lease_until_ms <= $2
    order by due_at_ms, position limit $3 for no key update skip locked
  )
  update delivery set state = 'leased', lease_owner = $4, lease_until_ms = $5, fence = fence + 1
  where position = any(array(
    select position from (select * from ready union all select * from expired) as leasable
    order by due_at_ms, position limit $3
  ))
  returning ${deliveryColumns}, ${bodyColumn}`

export async function deliveryLease(
  database: Database,
  { destination, owner, nowMs, leaseMs, limit }: Parameters<Store['deliveryLease']>[0],
): Promise<readonly LeasedDelivery[]> {
  if (limit <= 0) return []
  const [rows = []] = await database.write({
    sql: takeLeases,
    values: [destination, Math.floor(nowMs), limit, owner, Math.ceil(nowMs + leaseMs)],
  })
  return rows
    .map((row) => ({
      delivery: deliveryOf(row),
      message: JSON.parse(row.body as string),
      fence: row.fence as number,
    }))
    .sort((a, b) => a.delivery.dueAtMs - b.delivery.dueAtMs || a.delivery.position - b.delivery.position)
}

const giveBack = `
  update delivery set
    state = case when (select true from attempt where delivery_position = delivery.position limit 1)
      then 'waiting' else 'pending' end,
    lease_owner = null, lease_until_ms = null
  from json_to_recordset($2) as given (id text, fence integer)
  where delivery.id = any($1) and delivery.id = given.id and delivery.fence = given.fence
    and delivery.lease_until_ms is not null`

/** Whoever was attempted before goes back to `waiting`, the others to `pending`; the due time was not touched by the lease. */
export async function deliveryRelease(
  database: Database,
  leases: Parameters<Store['deliveryRelease']>[0],
): Promise<void> {
  if (leases.length === 0) return
  const given = leases.map(({ deliveryId, fence }) => ({ id: deliveryId, fence }))
  await database.write({ sql: giveBack, values: [given.map(({ id }) => id), rowsOf(given)] })
}

export const selectNext = `
  select least(
    (select due_at_ms from delivery
     where destination = $1 and not held and state in ('pending', 'waiting') order by due_at_ms limit 1),
    (select lease_until_ms from delivery
     where destination = $1 and state = 'leased' order by lease_until_ms limit 1)
  ) as at_ms`

export async function deliveryNextDue(
  database: Database,
  query: { readonly destination: string },
): Promise<number | undefined> {
  const [[row] = []] = await database.read({ sql: selectNext, values: [query.destination] })
  return (row?.at_ms as number | null) ?? undefined
}
