/** What accepted messages write, as statements of one trip. Nothing is decided here; everything is inserted sorted. */
import type { Acceptance, ExternalId, NonceUse } from '../../contract/store.ts'
import { arrivalNotice } from './arrivals.ts'
import { auditInsert } from './audit-append.ts'
import type { Statement } from './connection.ts'
import { nonceWrite } from './nonce-remember.ts'
import { rowsOf, storedText } from './rows-of.ts'

const insertKeys = `
  insert into idempotency (system, key, body_digest, answer, message_id)
  select system, key, body_digest, answer, message_id
  from json_to_recordset($1) as given (system text, key text, body_digest text, answer text, message_id text)
  order by system, key`

const caseFields = `
  case_no text, version integer, state text, origin text, decider text, copies text, task_code text, scenario text,
  receiving_region text, jurisdiction_region text, simulated boolean, opened_at text, changed_at text, facts text`

const insertCases = `
  insert into case_row (
    case_no, version, state, origin, decider, copies, task_code, scenario, receiving_region, jurisdiction_region,
    simulated, opened_at, changed_at, facts)
  select * from json_to_recordset($1) as given (${caseFields}) order by case_no`

/** The rows are locked, and their versions were compared. */
export const updateCases = `
  update case_row set
    version = given.version, state = given.state, origin = given.origin, decider = given.decider,
    copies = given.copies, task_code = given.task_code, scenario = given.scenario,
    receiving_region = given.receiving_region, jurisdiction_region = given.jurisdiction_region,
    simulated = given.simulated, opened_at = given.opened_at, changed_at = given.changed_at, facts = given.facts
  from json_to_recordset($2) as given (${caseFields})
  where case_row.case_no = any($1) and case_row.case_no = given.case_no`

const insertExternalIds = `
  insert into external_id (system, value, case_no)
  select system, value, case_no
  from json_to_recordset($1) as given (system text, value text, case_no text)
  order by system, value`

const insertMessages = `
  insert into message (id, case_no, sequence, type, body)
  select * from json_to_recordset($1) as given (id text, case_no text, sequence integer, type text, body text)
  order by id`

/** All bytes come as one parameter, cut here: as texts they would be twice as many. */
const insertRaws = `
  insert into message_raw (message_id, bytes, content_type, declared_charset, detected_charset)
  select message_id, substring($2::bytea from first_byte for bytes), content_type, declared_charset, detected_charset
  from json_to_recordset($1) as given (
    message_id text, first_byte integer, bytes integer, content_type text, declared_charset text,
    detected_charset text)
  order by message_id`

/**
 * Due at once; held where an earlier delivery of the case to the same destination is neither delivered nor cancelled,
 * or is of the same message. The row of its case is locked, or new and unseen by others: nobody settles in between.
 */
export const insertDeliveries = `
  insert into delivery (
    id, message_id, case_no, sequence, type, destination, mapping_version, state, held, due_at_ms, created_at_ms)
  select id, message_id, case_no, sequence, type, destination, mapping_version, 'pending',
    row_number() over (partition by case_no, destination order by n) > 1
    or (
      select true from delivery as earlier
      where earlier.case_no = given.case_no and earlier.destination = given.destination
        and earlier.state not in ('delivered', 'cancelled')
      order by earlier.position limit 1
    ) is not null,
    recorded_at_ms, recorded_at_ms
  from json_to_recordset($1) as given (
    n integer, id text, message_id text, case_no text, sequence integer, type text, destination text,
    mapping_version text, recorded_at_ms bigint)
  order by n`

const upsertDeadlines = `
  insert into deadline (case_no, clock, owner, started_at, due_date, provisional, state, warned)
  select * from json_to_recordset($1) as given (
    case_no text, clock text, owner text, started_at text, due_date text, provisional boolean, state text,
    warned boolean)
  order by case_no, clock
  on conflict (case_no, clock) do update set
    owner = excluded.owner, started_at = excluded.started_at, due_date = excluded.due_date,
    provisional = excluded.provisional, state = excluded.state, warned = excluded.warned`

export interface AlreadyThere {
  /** Whether the case has this external id already; such are not written again. */
  externalId(externalId: ExternalId): boolean
  /** Whether the nonce is remembered, though it has expired. */
  nonce(use: NonceUse): boolean
}

