import type { Delivery } from '../../contract/store.ts'
import type { Row } from './connection.ts'

/** The columns that `deliveryOf` reads, for a select from `delivery` alone or joined. */
export const deliveryColumns = `
  delivery.position, delivery.id, delivery.message_id, delivery.case_no, delivery.sequence, delivery.type,
  delivery.destination, delivery.mapping_version, delivery.state, delivery.held, delivery.attempts,
  delivery.due_at_ms, delivery.created_at_ms, delivery.settled_at_ms, delivery.fence, delivery.reference,
  delivery.reason, delivery.replaces`

export function deliveryOf(row: Row): Delivery {
  return {
    id: row.id as string,
    destination: row.destination as string,
    mappingVersion: row.mapping_version as string,
    position: row.position as number,
    messageId: row.message_id as string,
    caseNo: row.case_no as string,
    sequence: row.sequence as number,
    type: row.type as Delivery['type'],
    state: row.state as Delivery['state'],
    held: row.held === 1,
    attempts: row.attempts as number,
    dueAtMs: row.due_at_ms as number,
    createdAtMs: row.created_at_ms as number,
    settledAtMs: (row.settled_at_ms as number | null) ?? undefined,
    reference: (row.reference as string | null) ?? undefined,
    reason: row.reason === null ? undefined : JSON.parse(row.reason as string),
    ...(typeof row.replaces === 'string' ? { replaces: row.replaces } : {}),
  }
}
