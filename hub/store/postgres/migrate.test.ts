import assert from 'node:assert/strict'
import type { Migration } from '../migration-files.ts'
import { openSessions } from './connection.ts'
import { databaseAddress } from './database-url.ts'
import { migrate, migrationList, schemaVersion } from './migrate.ts'
import { aTestSchema, describeOnPostgres, standingClock, type TestSchema } from './test-schema.ts'

describeOnPostgres('migrations of PostgreSQL', process.env, () => {
  let schema: TestSchema

  beforeEach(async () => {
    schema = await aTestSchema(process.env)
  })

  afterEach(() => schema.erase())

  const one: Migration = { version: 1, name: '0001_a.sql', sql: 'create table a (x integer)' }
  const two: Migration = {
    version: 2,
    name: '0002_b.sql',
    sql: 'create table b (x integer); insert into b values (1);',
  }

  const migrateTo = async (migrations: readonly Migration[], nowMs = 1_000, nodes = 1) => {
    const address = databaseAddress(schema.url)
    const sessions = openSessions(address, nodes)
    try {
      await Promise.all(
        Array.from({ length: nodes }, async () => {
          const session = await sessions.take()
          try {
            await migrate(session, { migrations, schema: address.schema, now: () => nowMs })
            assert.equal(await schemaVersion(session), migrations.length)
          } finally {
            session.giveBack()
          }
        }),
      )
    } finally {
      await sessions.close()
    }
  }

  it('apply in order what is missing, once, and note when', async () => {
    await migrateTo([one], 1_000)
    await migrateTo([one, two], 2_000)
    await migrateTo([one, two], 3_000)

    assert.deepEqual(await schema.query('select * from schema_version order by version'), [
      { version: 1, name: one.name, applied_at_ms: 1_000 },
      { version: 2, name: two.name, applied_at_ms: 2_000 },
    ])
    assert.equal((await schema.query('select * from b')).length, 1)
  })

  it('create the schema and everything in it once where several nodes begin at the same time', async () => {
    await migrateTo([one, two], 1_000, 6)

    assert.equal((await schema.query('select * from b')).length, 1)
  })

  it('leave nothing of a migration that fails, nor of those before it', async () => {
    await migrateTo([one])
    const three = { version: 3, name: '0003_c.sql', sql: 'insert into nowhere values (1)' }

    await assert.rejects(migrateTo([one, two, three]), /nowhere/)
    assert.equal((await schema.query('select * from schema_version')).length, 1)
    assert.deepEqual(await schema.query(`select to_regclass('b') as found`), [{ found: null }])
    await migrateTo([one, two])
  })

  it('refuse a schema that a newer program has written, and do not touch it', async () => {
    const known = migrationList()
    const future = { version: known.length + 1, name: 'future.sql', sql: 'create table future (x integer)' }
    await migrateTo([...known, future])

    await assert.rejects(schema.open(), {
      code: 'STORE_SCHEMA_AHEAD',
      details: { found: future.version, known: known.length },
    })
    assert.equal((await schema.query('select * from schema_version')).length, future.version)
  })

  it('say what to do where the search path names no schema', async () => {
    const url = new URL(schema.url)
    url.searchParams.delete('schema')
    url.searchParams.set('options', '-c search_path=hub_test_none')
    const { openPostgresStore } = await import('./postgres-store.ts')

    await assert.rejects(openPostgresStore({ url: url.href, clock: standingClock }), {
      code: 'STORE_UNAVAILABLE',
      message: /\?schema=/,
    })
  })

  it('are numbered from one without gaps', () => {
    const numbers = migrationList().map(({ version }) => version)

    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    )
    for (const { name } of migrationList()) assert.match(name, /^\d{4}_[a-z-]+\.sql$/)
  })
})
