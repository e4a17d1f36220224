import type { AuditEntry } from '../../contract/store.ts'
import type { Statement } from './connection.ts'
import { rowsOf } from './rows-of.ts'

const columns = 'at_ms, actor, action, subject, details'
const fields = 'at_ms bigint, actor text, action text, subject text, details text'

const insertAudit = `
  insert into audit (${columns}) select * from json_to_recordset($1) as given (${fields})`

/** Adds records to the audit log, in the transaction of what they record. */
export function auditInsert(entries: readonly AuditEntry[]): Statement {
  return { sql: insertAudit, values: [auditRows(entries)] }
}

/**
 * The same inside a statement: writes the record where the query `changed`, named before it in the same `with`, has a
 * row. `parameter` is the number of the parameter that `auditRows` fills.
 */
export function auditWhere(changed: string, parameter: number): string {
  return `insert into audit (${columns})
    select given.* from json_to_recordset($${parameter}) as given (${fields}) where exists (select from ${changed})`
}

export function auditRows(entries: readonly AuditEntry[]): string {
  return rowsOf(
    entries.map(({ atMs, actor, action, subject, details }) => ({
      at_ms: atMs,
      actor,
      action,
      subject,
      details: JSON.stringify(details),
    })),
  )
}
