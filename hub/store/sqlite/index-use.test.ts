/** What the verbs cost, in plans and steps of SQLite's machine rather than in time. */
import assert from 'node:assert/strict'
import { accept, LEASE_MS, lease, NOW_MS, nextDue } from '../conformance/steps.ts'
import { aNewId, anAcceptance, aSettlement } from '../fixtures.ts'
import { type Connection, openConnection } from './connection.ts'
import { selectRunning } from './deadline-find.ts'
import {
  selectAnyFresh,
  selectExpired,
  selectFresh,
  selectNextExpiry,
  selectNextRetried,
  selectRetried,
} from './delivery-lease.ts'
import { selectStretch } from './delivery-list.ts'
import { selectInbox } from './inbox.ts'
import { migrate, migrationList } from './migrate.ts'
import { type SqliteStore, sqliteStoreOn } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('the use of indexes', () => {
  let connection: Connection
  let store: SqliteStore
  let erase: () => Promise<void>

  beforeEach(async () => {
    const folder = await temporaryFolder()
    erase = folder.erase
    connection = openConnection({ file: folder.file })
    migrate(connection, migrationList(), undefined)
    store = sqliteStoreOn(connection)
  })

  afterEach(async () => {
    await store.close()
    await erase()
  })

  const planOf = (sql: string) => {
    const placeholders = sql.split('?').length - 1
    const values = Array.from({ length: placeholders }, () => 1)
    return connection.all(`explain query plan ${sql}`, ...values).map(({ detail }) => String(detail))
  }

  const plans = [
    { name: 'the lease of fresh ones', sql: selectFresh, index: 'delivery_fresh', sorts: false },
    { name: 'the lease of retried ones', sql: selectRetried, index: 'delivery_retried', sorts: false },
    { name: 'the takeover', sql: selectExpired, index: 'delivery_leased', sorts: true },
    { name: 'whether there is a fresh one', sql: selectAnyFresh, index: 'delivery_fresh', sorts: false },
    { name: 'the next due time', sql: selectNextRetried, index: 'delivery_retried', sorts: false },
    { name: 'the next end of a lease', sql: selectNextExpiry, index: 'delivery_leased', sorts: false },
    { name: 'the inbox', sql: selectInbox, index: 'delivery_by_state', sorts: false },
    { name: 'the list', sql: selectStretch, index: 'delivery_by_state', sorts: false },
  ]
  for (const { name, sql, index, sorts } of plans) {
    it(`finds ${name} by ${index}, without a scan${sorts ? '' : ' or a sort'}`, () => {
      const plan = planOf(sql)

      assert.match(
        plan[0] ?? '',
        new RegExp(`^SEARCH delivery USING (COVERING )?INDEX ${index} \\(destination=\\?`),
      )
      assert.ok(!plan.some((line) => line.startsWith('SCAN')), plan.join('\n'))
      assert.equal(
        plan.some((line) => line.includes('TEMP B-TREE')),
        sorts,
        plan.join('\n'),
      )
    })
  }

  it('finds running clocks by deadline_running, without a scan or a sort', () => {
    const plan = planOf(selectRunning)

    assert.match(plan[0] ?? '', /^SEARCH deadline USING INDEX deadline_running \(clock=\? AND warned=\?/)
    assert.equal(plan.length, 1, plan.join('\n'))
  })

  it('leases and looks for the next due time at the same cost from a short and from a long backlog', async () => {
    const costs: number[] = []
    for (const backlog of [200, 4_000]) {
      const waiting = (await store.deliveryCount({})).pending
      const calls = Array.from({ length: backlog - waiting }, () => anAcceptance())
      await Promise.all(calls.map((call) => store.messageAccept(call)))
      const before = stepsOf(connection)
      const leased = await lease(store, { limit: 20 })
      await nextDue(store)
      costs.push(stepsOf(connection) - before)
      await store.deliveryRelease(leased.map(({ delivery, fence }) => ({ deliveryId: delivery.id, fence })))
    }

    const [short, long] = costs as [number, number]
    assert.ok(short > 0)
    assert.ok(Math.abs(long - short) <= short * 0.05, `${short} steps for 200 waiting, ${long} for 4000`)
  })

  it('scans no table that grows, whatever verb is called', async () => {
    const caseNo = aNewId()
    for (let count = 0; count < 20; count++) await accept(store, { destinations: ['tax', 'lankao'] })
    const first = await accept(store, {
      caseNo,
      externalIds: [{ system: 'tax', value: 'T-1' }],
      destinations: ['tax'],
    })
    await accept(store, { caseNo, version: 2, destinations: ['tax', 'lankao'] })
    const leased = await lease(store, { destination: 'tax', limit: 10 })
    await store.deliverySettle(leased.slice(0, 5).map((one) => aSettlement(one)))
    await store.deliveryRelease(
      leased.slice(5, 7).map(({ delivery, fence }) => ({ deliveryId: delivery.id, fence })),
    )
    await lease(store, { destination: 'tax', nowMs: NOW_MS + LEASE_MS })
    await nextDue(store, { destination: 'tax' })
    await store.messageGet({ id: first.message.id })
    await store.answerGet(first.idempotency)
    await store.caseGet({ caseNo })
    await store.caseGet({ externalId: { system: 'tax', value: 'T-1' } })
    await store.caseTimeline({ caseNo })
    await store.externalIdList({ caseNo })
    await store.deadlineList({ caseNo })
    await store.deadlineFind({ clock: 'T2', warned: false, dueUntil: '2026-10-09', limit: 5 })
    await store.attemptList({ deliveryId: leased[0]?.delivery.id ?? '' })
    await store.deliveryList({ limit: 5, caseNo })
    await store.deliveryList({ limit: 5, destination: 'tax', states: ['delivered', 'dead'] })
    await store.deliveryList({ limit: 5, states: ['pending'] })
    const [entry] = await store.inboxRead({ system: 'lankao', after: 0, limit: 1 })
    const deliveryId = entry?.delivery.id ?? ''
    await store.inboxPark({ deliveryId, reason: { code: 'X_Y', words: '', owner: 'nobody' }, nowMs: NOW_MS })
    await store.inboxAck({ system: 'lankao', deliveryIds: [deliveryId], nowMs: NOW_MS })
    await store.nonceRemember({ keyId: 'k', nonce: 'n', expiresAtMs: NOW_MS + 1, nowMs: NOW_MS })
    await store.nonceRemember({ keyId: 'k', nonce: 'm', expiresAtMs: NOW_MS + 9, nowMs: NOW_MS + 5 })

    const small = ['delivery_count', 'probe', 'sqlite_schema', 'schema_version']
    const scans = connection
      .statistics()
      .filter(({ scanned, sql }) => scanned > 0 && !small.some((table) => sql.includes(table)))
      .map(({ sql, scanned }) => `${scanned} rows: ${sql}`)
    assert.deepEqual(scans, [])
  })
})

function stepsOf(connection: Connection): number {
  return connection.statistics().reduce((sum, { steps }) => sum + steps, 0)
}
