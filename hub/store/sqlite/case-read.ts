/** What is asked about one case. */
import type { CaseRow, Deadline, ExternalId, TimelineEntry } from '../../contract/store.ts'
import type { Connection, Row } from './connection.ts'
import { deliveryColumns, deliveryOf } from './delivery-row.ts'

export function caseGet(
  connection: Connection,
  query: { readonly caseNo: string } | { readonly externalId: ExternalId },
): CaseRow | undefined {
  const row =
    'caseNo' in query
      ? connection.one('select * from case_row where case_no = ?', query.caseNo)
      : connection.one(
          'select * from case_row where case_no = (select case_no from external_id where system = ? and value = ?)',
          query.externalId.system,
          query.externalId.value,
        )
  return row && caseOf(row)
}

/** Messages by sequence, each with its deliveries by position. */
export function caseTimeline(
  connection: Connection,
  query: { readonly caseNo: string },
): readonly TimelineEntry[] {
  const deliveries = connection
    .all(`select ${deliveryColumns} from delivery where case_no = ? order by position`, query.caseNo)
    .map(deliveryOf)
  const ofMessage = Map.groupBy(deliveries, (delivery) => delivery.messageId)
  return connection
    .all('select id, body from message where case_no = ? order by sequence', query.caseNo)
    .map((row) => ({
      message: JSON.parse(row.body as string),
      deliveries: ofMessage.get(row.id as string) ?? [],
    }))
}

export function externalIdList(
  connection: Connection,
  query: { readonly caseNo: string },
): readonly ExternalId[] {
  return connection
    .all('select system, value from external_id where case_no = ? order by system, value', query.caseNo)
    .map((row) => ({ system: row.system as string, value: row.value as string }))
}

/** By name of the clock. */
export function deadlineList(
  connection: Connection,
  query: { readonly caseNo: string },
): readonly Deadline[] {
  return connection
    .all('select * from deadline where case_no = ? order by clock', query.caseNo)
    .map(deadlineOf)
}

export function deadlineOf(row: Row): Deadline {
  return {
    clock: row.clock as string,
    caseNo: row.case_no as string,
    owner: row.owner as string,
    startedAt: row.started_at as string,
    dueDate: row.due_date as string,
    provisional: row.provisional === 1,
    state: row.state as Deadline['state'],
    ...(row.warned === 1 ? { warned: true } : {}),
  }
}

function caseOf(row: Row): CaseRow {
  return {
    caseNo: row.case_no as string,
    version: row.version as number,
    state: row.state as CaseRow['state'],
    origin: row.origin as string,
    decider: row.decider as string,
    copies: JSON.parse(row.copies as string),
    taskCode: row.task_code as string,
    scenario: row.scenario as string,
    receivingRegion: row.receiving_region as string,
    jurisdictionRegion: row.jurisdiction_region as string,
    simulated: row.simulated === 1,
    openedAt: row.opened_at as string,
    changedAt: row.changed_at as string,
    facts: JSON.parse(row.facts as string),
  }
}
