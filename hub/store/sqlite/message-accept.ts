import type { Acceptance, AcceptResult, CaseRow, NewDelivery } from '../../contract/store.ts'
import { auditAppend } from './audit-append.ts'
import type { Connection } from './connection.ts'
import { nonceIsUsed, nonceUseUp } from './nonce-remember.ts'

/**
 * Everything that one accepted message writes. All questions are asked before the first write, so that a repeated key
 * or a conflict writes nothing. Throws, inside its savepoint, where an id of the hub's own is used twice: a bug.
 */
export function messageAccept(connection: Connection, acceptance: Acceptance): AcceptResult {
  const { idempotency, message, raw, nonce, case: row } = acceptance
  if (nonce !== undefined && nonceIsUsed(connection, nonce)) return { outcome: 'nonce-used' }
  const repeated = connection.one(selectAnswer, idempotency.system, idempotency.key)
  if (repeated !== undefined) return { outcome: 'repeated', ...answerOf(repeated) }
  const conflict = conflictOf(connection, acceptance)
  if (conflict !== undefined) return { outcome: 'conflict', on: conflict }

  if (nonce !== undefined) nonceUseUp(connection, nonce)
  writeCase(connection, row)
  const { rowid } = connection.run(
    'insert into message (id, case_no, sequence, type, body) values (?, ?, ?, ?, ?)',
    message.id,
    row.caseNo,
    message.sequence,
    message.type,
    JSON.stringify(message),
  )
  connection.run(
    'insert into message_raw values (?, ?, ?, ?, ?)',
    rowid,
    raw.bytes,
    raw.contentType,
    raw.declaredCharset ?? null,
    raw.detectedCharset,
  )
  connection.run(
    'insert into idempotency values (?, ?, ?, ?, ?)',
    idempotency.system,
    idempotency.key,
    idempotency.bodyDigest,
    JSON.stringify(acceptance.answer),
    message.id,
  )
  for (const { system, value } of acceptance.externalIds) {
    connection.run('insert or ignore into external_id values (?, ?, ?)', system, value, row.caseNo)
  }
  for (const delivery of acceptance.deliveries) writeDelivery(connection, acceptance, delivery)
  for (const deadline of acceptance.deadlines) {
    connection.run(
      'insert or replace into deadline values (?, ?, ?, ?, ?, ?, ?, ?)',
      deadline.caseNo,
      deadline.clock,
      deadline.owner,
      deadline.startedAt,
      deadline.dueDate,
      deadline.provisional ? 1 : 0,
      deadline.state,
      deadline.warned === true ? 1 : 0,
    )
  }
  auditAppend(connection, acceptance.audit)
  return { outcome: 'accepted' }
}

/** The stored answer of an idempotency key. */
export function answerGet(
  connection: Connection,
  query: { readonly system: string; readonly key: string },
): { readonly bodyDigest: string; readonly answer: Readonly<Record<string, unknown>> } | undefined {
  const row = connection.one(selectAnswer, query.system, query.key)
  return row && answerOf(row)
}

const selectAnswer = 'select body_digest, answer from idempotency where system = ? and key = ?'

function answerOf(row: Record<string, unknown>) {
  return { bodyDigest: row.body_digest as string, answer: JSON.parse(row.answer as string) }
}

function conflictOf(connection: Connection, { case: row, externalIds }: Acceptance) {
  const before = connection.one('select version from case_row where case_no = ?', row.caseNo)
  if (row.version === 1 && before !== undefined) return 'case-number'
  if (row.version !== Number(before?.version ?? 0) + 1) return 'version'
  // Compared where it is kept: a text may come back changed where it was not well formed.
  const taken = externalIds.some(
    ({ system, value }) =>
      connection.one(
        'select 1 from external_id where system = ? and value = ? and case_no <> ?',
        system,
        value,
        row.caseNo,
      ) !== undefined,
  )
  return taken ? 'external-id' : undefined
}

function writeCase(connection: Connection, row: CaseRow): void {
  connection.run(
    `insert into case_row (
       case_no, version, state, origin, decider, copies, task_code, scenario, receiving_region,
       jurisdiction_region, simulated, opened_at, changed_at, facts
     ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (case_no) do update set
       version = excluded.version, state = excluded.state, origin = excluded.origin, decider = excluded.decider,
       copies = excluded.copies, task_code = excluded.task_code, scenario = excluded.scenario,
       receiving_region = excluded.receiving_region, jurisdiction_region = excluded.jurisdiction_region,
       simulated = excluded.simulated, opened_at = excluded.opened_at, changed_at = excluded.changed_at,
       facts = excluded.facts`,
    row.caseNo,
    row.version,
    row.state,
    row.origin,
    row.decider,
    JSON.stringify(row.copies),
    row.taskCode,
    row.scenario,
    row.receivingRegion,
    row.jurisdictionRegion,
    row.simulated ? 1 : 0,
    row.openedAt,
    row.changedAt,
    JSON.stringify(row.facts),
  )
}

/** Due at once; held where an earlier delivery of the case to the same destination is neither delivered nor cancelled. */
function writeDelivery(
  connection: Connection,
  { message, case: row }: Acceptance,
  delivery: NewDelivery,
): void {
  const recordedAtMs = Date.parse(message.recordedat)
  connection.run(
    `insert into delivery (
       id, message_id, case_no, sequence, type, destination, mapping_version, state, held, due_at_ms, created_at_ms
     ) values (?, ?, ?, ?, ?, ?, ?, 'pending', exists (
       select 1 from delivery where case_no = ? and destination = ? and state not in ('delivered', 'cancelled')
     ), ?, ?)`,
    delivery.id,
    message.id,
    row.caseNo,
    message.sequence,
    message.type,
    delivery.destination,
    delivery.mappingVersion,
    row.caseNo,
    delivery.destination,
    recordedAtMs,
    recordedAtMs,
  )
}
