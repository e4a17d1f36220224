/** What a person decides about a delivery: given up, made again, or known to have arrived. Each one trip, with its audit record. */
import type { Store } from '../../contract/store.ts'
import { arrivalNoticeOf } from './arrivals.ts'
import { auditInsert, auditRows, auditWhere } from './audit-append.ts'
import type { Database } from './database.ts'
import { caseLockOf, deliveryFree, deliveryHold, pairLockOf } from './delivery-order.ts'

const cancelOne = `
  with cancelled as (
    update delivery set
      state = 'cancelled', settled_at_ms = $2, reason = $3, lease_owner = null, lease_until_ms = null
    where id = $1
      and (state in ('pending', 'waiting', 'unknown', 'dead') or (state = 'leased' and lease_until_ms <= $2))
    returning position
  ), noted as (${auditWhere('cancelled', 4)})
  select from cancelled`

/** Not while a living owner may be sending it. */
export async function deliveryCancel(
  database: Database,
  channel: string,
  { deliveryId, reason, audit }: Parameters<Store['deliveryCancel']>[0],
): Promise<boolean> {
  const [, cancelled = []] = await database.write(
    caseLockOf([deliveryId]),
    { sql: cancelOne, values: [deliveryId, audit.atMs, JSON.stringify(reason), auditRows([audit])] },
    deliveryFree([deliveryId]),
    arrivalNoticeOf(channel, [deliveryId]),
  )
  return cancelled.length > 0
}

const markOne = `
  with marked as (
    update delivery set
      state = 'delivered', settled_at_ms = $2, reason = $3, reference = coalesce($4, reference)
    where id = $1 and state in ('unknown', 'dead')
    returning position
  ), noted as (${auditWhere('marked', 5)})
  select from marked`

export async function deliveryMarkDelivered(
  database: Database,
  channel: string,
  { deliveryId, reference, reason, audit }: Parameters<Store['deliveryMarkDelivered']>[0],
): Promise<boolean> {
  const values = [deliveryId, audit.atMs, JSON.stringify(reason), reference ?? null, auditRows([audit])]
  const [, marked = []] = await database.write(
    caseLockOf([deliveryId]),
    { sql: markOne, values },
    deliveryFree([deliveryId]),
    arrivalNoticeOf(channel, [deliveryId]),
  )
  return marked.length > 0
}

const replayThese = `
  update delivery set state = 'pending', due_at_ms = $2, attempts = 0, settled_at_ms = null, reason = null,
    mapping_version = coalesce($3::jsonb ->> destination, mapping_version)
  where id = any($1) and state in ('dead', 'unknown', 'cancelled', 'delivered')
    and (
      select true from delivery as later
      where later.case_no = delivery.case_no and later.destination = delivery.destination
        and later.position > delivery.position and later.state = 'leased'
      limit 1
    ) is null
  returning position`

/** Locks the deliveries of the cases too: a later one that is leased at this moment has overtaken them. */
export async function deliveryReplay(
  database: Database,
  channel: string,
  { deliveryIds, mappingVersions = {}, nowMs, audit }: Parameters<Store['deliveryReplay']>[0],
): Promise<number> {
  if (deliveryIds.length === 0) return 0
  return database.transaction(async (transaction) => {
    const [, , replayed = []] = await transaction.send(caseLockOf(deliveryIds), pairLockOf(deliveryIds), {
      sql: replayThese,
      values: [deliveryIds, Math.ceil(nowMs), JSON.stringify(mappingVersions)],
    })
    if (replayed.length === 0) return 0
    await transaction.commit(
      deliveryHold(deliveryIds),
      auditInsert([audit]),
      arrivalNoticeOf(channel, deliveryIds),
    )
    return replayed.length
  })
}
