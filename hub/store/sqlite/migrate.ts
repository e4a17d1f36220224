/** Brings a database to the newest schema. Migrations are numbered SQL files, applied in order, each at once or not at all. */
import { join } from 'node:path'
import { type Migration, readMigrations, refuseAhead } from '../migration-files.ts'
import type { Connection } from './connection.ts'

/** The migrations of this program, in order. */
export function migrationList(): readonly Migration[] {
  return readMigrations(join(import.meta.dirname, 'migrations'))
}

/**
 * Safe twice, and for two processes at once. Throws `StoreError` STORE_SCHEMA_AHEAD, without touching anything,
 * where a newer program has written the database: an older one would not know what it must keep.
 *
 * `now`: epoch milliseconds, noted beside each applied migration.
 */
export function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  now: (() => number) | undefined,
): void {
  const newest = migrations.length
  const before = schemaVersion(connection)
  refuseAhead(before, newest)
  if (before === newest) return

  connection.script('begin immediate')
  try {
    connection.script(
      `create table if not exists schema_version (
         version integer primary key, name text not null, applied_at_ms integer) strict`,
    )
    // Asked again inside the transaction: another process may have been faster.
    const current = schemaVersion(connection)
    refuseAhead(current, newest)
    for (const { version, name, sql } of migrations.slice(current)) {
      connection.script(sql)
      connection.run('insert into schema_version values (?, ?, ?)', version, name, now?.() ?? null)
    }
    connection.script('commit')
  } catch (error) {
    if (connection.inTransaction) connection.script('rollback')
    throw error
  }
}

/** Number of the newest migration in the database; 0 for a new one. */
export function schemaVersion(connection: Connection): number {
  const table = connection.one(`select 1 from sqlite_schema where type = 'table' and name = 'schema_version'`)
  if (table === undefined) return 0
  return Number(connection.one('select max(version) as version from schema_version')?.version ?? 0)
}
