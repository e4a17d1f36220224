import type { AuditEntry } from '../../contract/store.ts'
import type { Connection } from './connection.ts'

/** Adds one record to the audit log, in the transaction of what it records. */
export function auditAppend(connection: Connection, entry: AuditEntry): void {
  connection.run(
    'insert into audit (at_ms, actor, action, subject, details) values (?, ?, ?, ?, ?)',
    entry.atMs,
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.details),
  )
}