/** @param acceptances share no nonce, key, case, external id or id; nothing is in the way of any. */
export function messageWrite(
  acceptances: readonly Acceptance[],
  isThere: AlreadyThere,
  channel: string,
): Statement[] {
  const cases = acceptances.map(caseOf)
  const opened = cases.filter(({ version }) => version === 1)
  const continued = cases.filter(({ version }) => version > 1)
  const deliveries = acceptances.flatMap(deliveriesOf).map((delivery, n) => ({ n, ...delivery }))
  const destinations = deliveries.map(({ destination }) => destination)
  return [
    ...nonceWrite(
      acceptances.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce])),
      isThere.nonce,
    ),
    ...inserted(insertKeys, acceptances.map(idempotencyOf)),
    ...inserted(insertCases, opened),
    ...(continued.length === 0 ? [] : [caseUpdate(continued)]),
    ...inserted(
      insertExternalIds,
      acceptances.flatMap((acceptance) => externalIdsOf(acceptance, isThere.externalId)),
    ),
    ...inserted(insertMessages, acceptances.map(messageOf)),
    rawInsert(acceptances),
    ...inserted(insertDeliveries, deliveries),
    ...inserted(upsertDeadlines, acceptances.flatMap(deadlinesOf)),
    auditInsert(acceptances.map(({ audit }) => audit)),
    ...(destinations.length === 0 ? [] : [arrivalNotice(channel, destinations)]),
  ]
}

function inserted(sql: string, records: readonly object[]): Statement[] {
  return records.length === 0 ? [] : [{ sql, values: [rowsOf(records)] }]
}

function idempotencyOf({ idempotency, message, answer }: Acceptance) {
  const { system, key, bodyDigest } = idempotency
  return { system, key, body_digest: bodyDigest, answer: JSON.stringify(answer), message_id: message.id }
}

function caseOf({ case: row }: Acceptance) {
  return {
    case_no: row.caseNo,
    version: row.version,
    state: row.state,
    origin: row.origin,
    decider: row.decider,
    copies: JSON.stringify(row.copies),
    task_code: row.taskCode,
    scenario: row.scenario,
    receiving_region: row.receivingRegion,
    jurisdiction_region: row.jurisdictionRegion,
    simulated: row.simulated,
    opened_at: row.openedAt,
    changed_at: row.changedAt,
    facts: JSON.stringify(row.facts),
  }
}

function caseUpdate(cases: readonly ReturnType<typeof caseOf>[]): Statement {
  return { sql: updateCases, values: [cases.map((row) => row.case_no), rowsOf(cases)] }
}

/** Each once, where the case does not have it yet. */
function externalIdsOf({ externalIds, case: row }: Acceptance, isKnown: (externalId: ExternalId) => boolean) {
  const fresh = new Map(
    externalIds
      .filter((externalId) => !isKnown(externalId))
      .map(({ system, value }) => [
        JSON.stringify([storedText(system), storedText(value)]),
        { system, value },
      ]),
  )
  return [...fresh.values()].map(({ system, value }) => ({ system, value, case_no: row.caseNo }))
}

function messageOf({ message, case: row }: Acceptance) {
  const { id, sequence, type } = message
  return { id, case_no: row.caseNo, sequence, type, body: JSON.stringify(message) }
}

function rawInsert(acceptances: readonly Acceptance[]): Statement {
  let length = 0
  const records = acceptances.map(({ message, raw }) => {
    // Counted from one, as SQL does.
    const firstByte = length + 1
    length += raw.bytes.length
    return {
      message_id: message.id,
      first_byte: firstByte,
      bytes: raw.bytes.length,
      content_type: raw.contentType,
      declared_charset: raw.declaredCharset,
      detected_charset: raw.detectedCharset,
    }
  })
  const bytes = Buffer.concat(
    acceptances.map(({ raw }) => raw.bytes),
    length,
  )
  return { sql: insertRaws, values: [rowsOf(records), bytes] }
}

function deliveriesOf({ message, case: row, deliveries }: Acceptance) {
  const recordedAtMs = Date.parse(message.recordedat)
  return deliveries.map(({ id, destination, mappingVersion }) => ({
    id,
    message_id: message.id,
    case_no: row.caseNo,
    sequence: message.sequence,
    type: message.type,
    destination,
    mapping_version: mappingVersion,
    recorded_at_ms: recordedAtMs,
  }))
}

/** One per clock; the last one counts. */
function deadlinesOf({ deadlines }: Acceptance) {
  const byClock = new Map(deadlines.map((deadline) => [`${deadline.caseNo} ${deadline.clock}`, deadline]))
  return [...byClock.values()].map((deadline) => ({
    case_no: deadline.caseNo,
    clock: deadline.clock,
    owner: deadline.owner,
    started_at: deadline.startedAt,
    due_date: deadline.dueDate,
    provisional: deadline.provisional,
    state: deadline.state,
    warned: deadline.warned === true,
  }))
}
