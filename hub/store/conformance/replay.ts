import assert from 'node:assert/strict'
import type { AuditEntry, Settlement } from '../../contract/store.ts'
import { aNewId, anAttempt, aSettlement } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, acceptCase, deliveryNow, idsOf, lease, leaseOne, NOW_MS } from './steps.ts'

const LATER_MS = NOW_MS + 3_600_000

const reason = { code: 'DELIVERY_CONFIRMED', words: '窗口电话确认已收到', owner: 'nobody' } as const

/** What a person decides about deliveries that are over. */
export function replayClauses(current: Current): void {
  const replay = (deliveryIds: readonly string[], nowMs = LATER_MS) =>
    current().store.deliveryReplay({ deliveryIds, nowMs, audit: anAudit('delivery.replayed', nowMs) })
  const markDelivered = (deliveryId: string, reference?: string) =>
    current().store.deliveryMarkDelivered({
      deliveryId,
      ...(reference === undefined ? {} : { reference }),
      reason,
      audit: anAudit('delivery.confirmed', LATER_MS),
    })
  /** Leases the oldest and settles it. */
  const settle = async (wanted: Partial<Settlement> = {}) => {
    const settlement = aSettlement(await leaseOne(current().store), wanted)
    assert.deepEqual(await current().store.deliverySettle([settlement]), [true])
  }
  const stateOf = async (caseNo: string, id: string) => (await deliveryNow(current().store, caseNo, id)).state

  describe('replaying', () => {
    for (const state of ['dead', 'unknown', 'delivered'] as const) {
      it(`makes a delivery that is ${state} pending again, due now, its attempts counted from 0`, async () => {
        const { store } = current()
        const caseNo = aNewId()
        const [id] = (await acceptCase(store, caseNo, 1)) as [string]
        await settle({ state, reference: 'RS-2026-1' })
        const before = await deliveryNow(store, caseNo, id)

        assert.equal(await replay([id], NOW_MS + 5), 1)
        assert.deepEqual(await deliveryNow(store, caseNo, id), {
          ...before,
          state: 'pending',
          dueAtMs: NOW_MS + 5,
          attempts: 0,
          settledAtMs: undefined,
          reason: undefined,
        })
        const [again] = await lease(store)
        assert.equal(again?.delivery.id, id)
      })
    }

    it('replays what a person had cancelled', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      await store.deliveryCancel({ deliveryId: id, reason, audit: anAudit('delivery.cancelled', NOW_MS) })

      assert.equal(await replay([id]), 1)
      assert.deepEqual(idsOf(await lease(store, { nowMs: LATER_MS })), [id])
    })

    it('keeps the attempts and the receipt of what was delivered, and adds the new ones', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      await settle({ reference: 'RS-2026-1', attempt: anAttempt({ words: 'first' }) })
      await replay([id], NOW_MS)
      assert.equal((await deliveryNow(store, caseNo, id)).reference, 'RS-2026-1')
      await settle({ reference: 'RS-2026-2', attempt: anAttempt({ words: 'second' }) })

      const attempts = await store.attemptList({ deliveryId: id })
      assert.deepEqual(
        attempts.map(({ words }) => words),
        ['first', 'second'],
      )
      const delivery = await deliveryNow(store, caseNo, id)
      assert.equal(delivery.attempts, 1)
      assert.equal(delivery.reference, 'RS-2026-2')
    })

    it('leaves alone what will be attempted anyway and what is not there, and counts each once', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [pending] = (await acceptCase(store, aNewId(), 1, 'tax')) as [string]
      const [dead] = (await acceptCase(store, caseNo, 1)) as [string]
      await settle({ state: 'dead' })
      await acceptCase(store, aNewId(), 1)
      const leased = await leaseOne(store)
      const ids = [pending, dead, dead, aNewId(), leased.delivery.id]

      assert.equal(await replay(ids), 1)
      assert.equal(await replay(ids), 0)
      assert.equal(await replay([]), 0)
      assert.deepEqual(await store.deliverySettle([aSettlement(leased)]), [true])
    })

    it('maps with the version that is named for the destination; the others keep theirs', async () => {
      const { store } = current()
      const caseNo = aNewId()
      await accept(store, { caseNo, destinations: ['tax', 'house'] })
      const ids: string[] = []
      for (const destination of ['tax', 'house']) {
        const leased = await leaseOne(store, { destination })
        ids.push(leased.delivery.id)
        await store.deliverySettle([aSettlement(leased, { state: 'dead' })])
      }
      const audit = anAudit('delivery.replayed', LATER_MS)
      const mappingVersions = { tax: '2.0.0+abc', "o'clock": '1' }
      assert.equal(
        await store.deliveryReplay({ deliveryIds: ids, mappingVersions, nowMs: LATER_MS, audit }),
        2,
      )
      const [tax, house] = (await store.caseTimeline({ caseNo }))[0]?.deliveries ?? []
      assert.deepEqual([tax?.mappingVersion, house?.mappingVersion], ['2.0.0+abc', 'house@1'])
      const again = await leaseOne(store, { destination: 'tax', nowMs: LATER_MS })
      assert.equal(again.delivery.mappingVersion, '2.0.0+abc')
    })

    it('refuses the settlement of a lease from before', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const old = await leaseOne(store)
      await store.deliverySettle([aSettlement(old, { state: 'unknown' })])
      await replay([id])
      const fresh = await leaseOne(store, { nowMs: LATER_MS })

      assert.ok(fresh.fence > old.fence)
      assert.deepEqual(await store.deliverySettle([aSettlement(old)]), [false])
      assert.equal(await stateOf(caseNo, id), 'leased')
    })

    it('keeps the later messages of the case waiting behind a dead one that is replayed', async () => {
      const { store } = current()
      const [first, second] = (await acceptCase(store, aNewId(), 2)) as [string, string]
      await settle({ state: 'dead' })
      await replay([first], NOW_MS)

      assert.deepEqual(idsOf(await lease(store)), [first])
      const [leased] = await lease(store, { nowMs: LATER_MS })
      await store.deliverySettle(leased === undefined ? [] : [aSettlement(leased)])
      assert.deepEqual(idsOf(await lease(store, { nowMs: LATER_MS })), [second])
    })

    it('puts what was delivered back into its old place in the order of its case', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const ids = (await acceptCase(store, caseNo, 4)) as [string, string, string, string]
      await settle()
      await settle()
      await settle()
      assert.equal(await replay([ids[2], ids[0]], NOW_MS), 2)

      assert.deepEqual(
        (await store.deliveryList({ caseNo, states: ['pending'], limit: 9 })).map(({ id, held }) => [
          id,
          held,
        ]),
        [
          [ids[0], false],
          [ids[2], true],
          [ids[3], true],
        ],
      )
      for (const id of [ids[0], ids[2], ids[3]]) {
        const leased = await lease(store)
        assert.deepEqual(idsOf(leased), [id])
        await store.deliverySettle(leased.map((one) => aSettlement(one)))
      }
    })

    it('does not replay what a later message of its case, now under way, has overtaken', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [first, second] = (await acceptCase(store, caseNo, 2)) as [string, string]
      await settle()
      const underWay = await leaseOne(store)
      assert.equal(underWay.delivery.id, second)

      assert.equal(await replay([first]), 0)
      assert.equal(await stateOf(caseNo, first), 'delivered')
      await store.deliverySettle([aSettlement(underWay)])
      assert.equal(await replay([first]), 1)
    })

    it('holds a cancelled one again where an earlier one is still open', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [first, second] = (await acceptCase(store, caseNo, 2)) as [string, string]
      await store.deliveryCancel({ deliveryId: second, reason, audit: anAudit('delivery.cancelled', NOW_MS) })
      assert.equal(await replay([second], NOW_MS), 1)

      assert.equal((await deliveryNow(store, caseNo, second)).held, true)
      assert.deepEqual(idsOf(await lease(store)), [first])
    })

    it('does not touch the same case elsewhere, nor other cases, and keeps the counts', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const { deliveries } = await accept(store, { caseNo, destinations: ['human-resources', 'tax'] })
      const stranger = await accept(store)
      await settle()
      const before = await store.deliveryCount({})
      await replay([deliveries[0]?.id ?? ''], NOW_MS)

      const after = await store.deliveryCount({})
      assert.deepEqual(after, {
        ...before,
        pending: before.pending + 1,
        delivered: before.delivered - 1,
      })
      assert.deepEqual(idsOf(await lease(store, { destination: 'tax' })), [deliveries[1]?.id])
      assert.equal(await stateOf(stranger.case.caseNo, stranger.deliveries[0]?.id ?? ''), 'pending')
    })
  })

  describe('marking as delivered', () => {
    for (const state of ['unknown', 'dead'] as const) {
      it(`settles what is ${state} and frees the next of its case`, async () => {
        const { store } = current()
        const caseNo = aNewId()
        const [first, second, third] = (await acceptCase(store, caseNo, 3)) as [string, string, string]
        await settle({ state, reference: 'old' })

        assert.equal(await markDelivered(first, 'RS-2026-7'), true)
        const marked = await deliveryNow(store, caseNo, first)
        assert.equal(marked.state, 'delivered')
        assert.equal(marked.reference, 'RS-2026-7')
        assert.equal(marked.settledAtMs, LATER_MS)
        assert.deepEqual(marked.reason, reason)
        assert.deepEqual(idsOf(await lease(store)), [second])
        assert.equal((await deliveryNow(store, caseNo, third)).held, true)
      })
    }

    it('keeps the reference where no other is given, and the attempts', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      await settle({ state: 'unknown', reference: 'queue 7' })
      await markDelivered(id)

      assert.equal((await deliveryNow(store, caseNo, id)).reference, 'queue 7')
      assert.equal((await store.attemptList({ deliveryId: id })).length, 1)
      assert.equal((await store.deliveryCount({})).delivered, 1)
    })

    it('answers false, and changes nothing, in every other state and for what is not there', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const refuses = async () => {
        const before = await deliveryNow(store, caseNo, id)
        assert.equal(await markDelivered(id), false)
        assert.deepEqual(await deliveryNow(store, caseNo, id), before)
      }
      await refuses()
      await settle({ state: 'waiting', dueAtMs: NOW_MS })
      await refuses()
      const leased = await leaseOne(store)
      await refuses()
      await store.deliverySettle([aSettlement(leased)])
      await refuses()
      assert.equal(await markDelivered(aNewId()), false)
    })
  })
}

function anAudit(action: string, atMs: number): AuditEntry {
  return { atMs, actor: 'operator-1', action, subject: 'deliveries', details: {} }
}
