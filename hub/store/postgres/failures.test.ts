/** A server or a network that fails at the worst moment. */
import assert from 'node:assert/strict'
import { StoreError } from '../../contract/errors.ts'
import { accept, lease, NOW_MS } from '../conformance/steps.ts'
import { aNewId, anAcceptance, aSettlement } from '../fixtures.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'
import { aServerInBetween } from './server-in-between.ts'
import { describeOnPostgres, standingClock, type TestSchema } from './test-schema.ts'

describeOnPostgres('PostgreSQL that fails', process.env, (schema) => {
  const extra: PostgresStore[] = []

  afterEach(() => Promise.all(extra.splice(0).map((store) => store.close())))

  const openWith = async (parameters: Readonly<Record<string, string>>) => {
    const url = new URL(schema().url)
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const store = await openPostgresStore({ url: url.href, clock: standingClock })
    extra.push(store)
    return store
  }

  it('leaves nothing of a group whose connection is ended in the middle, and rejects all of it', async () => {
    const store = await schema().open()
    const { query } = schema()
    const group = Array.from({ length: 5 }, () =>
      anAcceptance({ externalIds: [{ system: 's', value: aNewId() }] }),
    )
    const lock = await schema().hold('lock table audit in exclusive mode')
    const results = Promise.allSettled(group.map((acceptance) => store.messageAccept(acceptance)))
    const processId = await waitingFor(schema(), 'insert into audit')
    await query('select pg_terminate_backend($1)', processId)
    for (const result of await results) {
      assert.equal(result.status, 'rejected')
      assert.ok(result.reason instanceof StoreError)
      assert.equal(result.reason.code, 'STORE_UNAVAILABLE')
    }
    await lock.end()

    assert.deepEqual(
      await rowsIn(schema(), WRITTEN),
      WRITTEN.map(() => 0),
    )
    const again = await Promise.all(group.map((acceptance) => store.messageAccept(acceptance)))
    assert.ok(again.every(({ outcome }) => outcome === 'accepted'))
    assert.deepEqual(
      await rowsIn(schema(), WRITTEN),
      WRITTEN.map(() => 5),
    )
  })

  it('goes on with the next call after the server ended every connection', async () => {
    const store = await schema().open()
    await accept(store)
    for (let round = 0; round < 5; round++) {
      // Several at once, so that there are several connections to lose.
      await Promise.all(Array.from({ length: 8 }, () => store.deliveryCount({})))
      await endAll(schema())

      await accept(store)
      await endAll(schema())
      assert.equal((await lease(store)).length, round === 0 ? 2 : 1)
      await endAll(schema())
      assert.equal((await store.deliveryCount({})).leased, round + 2)
    }
  })

  it('says STORE_BUSY while somebody holds a lock, and goes on when it is given up', async () => {
    const store = await openWith({ options: '-c lock_timeout=20' })
    const { case: row } = await accept(store)
    const lock = await schema().hold('select from case_row where case_no = $1 for update', row.caseNo)
    const next = anAcceptance({ caseNo: row.caseNo, version: 2 })
    await assert.rejects(store.messageAccept(next), { code: 'STORE_BUSY' })
    const stranger = await accept(store)

    await lock.end()
    assert.deepEqual(await store.messageAccept(next), { outcome: 'accepted' })
    assert.ok(await store.messageGet({ id: stranger.message.id }))
  })

  it('says STORE_UNAVAILABLE on a server that only reads, and the probe says so too', async () => {
    const store = await openWith({ options: '-c default_transaction_read_only=on' })
    await assert.rejects(store.probe(), { code: 'STORE_UNAVAILABLE', message: /standby/ })

    await assert.rejects(store.messageAccept(anAcceptance()), { code: 'STORE_UNAVAILABLE' })
    assert.equal((await store.deliveryCount({})).pending, 0)
  })

  it('says STORE_UNAVAILABLE where the database or the server is not there, without the password', async () => {
    for (const [part, value] of [
      ['pathname', '/hub_test_none'],
      ['port', '1'],
    ] as const) {
      const url = new URL(schema().url)
      url[part] = value
      url.password = 'hush'
      await assert.rejects(
        openPostgresStore({ url: url.href, clock: standingClock }),
        (error: StoreError) => {
          assert.equal(error.code, 'STORE_UNAVAILABLE')
          assert.doesNotMatch(`${error.message} ${JSON.stringify(error.details)}`, /hush/)
          return true
        },
      )
    }
  })

  it('says STORE_UNAVAILABLE while the network is cut, and recovers by itself', async () => {
    const between = await aServerInBetween(schema().url)
    const store = await openPostgresStore({ url: between.url, clock: standingClock })
    extra.push(store)
    const leased = (await Promise.all([accept(store), accept(store)])) && (await lease(store))
    await between.cut()
    const calls = [
      store.messageAccept(anAcceptance()),
      store.deliverySettle(leased.map((one) => aSettlement(one))),
      store.deliveryCount({}),
      store.nonceRemember({ keyId: 'k', nonce: 'n', expiresAtMs: NOW_MS + 1, nowMs: NOW_MS }),
      store.probe(),
    ]
    for (const result of await Promise.allSettled(calls)) {
      assert.equal(result.status, 'rejected')
      assert.equal(result.reason.code, 'STORE_UNAVAILABLE')
    }

    await between.restore()
    await store.probe()
    assert.deepEqual(await store.deliverySettle(leased.map((one) => aSettlement(one))), [true, true])
    await store.close()
    await between.close()
  })

  it('says STORE_UNAVAILABLE where the server does not answer, and then takes another connection', async () => {
    const between = await aServerInBetween(`${schema().url}&query_timeout=1500`)
    const store = await openPostgresStore({ url: between.url, clock: standingClock })
    extra.push(store)
    await accept(store)
    between.freeze()
    await assert.rejects(store.messageAccept(anAcceptance()), {
      code: 'STORE_UNAVAILABLE',
      message: /does not answer/,
    })

    await accept(store)
    await store.close()
    await between.close()
  })

  it('flushes every commit to the disk, whatever the account has been told', async () => {
    const store = await openWith({ options: '-c synchronous_commit=off' })
    const { query } = schema()
    await query('create table seen (setting text)')
    await query(`create function see() returns trigger language plpgsql as
      'begin insert into seen values (current_setting(''synchronous_commit'')); return null; end'`)
    await query('create trigger see after insert on audit for each statement execute function see()')
    try {
      await accept(store)
      assert.deepEqual(await query('select * from seen'), [{ setting: 'on' }])
    } finally {
      await query('drop table seen; drop function see cascade')
    }
  })

  it('closes while the server is gone', async () => {
    const between = await aServerInBetween(schema().url)
    const store = await openPostgresStore({ url: between.url, clock: standingClock })
    await accept(store)
    await between.close()

    await store.close()
  })
})

const WRITTEN = ['message', 'message_raw', 'case_row', 'idempotency', 'external_id', 'delivery', 'audit']

async function rowsIn({ query }: TestSchema, tables: readonly string[]): Promise<unknown[]> {
  const counts: unknown[] = []
  for (const table of tables) counts.push((await query(`select count(*) as rows from ${table}`))[0]?.rows)
  return counts
}

/** Ends every connection of the stores of a schema. */
function endAll({ query, name }: TestSchema) {
  return query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', name)
}

/** The process of the store that waits for a lock in a statement that begins so. */
async function waitingFor({ query, name }: TestSchema, beginning: string): Promise<number> {
  for (;;) {
    const [row] = await query(
      `select pid from pg_stat_activity
       where application_name = $1 and wait_event_type = 'Lock' and ltrim(query, E' \\n') like $2`,
      name,
      `${beginning}%`,
    )
    if (row !== undefined) return row.pid as number
  }
}
