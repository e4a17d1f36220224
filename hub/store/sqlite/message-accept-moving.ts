import type { DeliveryMove, Store } from '../../contract/store.ts'
import type { Connection } from './connection.ts'
import { deliveryHold } from './delivery-hold.ts'
import { answerGet, messageAccept } from './message-accept.ts'

/** A message, and deliveries of its case that are moved with it. All questions are asked before the first write. */
export function messageAcceptMoving(
  connection: Connection,
  { acceptance, moves }: Parameters<Store['messageAcceptMoving']>[0],
): Awaited<ReturnType<Store['messageAcceptMoving']>> {
  const { atMs } = acceptance.audit
  const { caseNo } = acceptance.case
  // Once written, what was moved is cancelled: the key tells a repetition from deliveries that are over.
  const isNew = answerGet(connection, acceptance.idempotency) === undefined
  if (isNew && !moves.every((move) => isMovable(connection, move, caseNo, atMs)))
    return { outcome: 'under-way' }
  const result = messageAccept(connection, acceptance)
  if (result.outcome !== 'accepted') return result

  const left = moves.map((move) => cancel(connection, move, atMs))
  for (const destination of new Set(left)) deliveryHold(connection, caseNo, destination)
  const recordedAtMs = Date.parse(acceptance.message.recordedat)
  for (const move of moves) replace(connection, move, recordedAtMs)
  return result
}

function isMovable(
  connection: Connection,
  { deliveryId }: DeliveryMove,
  caseNo: string,
  atMs: number,
): boolean {
  const found = connection.one(
    `select 1 from delivery where id = ? and case_no = ?
       and (state in ('pending', 'waiting', 'unknown', 'dead') or (state = 'leased' and lease_until_ms <= ?))`,
    deliveryId,
    caseNo,
    atMs,
  )
  return found !== undefined
}

/** Answers its destination. */
function cancel(connection: Connection, { deliveryId, reason }: DeliveryMove, atMs: number): string {
  const row = connection.one(
    `update delivery set state = 'cancelled', settled_at_ms = ?, reason = ?, lease_owner = null, lease_until_ms = null
     where id = ? returning destination`,
    atMs,
    JSON.stringify(reason),
    deliveryId,
  )
  return row?.destination as string
}

/** Held where an earlier delivery of the case to the new destination is open. */
function replace(
  connection: Connection,
  { deliveryId, replacement }: DeliveryMove,
  recordedAtMs: number,
): void {
  if (replacement === undefined) return
  const { id, destination, mappingVersion } = replacement
  connection.run(
    `insert into delivery (
       id, message_id, case_no, sequence, type, destination, mapping_version, state, held, due_at_ms, created_at_ms,
       replaces
     )
     select ?, message_id, case_no, sequence, type, ?, ?, 'pending', exists (
       select 1 from delivery as earlier
       where earlier.case_no = moved.case_no and earlier.destination = ?
         and earlier.state not in ('delivered', 'cancelled')
     ), ?, ?, moved.id
     from delivery as moved where moved.id = ?`,
    id,
    destination,
    mappingVersion,
    destination,
    recordedAtMs,
    recordedAtMs,
    deliveryId,
  )
}
