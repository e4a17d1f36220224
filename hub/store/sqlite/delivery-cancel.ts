import type { Store } from '../../contract/store.ts'
import { auditAppend } from './audit-append.ts'
import type { Connection } from './connection.ts'
import { deliveryFree } from './delivery-free.ts'

/** By a person; not while a living owner may be sending it. */
export function deliveryCancel(
  connection: Connection,
  request: Parameters<Store['deliveryCancel']>[0],
): boolean {
  const { deliveryId, reason, audit } = request
  const row = connection.one(
    `update delivery set state = 'cancelled', settled_at_ms = ?, reason = ?, lease_owner = null, lease_until_ms = null
     where id = ? and (state in ('pending', 'waiting', 'unknown', 'dead') or (state = 'leased' and lease_until_ms <= ?))
     returning case_no, destination`,
    audit.atMs,
    JSON.stringify(reason),
    deliveryId,
    audit.atMs,
  )
  if (row === undefined) return false
  deliveryFree(connection, row.case_no as string, row.destination as string)
  auditAppend(connection, audit)
  return true
}
