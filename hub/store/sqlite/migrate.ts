/** Brings a database to the newest schema. Migrations are numbered SQL files, applied in order, each at once or not at all. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../../contract/errors.ts'
import type { Connection } from './connection.ts'

export interface Migration {
  /** From 1, without gaps. */
  readonly version: number
  readonly name: string
  readonly sql: string
}

const FOLDER = join(import.meta.dirname, 'migrations')

/** The migrations of this program, in order. Throws where the numbers have a gap: the program is not complete. */
export function migrationList(): readonly Migration[] {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4))
    if (version !== index + 1)
      throw new Error(`The migration after number ${index} is ${name}; one is missing.`)
    return { version, name, sql: readFileSync(join(FOLDER, name), 'utf8') }
  })
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

function refuseAhead(found: number, newest: number): void {
  if (found <= newest) return
  throw new StoreError(
    'STORE_SCHEMA_AHEAD',
    `The database has schema ${found}, this program knows ${newest}: start the newer program, or restore the backup made before it.`,
    { details: { found, known: newest } },
  )
}
