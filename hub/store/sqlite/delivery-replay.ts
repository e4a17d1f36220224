/** What a person decides about deliveries that are over: once more, or known to have arrived. */
import type { Store } from '../../contract/store.ts'
import { auditAppend } from './audit-append.ts'
import type { Connection } from './connection.ts'
import { deliveryFree } from './delivery-free.ts'
import { deliveryHold } from './delivery-hold.ts'

/** Attempts and reference stay; a later delivery under way has overtaken this one, which then stays as it is. */
export function deliveryReplay(
  connection: Connection,
  { deliveryIds, mappingVersions = {}, nowMs, audit }: Parameters<Store['deliveryReplay']>[0],
): number {
  let replayed = 0
  const versions = JSON.stringify(mappingVersions)
  for (const id of deliveryIds) {
    const row = connection.one(
      `update delivery set state = 'pending', due_at_ms = ?, attempts = 0, settled_at_ms = null, reason = null, maybe_sent = 0,
         mapping_version = coalesce((select value from json_each(?) where key = delivery.destination), mapping_version)
       where id = ? and state in ('dead', 'unknown', 'cancelled', 'delivered') and not exists (
         select 1 from delivery as later
         where later.case_no = delivery.case_no and later.destination = delivery.destination
           and later.position > delivery.position and later.state = 'leased')
       returning case_no, destination`,
      Math.ceil(nowMs),
      versions,
      id,
    )
    if (row === undefined) continue
    deliveryHold(connection, row.case_no as string, row.destination as string)
    replayed += 1
  }
  if (replayed > 0) auditAppend(connection, audit)
  return replayed
}

/** A person found out that the receiver has it. */
export function deliveryMarkDelivered(
  connection: Connection,
  { deliveryId, reference, reason, audit }: Parameters<Store['deliveryMarkDelivered']>[0],
): boolean {
  const row = connection.one(
    `update delivery set state = 'delivered', settled_at_ms = ?, reason = ?, reference = coalesce(?, reference)
     where id = ? and state in ('unknown', 'dead') returning case_no, destination`,
    audit.atMs,
    JSON.stringify(reason),
    reference ?? null,
    deliveryId,
  )
  if (row === undefined) return false
  deliveryFree(connection, row.case_no as string, row.destination as string)
  auditAppend(connection, audit)
  return true
}
