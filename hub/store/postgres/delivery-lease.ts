/** Taking deliveries, giving them back, and when there will be something to take. */
import type { LeasedDelivery, Store } from '../../contract/store.ts'
import type { Database } from './database.ts'
import { bodyColumn, deliveryColumns, deliveryOf } from './delivery-row.ts'
import { rowsOf } from './rows-of.ts'

/**
 * Fresh and retried ones, the oldest of each, read in the order of the indexes `delivery_fresh` and `delivery_retried`, so the
 * cost is that of what is taken; and leases that ran out, as many as were under way at most, so sorting them is cheap. The
 * claim is locked: whoever takes the destination over waits for this, and then sees what was leased. What is locked for
 * another reason is passed over.
 */
export const takeLeases = `
  with claim as materialized (
    select node from destination_claim where destination = $1 for share
  ), allowed as materialized (
    select coalesce(bool_and(coalesce(node, $4) = $4), true) as yes from claim
  ), fresh as materialized (
    select position, due_at_ms from delivery
    where destination = $1 and not held and state = 'pending' and (select yes from allowed)
    order by due_at_ms, position limit $3 for no key update skip locked
  ), retried as materialized (
    select position, due_at_ms from delivery
    where destination = $1 and not held and state = 'waiting' and due_at_ms <= $2 and (select yes from allowed)
    order by due_at_ms, position limit $3 for no key update skip locked
  ), expired as materialized (
    select position, due_at_ms from delivery
    where destination = $1 and state = 'leased' and lease_until_ms <= hub_now_ms() and (select yes from allowed)
    order by due_at_ms, position limit $3 for no key update skip locked
  ), again as materialized (
    select * from retried union all select * from expired
    order by due_at_ms, position limit greatest($6, $3 - (select count(*) from fresh))
  )
  update delivery set
    state = 'leased', lease_owner = $4, lease_until_ms = hub_now_ms() + $5, fence = fence + 1,
    maybe_sent = maybe_sent or (state = 'leased' and lease_owner is distinct from $4)
  where position = any(array(
    select position from again union all (
      select position from fresh order by due_at_ms, position limit $3 - (select count(*) from again)
    )
  ))
  returning ${deliveryColumns}, delivery.maybe_sent, ${bodyColumn}`

export async function deliveryLease(
  database: Database,
  { destination, owner, limit, retried, nowMs, leaseMs }: Parameters<Store['deliveryLease']>[0],
): Promise<readonly LeasedDelivery[]> {
  if (limit <= 0) return []
  const [rows = []] = await database.write({
    sql: takeLeases,
    values: [destination, Math.floor(nowMs), limit, owner, Math.ceil(leaseMs), retried],
  })
  return rows
    .map((row) => ({
      delivery: deliveryOf(row),
      message: JSON.parse(row.body as string),
      fence: row.fence as number,
      maybeSent: row.maybe_sent as boolean,
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
    (select 0::bigint from delivery
     where destination = $1 and not held and state = 'pending' order by due_at_ms limit 1),
    (select due_at_ms from delivery
     where destination = $1 and not held and state = 'waiting' order by due_at_ms limit 1),
    (select lease_until_ms - hub_now_ms() + $2 from delivery
     where destination = $1 and state = 'leased' order by lease_until_ms limit 1)
  ) as at_ms`

export async function deliveryNextDue(
  database: Database,
  { destination, nowMs }: Parameters<Store['deliveryNextDue']>[0],
): Promise<number | undefined> {
  const [[row] = []] = await database.read({ sql: selectNext, values: [destination, Math.floor(nowMs)] })
  return (row?.at_ms as number | null) ?? undefined
}
