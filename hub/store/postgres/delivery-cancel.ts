import type { Store } from '../../contract/store.ts'
import { arrivalNoticeOf } from './arrivals.ts'
import { auditRows, auditWhere } from './audit-append.ts'
import type { Database } from './database.ts'
import { caseLockOf, deliveryFree } from './delivery-order.ts'

const cancelOne = `
  with cancelled as (
    update delivery set
      state = 'cancelled', settled_at_ms = $2, reason = $3, lease_owner = null, lease_until_ms = null
    where id = $1
      and (state in ('pending', 'waiting', 'unknown', 'dead') or (state = 'leased' and lease_until_ms <= hub_now_ms()))
    returning position
  ), noted as (${auditWhere('cancelled', 4)})
  select from cancelled`

/** By a person; not while a living owner may be sending it. */
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
