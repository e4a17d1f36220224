import assert from 'node:assert/strict'
import { aNewId, anAttempt, aSettlement, START_MS } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { acceptCase, deliveryNow, leaseOne, NOW_MS } from './steps.ts'

/** What a settlement leaves behind. */
export function evidenceClauses(current: Current): void {
  describe('evidence of attempts', () => {
    it('keeps every attempt in order, bytes included', async () => {
      const { store } = current()
      const [id] = (await acceptCase(store, aNewId(), 1)) as [string]
      const attempts = [
        anAttempt({ outcome: 'link-lost', words: 'connection refused' }),
        anAttempt({
          startedAtMs: START_MS + 5_000,
          endedAtMs: START_MS + 5_100,
          outcome: 'retry-later',
          words: '系统忙',
          sent: Uint8Array.of(0, 255, 128),
          answered: new Uint8Array(0),
        }),
        anAttempt({ startedAtMs: START_MS + 9_000, endedAtMs: START_MS + 9_100 }),
      ]
      for (const [index, attempt] of attempts.entries()) {
        const leased = await leaseOne(store, { nowMs: NOW_MS + index })
        const state = index < 2 ? 'waiting' : 'delivered'
        await store.deliverySettle([aSettlement(leased, { state, dueAtMs: NOW_MS + index + 1, attempt })])
      }

      const found = await store.attemptList({ deliveryId: id })
      const plain = (bytes: Uint8Array | undefined) => bytes && [...bytes]
      const comparable = (list: typeof found) =>
        list.map((one) => ({ ...one, sent: plain(one.sent), answered: plain(one.answered) }))
      assert.deepEqual(comparable(found), comparable(attempts))
    })

    it('keeps words with characters that a database may refuse', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const words = '系统\u0000忙\ud800!'
      const reason = { code: 'DELIVERY_CONTRACT', words, owner: 'integrator' } as const
      const wanted = { state: 'dead', reason, reference: words, attempt: anAttempt({ words }) } as const
      assert.deepEqual(await store.deliverySettle([aSettlement(await leaseOne(store), wanted)]), [true])

      const [attempt] = await store.attemptList({ deliveryId: id })
      assert.match(attempt?.words ?? '', /^系统.忙.!$/u)
      assert.match((await deliveryNow(store, caseNo, id)).reference ?? '', /^系统.忙.!$/u)
      assert.deepEqual((await deliveryNow(store, caseNo, id)).reason, reason)
    })

    it('counts only attempts that count', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      for (const counts of [true, false, true, false]) {
        const settlement = aSettlement(await leaseOne(store), { state: 'waiting', dueAtMs: NOW_MS, counts })
        await store.deliverySettle([settlement])
      }

      assert.equal((await deliveryNow(store, caseNo, id)).attempts, 2)
      assert.equal((await store.attemptList({ deliveryId: id })).length, 4)
    })

    it('keeps reference and end of a delivery that was delivered', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      await store.deliverySettle([aSettlement(await leaseOne(store), { reference: 'RS-2026-1' })])

      const delivery = await deliveryNow(store, caseNo, id)
      assert.equal(delivery.state, 'delivered')
      assert.equal(delivery.reference, 'RS-2026-1')
      assert.equal(delivery.reason, undefined)
      assert.equal(delivery.settledAtMs, anAttempt().endedAtMs)
      assert.equal(delivery.dueAtMs, START_MS)
    })

    for (const state of ['unknown', 'dead'] as const) {
      it(`keeps why a delivery is ${state}, and since when`, async () => {
        const { store } = current()
        const caseNo = aNewId()
        const [id] = (await acceptCase(store, caseNo, 1)) as [string]
        const reason = { code: 'DELIVERY_CONTRACT', words: '缺少 sqrlx', owner: 'integrator' } as const
        await store.deliverySettle([aSettlement(await leaseOne(store), { state, reason })])

        const delivery = await deliveryNow(store, caseNo, id)
        assert.equal(delivery.state, state)
        assert.deepEqual(delivery.reason, reason)
        assert.equal(delivery.settledAtMs, anAttempt().endedAtMs)
      })
    }

    it('keeps why a delivery is waiting and until when, and forgets why once it is delivered', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const waits = { state: 'waiting', dueAtMs: NOW_MS + 7, reference: 'queue 7' } as const
      await store.deliverySettle([aSettlement(await leaseOne(store), waits)])

      const waiting = await deliveryNow(store, caseNo, id)
      assert.equal(waiting.state, 'waiting')
      assert.equal(waiting.dueAtMs, NOW_MS + 7)
      assert.equal(waiting.settledAtMs, undefined)
      assert.equal(waiting.reason?.code, 'DELIVERY_RETRY_LATER')

      await store.deliverySettle([aSettlement(await leaseOne(store, { nowMs: NOW_MS + 7 }))])
      const delivered = await deliveryNow(store, caseNo, id)
      assert.equal(delivered.reason, undefined)
      assert.equal(delivered.reference, 'queue 7')
    })
  })
}
