/** What a person decides about deliveries that are over: once more, or known to have arrived. */
import type { Store } from '../../contract/store.ts'
import { arrivalNoticeOf } from './arrivals.ts'
import { auditInsert, auditRows, auditWhere } from './audit-append.ts'
import type { Database } from './database.ts'
import { caseLockOf, deliveryFree, deliveryHold, pairLockOf } from './delivery-order.ts'

const markOne = `
  with marked as (
    update delivery set
      state = 'delivered', settled_at_ms = $2, reason = $3, reference = coalesce($4, reference)
    where id = $1 and state in ('unknown', 'dead')
    returning position
  ), noted as (${auditWhere('marked', 5)})
  select from marked`

/** A person found out that the receiver has it. */
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
    maybe_sent = false,    mapping_version = coalesce($3::jsonb ->> destination, mapping_version)
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
