/** What only the SQLite store promises; the contract that all stores share is proved in sqlite.test.ts. */
import assert from 'node:assert/strict'
import { accept, idsOf, lease, NOW_MS } from '../conformance/steps.ts'
import { anAcceptance, aSettlement } from '../fixtures.ts'
import { type Connection, openConnection } from './connection.ts'
import { migrate, migrationList } from './migrate.ts'
import { openSqliteStore, type SqliteStore, sqliteStoreOn } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('the SQLite store', () => {
  let file: string
  let erase: () => Promise<void>
  let connection: Connection
  let store: SqliteStore

  beforeEach(async () => {
    ;({ file, erase } = await temporaryFolder())
    connection = openConnection({ file, busyMs: 5 })
    migrate(connection, migrationList(), undefined)
    store = sqliteStoreOn(connection)
  })

  afterEach(async () => {
    await store.close()
    await erase()
  })

  it('flushes every commit to the disk', () => {
    assert.equal(connection.one('pragma journal_mode')?.journal_mode, 'wal')
    assert.equal(connection.one('pragma synchronous')?.synchronous, 2)
    assert.equal(connection.one('pragma foreign_keys')?.foreign_keys, 1)
  })

  it('appends an audit record with each message and each act of a person, and none for what changed nothing', async () => {
    const { audit, idempotency, deliveries } = await accept(store)
    await store.messageAccept(anAcceptance({ key: idempotency.key }))
    const cancelled = { ...audit, actor: 'operator-1', action: 'delivery.cancelled' }
    const request = {
      deliveryId: deliveries[0]?.id ?? '',
      reason: { code: 'DELIVERY_CANCELLED', words: '', owner: 'nobody' },
      audit: cancelled,
    } as const
    await store.deliveryCancel(request)
    await store.deliveryCancel(request)
    const deliveryIds = [request.deliveryId]
    const replayed = { ...audit, actor: 'operator-2', action: 'delivery.replayed' }
    for (let count = 0; count < 2; count++)
      await store.deliveryReplay({ deliveryIds, nowMs: NOW_MS, audit: replayed })
    const [leased] = await lease(store)
    await store.deliverySettle(leased === undefined ? [] : [aSettlement(leased, { state: 'unknown' })])
    const confirmed = { ...audit, actor: 'operator-3', action: 'delivery.confirmed' }
    for (let count = 0; count < 2; count++)
      await store.deliveryMarkDelivered({ ...request, audit: confirmed })

    const rows = connection.all('select * from audit order by position')
    assert.deepEqual(
      rows.map(({ position, at_ms, details, ...rest }) => ({
        ...rest,
        atMs: at_ms,
        details: JSON.parse(String(details)),
      })),
      [audit, cancelled, replayed, confirmed],
    )
  })

  it('refuses everybody in the group while the disk is full, and goes on when there is room', async () => {
    const kept = await accept(store)
    const pages = Number(connection.one('pragma page_count')?.page_count)
    connection.script(`pragma max_page_count = ${pages + 20}`)
    const big = anAcceptance({ bytes: new Uint8Array(1_000_000) })
    const group = [anAcceptance(), big, anAcceptance()]
    const results = await Promise.allSettled(group.map((one) => store.messageAccept(one)))

    for (const result of results) {
      assert.equal(result.status, 'rejected')
      assert.equal(result.reason.code, 'STORE_FULL')
    }
    assert.deepEqual((await store.messageGet({ id: kept.message.id }))?.message, kept.message)
    assert.equal((await store.deliveryCount({})).pending, 1)
    await accept(store, { bytes: new Uint8Array(10) })

    connection.script('pragma max_page_count = 1000000')
    for (const one of group) assert.deepEqual(await store.messageAccept(one), { outcome: 'accepted' })
    assert.equal((await store.deliveryCount({})).pending, 5)
  })

  it('answers a probe with STORE_FULL while the disk is full', async () => {
    const pages = Number(connection.one('pragma page_count')?.page_count)
    connection.script(`pragma max_page_count = ${pages}`)
    await assert.rejects(store.probe(), { code: 'STORE_FULL' })

    connection.script('pragma max_page_count = 1000000')
    await store.probe()
    await store.probe()
    assert.equal(connection.all('select 1 from probe').length, 1)
  })

  it('says STORE_BUSY while another process writes, and goes on afterwards', async () => {
    const other = openConnection({ file })
    other.script('begin immediate')
    const acceptance = anAcceptance()
    await assert.rejects(store.messageAccept(acceptance), { code: 'STORE_BUSY' })
    assert.equal(await store.messageGet({ id: acceptance.message.id }), undefined)

    other.script('commit')
    other.close()
    assert.deepEqual(await store.messageAccept(acceptance), { outcome: 'accepted' })
  })

  it('keeps keys and leases apart between two openers of one file', async () => {
    const other = await openSqliteStore({ file })
    try {
      for (let count = 0; count < 10; count++) await accept(store)
      const twice = await Promise.all(
        [store, other].map((one) => one.messageAccept(anAcceptance({ key: 'same' }))),
      )
      assert.deepEqual(twice.map(({ outcome }) => outcome).sort(), ['accepted', 'repeated'])

      const taken = await Promise.all([
        lease(store, { owner: 'node-a', limit: 6 }),
        lease(other, { owner: 'node-b', limit: 6 }),
      ])
      const ids = taken.flatMap(idsOf)
      assert.equal(ids.length, 11)
      assert.equal(new Set(ids).size, 11)
      assert.deepEqual(
        await other.deliverySettle(taken[1].map((one) => aSettlement(one))),
        taken[1].map(() => true),
      )
      assert.equal((await store.deliveryCount({})).delivered, taken[1].length)
    } finally {
      await other.close()
    }
  })

  it('keeps counters that agree with a real count, after failed writes too', async () => {
    const accepted = []
    for (const state of ['delivered', 'waiting', 'unknown', 'dead'] as const) {
      accepted.push(await accept(store, { destinations: ['tax', 'police'] }))
      const leased = await lease(store, { destination: 'tax' })
      await store.deliverySettle(leased.map((one) => aSettlement(one, { state, dueAtMs: NOW_MS + 1 })))
    }
    await assert.rejects(
      store.messageAccept({ ...anAcceptance(), deliveries: accepted[0]?.deliveries ?? [] }),
    )
    await lease(store, { destination: 'police', limit: 2 })

    const counted = connection.all(
      'select destination, state, deliveries from delivery_count where deliveries <> 0',
    )
    const real = connection.all(
      'select destination, state, count(*) as deliveries from delivery group by 1, 2',
    )
    const sorted = (rows: Record<string, unknown>[]) => rows.map((row) => JSON.stringify(row)).sort()
    assert.deepEqual(sorted(counted), sorted(real))
    assert.ok(real.length >= 6)
  })

  it('erases expired nonces as new ones come', async () => {
    const remember = (nonce: string, nowMs: number) =>
      store.nonceRemember({ keyId: 'k', nonce, expiresAtMs: nowMs + 10, nowMs })
    await Promise.all(Array.from({ length: 100 }, (_, index) => remember(`old ${index}`, NOW_MS)))
    await Promise.all(Array.from({ length: 10 }, (_, index) => remember(`new ${index}`, NOW_MS + 10)))

    assert.equal(connection.one('select count(*) as left from nonce')?.left, 10)
  })
})
