/** What is asked about one case. */
import type { CaseRow, Deadline, ExternalId, Store, TimelineEntry } from '../../contract/store.ts'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'
import { deliveryColumns, deliveryOf } from './delivery-row.ts'

const selectCase = `
  select case_no, version, state, origin, decider, copies, task_code, scenario, receiving_region, jurisdiction_region,
    simulated, opened_at, changed_at, facts
  from case_row`

export async function caseGet(
  database: Database,
  query: Parameters<Store['caseGet']>[0],
): Promise<CaseRow | undefined> {
  const [[row] = []] = await database.read(
    'caseNo' in query
      ? { sql: `${selectCase} where case_no = $1`, values: [query.caseNo] }
      : {
          sql: `${selectCase} where case_no = (select case_no from external_id where system = $1 and value = $2)`,
          values: [query.externalId.system, query.externalId.value],
        },
  )
  return row && caseOf(row)
}

/**
 * Messages by sequence, each with its deliveries by position. Messages are read first: one that is accepted in between
 * is not shown, rather than shown without its deliveries.
 */
export async function caseTimeline(
  database: Database,
  { caseNo }: { readonly caseNo: string },
): Promise<readonly TimelineEntry[]> {
  const [messages = [], deliveries = []] = await database.read(
    { sql: 'select id, body from message where case_no = $1 order by sequence', values: [caseNo] },
    {
      sql: `select ${deliveryColumns} from delivery where case_no = $1 order by position`,
      values: [caseNo],
    },
  )
  const ofMessage = Map.groupBy(deliveries.map(deliveryOf), (delivery) => delivery.messageId)
  return messages.map((row) => ({
    message: JSON.parse(row.body as string),
    deliveries: ofMessage.get(row.id as string) ?? [],
  }))
}

export async function externalIdList(
  database: Database,
  { caseNo }: { readonly caseNo: string },
): Promise<readonly ExternalId[]> {
  const [rows = []] = await database.read({
    sql: 'select system, value from external_id where case_no = $1 order by system, value',
    values: [caseNo],
  })
  return rows.map((row) => ({ system: row.system as string, value: row.value as string }))
}

/** By name of the clock. */
export async function deadlineList(
  database: Database,
  { caseNo }: { readonly caseNo: string },
): Promise<readonly Deadline[]> {
  const [rows = []] = await database.read({
    sql: `select ${deadlineColumns} from deadline where case_no = $1 order by clock`,
    values: [caseNo],
  })
  return rows.map(deadlineOf)
}

/** The columns that `deadlineOf` reads. */
export const deadlineColumns = 'clock, case_no, owner, started_at, due_date, provisional, state, warned'

export function deadlineOf(row: Row): Deadline {
  return {
    clock: row.clock as string,
    caseNo: row.case_no as string,
    owner: row.owner as string,
    startedAt: row.started_at as string,
    dueDate: row.due_date as string,
    provisional: row.provisional as boolean,
    state: row.state as Deadline['state'],
    ...(row.warned === true ? { warned: true } : {}),
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
    simulated: row.simulated as boolean,
    openedAt: row.opened_at as string,
    changedAt: row.changed_at as string,
    facts: JSON.parse(row.facts as string),
  }
}
