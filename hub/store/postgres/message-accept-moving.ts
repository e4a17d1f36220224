/** A message of the hub's own, and deliveries of its case that are moved with it: two trips of one transaction. */
import type { DeliveryMove, Store } from '../../contract/store.ts'
import { arrivalNotice } from './arrivals.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { caseLock, deliveryHold, pairLockOf } from './delivery-order.ts'
import { messageWrite } from './message-write.ts'
import { rowsOf } from './rows-of.ts'

type Request = Parameters<Store['messageAcceptMoving']>[0]
type Answer = Awaited<ReturnType<Store['messageAcceptMoving']>>

export const selectMovable = `
  select id from delivery where id = any($1) and case_no = $2
    and (state in ('pending', 'waiting', 'unknown', 'dead') or (state = 'leased' and lease_until_ms <= hub_now_ms()))`

export const cancelThese = `
  update delivery set
    state = 'cancelled', settled_at_ms = $3, reason = given.reason, lease_owner = null, lease_until_ms = null
  from json_to_recordset($2) as given (id text, reason text)
  where delivery.id = any($1) and delivery.id = given.id`

export const insertReplacements = `
  insert into delivery (
    id, message_id, case_no, sequence, type, destination, mapping_version, state, held, due_at_ms, created_at_ms,
    replaces)
  select given.id, moved.message_id, moved.case_no, moved.sequence, moved.type, given.destination,
    given.mapping_version, 'pending',
    row_number() over (partition by given.destination order by given.n) > 1
    or (
      select true from delivery as earlier
      where earlier.case_no = moved.case_no and earlier.destination = given.destination
        and earlier.state not in ('delivered', 'cancelled')
      order by earlier.position limit 1
    ) is not null,
    $3, $3, moved.id
  from json_to_recordset($2) as given (n integer, id text, replaces text, destination text, mapping_version text)
  join delivery as moved on moved.id = given.replaces
  where moved.id = any($1)
  order by given.n`

/** @throws TypeError where the message brings external ids, which a message of the hub's own never does */
export function messageAcceptMoving(
  database: Database,
  channel: string,
  { acceptance, moves }: Request,
): Promise<Answer> {
  const { idempotency, case: row, externalIds } = acceptance
  if (externalIds.length > 0) throw new TypeError('A message that moves deliveries brings no external ids.')
  const ids = moves.map(({ deliveryId }) => deliveryId)
  return database.transaction(async (transaction): Promise<Answer> => {
    const [[before] = [], , [repeated] = [], movable = []] = await transaction.send(
      caseLock([row.caseNo]),
      pairLockOf(ids),
      {
        sql: 'select body_digest, answer from idempotency where system = $1 and key = $2',
        values: [idempotency.system, idempotency.key],
      },
      { sql: selectMovable, values: [ids, row.caseNo] },
    )
    if (repeated !== undefined)
      return {
        outcome: 'repeated',
        bodyDigest: repeated.body_digest as string,
        answer: JSON.parse(repeated.answer as string),
      }
    if (row.version !== ((before?.version as number | undefined) ?? 0) + 1)
      return { outcome: 'conflict', on: 'version' }
    if (movable.length < new Set(ids).size) return { outcome: 'under-way' }
    await transaction.commit(
      ...messageWrite([acceptance], { externalId: () => false, nonce: () => false }, channel),
      ...(moves.length === 0 ? [] : moved(moves, acceptance, channel)),
    )
    return { outcome: 'accepted' }
  })
}

function moved(
  moves: readonly DeliveryMove[],
  { message, audit }: Request['acceptance'],
  channel: string,
): Statement[] {
  const ids = moves.map(({ deliveryId }) => deliveryId)
  const reasons = moves.map(({ deliveryId, reason }) => ({ id: deliveryId, reason: JSON.stringify(reason) }))
  const replacements = moves.flatMap(({ deliveryId, replacement }, n) =>
    replacement === undefined
      ? []
      : [
          {
            n,
            id: replacement.id,
            replaces: deliveryId,
            destination: replacement.destination,
            mapping_version: replacement.mappingVersion,
          },
        ],
  )
  return [
    { sql: cancelThese, values: [ids, rowsOf(reasons), audit.atMs] },
    deliveryHold(ids),
    ...(replacements.length === 0
      ? []
      : [
          { sql: insertReplacements, values: [ids, rowsOf(replacements), Date.parse(message.recordedat)] },
          arrivalNotice(
            channel,
            replacements.map(({ destination }) => destination),
          ),
        ]),
  ]
}
