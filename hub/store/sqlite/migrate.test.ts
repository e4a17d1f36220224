import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Migration } from '../migration-files.ts'
import { type Connection, openConnection } from './connection.ts'
import { migrate, migrationList, schemaVersion } from './migrate.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('migrations', () => {
  let file: string
  let erase: () => Promise<void>
  let connection: Connection

  beforeEach(async () => {
    ;({ file, erase } = await temporaryFolder())
    connection = openConnection({ file })
  })

  afterEach(async () => {
    connection.close()
    await erase()
  })

  const one: Migration = { version: 1, name: '0001_a.sql', sql: 'create table a (x integer) strict;' }
  const two: Migration = {
    version: 2,
    name: '0002_b.sql',
    sql: 'create table b (x integer) strict; insert into b values (1);',
  }

  it('applies in order what is missing, once, and notes when', () => {
    migrate(connection, [one], () => 1_000)
    migrate(connection, [one, two], () => 2_000)
    migrate(connection, [one, two], () => 3_000)

    assert.deepEqual(
      connection.all('select * from schema_version').map((row) => ({ ...row })),
      [
        { version: 1, name: one.name, applied_at_ms: 1_000 },
        { version: 2, name: two.name, applied_at_ms: 2_000 },
      ],
    )
    assert.equal(connection.all('select * from b').length, 1)
  })

  it('leaves nothing of a migration that fails', () => {
    migrate(connection, [one], undefined)
    const broken = { ...two, sql: `${two.sql} insert into nowhere values (1);` }

    assert.throws(() => migrate(connection, [one, broken], undefined), /nowhere/)
    assert.equal(schemaVersion(connection), 1)
    assert.equal(connection.one(`select 1 from sqlite_schema where name = 'b'`), undefined)
    migrate(connection, [one, two], undefined)
    assert.equal(schemaVersion(connection), 2)
  })

  it('refuses a database that a newer program has written, and does not touch it', async () => {
    const known = migrationList()
    const future = {
      version: known.length + 1,
      name: 'future.sql',
      sql: 'create table future (x integer) strict;',
    }
    migrate(connection, [...known, future], undefined)
    connection.close()
    const before = await readFile(file)

    await assert.rejects(openSqliteStore({ file }), {
      code: 'STORE_SCHEMA_AHEAD',
      details: { found: future.version, known: known.length },
    })
    assert.deepEqual(await readFile(file), before)
  })

  it('numbers its files from one without gaps', () => {
    const numbers = migrationList().map(({ version }) => version)

    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    )
    for (const { name } of migrationList()) assert.match(name, /^\d{4}_[a-z-]+\.sql$/)
  })
})
