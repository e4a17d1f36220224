/** Brings the schema to the newest version: all missing migrations in one transaction, or none. */
import { join } from 'node:path'
import { StoreError } from '../../contract/errors.ts'
import { type Migration, readMigrations, refuseAhead } from '../migration-files.ts'
import type { Row, Session, Statement } from './connection.ts'

/** The migrations of this program, in order. */
export function migrationList(): readonly Migration[] {
  return readMigrations(join(import.meta.dirname, 'migrations'))
}

export interface MigrateOptions {
  readonly migrations: readonly Migration[]
  /** Created where it is missing; undefined: the one that the account's search path names exists. */
  readonly schema: string | undefined
  /** Epoch milliseconds, noted beside each applied migration. */
  readonly now: () => number
}

/** One at a time in a database, whatever the schema; no other program is likely to use the same number. */
const LOCK: Statement = { sql: 'select pg_advisory_xact_lock(4101140000)', isSlow: true }

/**
 * Safe twice, and for several nodes at once. Throws `StoreError` STORE_SCHEMA_AHEAD, without touching anything, where a
 * newer program has written the schema. Nodes that run on while a newer one migrates keep working: a migration that
 * they could not bear says so on its first line, and is applied while they are stopped.
 */
export async function migrate(session: Session, options: MigrateOptions): Promise<void> {
  const newest = options.migrations.length
  const before = await schemaVersion(session)
  refuseAhead(before, newest)
  if (before === newest) return

  await session.send([{ sql: 'begin' }])
  try {
    // A migration may take longer than what nodes otherwise ask for, and so may the one that is waited for.
    await session.send([
      { sql: 'set local statement_timeout = 0' },
      { sql: 'set local lock_timeout = 0' },
      LOCK,
    ])
    await apply(session, options)
    await session.send([{ sql: 'commit' }])
  } catch (error) {
    await session.send([{ sql: 'rollback' }]).catch(() => {})
    throw error
  }
}

async function apply(session: Session, { migrations, schema, now }: MigrateOptions): Promise<void> {
  // The name was checked: lower-case letters, digits and _ (database-url.ts).
  if (schema !== undefined) await session.send([{ sql: `create schema if not exists ${schema}` }])
  const [found] = (await session.send([{ sql: 'select current_schema() as name' }])) as [[Row]]
  if (found[0].name === null) {
    throw new StoreError(
      'STORE_UNAVAILABLE',
      'The search path of the account names no schema that exists. Name one in HUB_DATABASE_URL: ?schema=hub',
    )
  }
  await session.send([
    {
      sql: `create table if not exists schema_version (
              version integer primary key, name text not null, applied_at_ms bigint not null)`,
    },
  ])
  // Asked again under the lock: another node may have been faster.
  const current = await schemaVersion(session)
  refuseAhead(current, migrations.length)
  for (const { version, name, sql } of migrations.slice(current)) {
    await session.send([{ sql, isSlow: true }])
    await session.send([
      { sql: 'insert into schema_version values ($1, $2, $3)', values: [version, name, Math.floor(now())] },
    ])
  }
}

/** Number of the newest migration in the schema; 0 for a new one. */
export async function schemaVersion(session: Session): Promise<number> {
  const [tables] = (await session.send([
    { sql: `select to_regclass('schema_version') is not null as found` },
  ])) as [[Row]]
  if (tables[0].found !== true) return 0
  const [versions] = (await session.send([
    { sql: 'select coalesce(max(version), 0) as version from schema_version' },
  ])) as [[Row]]
  return versions[0].version as number
}
