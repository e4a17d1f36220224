import assert from 'node:assert/strict'
import { aNewId, aSettlement, START_MS } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import {
  accept,
  acceptCase,
  deliveryNow,
  idsOf,
  LEASE_MS,
  lease,
  leaseOne,
  NOW_MS,
  nextDue,
} from './steps.ts'

/** Who may attempt what, and when. */
export function leaseClauses(current: Current): void {
  describe('leasing', () => {
    it('gives the delivery with its message', async () => {
      const { store } = current()
      const { message, deliveries } = await accept(store)
      const [leased, ...others] = await lease(store)

      assert.deepEqual(others, [])
      assert.deepEqual(leased?.message, message)
      assert.equal(leased?.delivery.state, 'leased')
      assert.deepEqual(leased?.delivery, await deliveryNow(store, message.subject, deliveries[0]?.id ?? ''))
    })

    it('gives nothing that is for somebody else', async () => {
      const { store } = current()
      await accept(store, { destinations: ['tax'] })

      assert.deepEqual(await lease(store, { destination: 'police' }), [])
    })

    it('gives a fresh delivery at once, whatever clock a node has, and one that waits no earlier than it is due', async () => {
      const { store } = current()
      const { deliveries } = await accept(store, { recordedAtMs: START_MS })
      const leased = await leaseOne(store, { nowMs: START_MS - 3_600_000 })
      assert.equal(leased.delivery.id, deliveries[0]?.id)

      await store.deliverySettle([aSettlement(leased, { state: 'waiting', dueAtMs: NOW_MS + 500 })])
      assert.deepEqual(await lease(store, { nowMs: NOW_MS + 499 }), [])
      assert.deepEqual(idsOf(await lease(store, { nowMs: NOW_MS + 500 })), [deliveries[0]?.id])
    })

    it('gives the oldest due first, up to the limit', async () => {
      const { store } = current()
      const due = [300, 100, 200, 100]
      const ids: (string | undefined)[] = []
      for (const afterMs of due) {
        const { deliveries } = await accept(store, { recordedAtMs: START_MS + afterMs })
        ids.push(deliveries[0]?.id)
      }

      assert.deepEqual(await lease(store, { limit: 0 }), [])
      assert.deepEqual(await lease(store, { limit: -1 }), [])
      assert.deepEqual(idsOf(await lease(store, { limit: 3 })), [ids[1], ids[3], ids[2]])
      assert.deepEqual(idsOf(await lease(store, { limit: 3 })), [ids[0]])
    })

    it('puts a lease that ran out in its place by due time', async () => {
      const { store } = current()
      const early = await accept(store, { recordedAtMs: START_MS })
      await lease(store, { nowMs: START_MS, leaseMs: 500 })
      const late = await accept(store, { recordedAtMs: START_MS + 100 })

      const ids = idsOf(await lease(store, { limit: 2, owner: 'node-b' }))
      assert.deepEqual(ids, [early.deliveries[0]?.id, late.deliveries[0]?.id])
    })

    it('never gives one delivery to two owners', async () => {
      const { store } = current()
      for (let count = 0; count < 20; count++) await accept(store)
      const owners = ['node-a', 'node-b', 'node-c', 'node-d']
      const taken = await Promise.all(owners.map((owner) => lease(store, { owner, limit: 7 })))

      const ids = taken.flatMap(idsOf)
      assert.equal(ids.length, 20)
      assert.equal(new Set(ids).size, 20)
      assert.deepEqual(await lease(store, { owner: 'node-a' }), [])
    })

    it('lets a lease be taken over when it runs out, with a higher fence', async () => {
      const { store } = current()
      await accept(store)
      const first = await leaseOne(store, { owner: 'node-a' })

      assert.deepEqual(await lease(store, { owner: 'node-b', nowMs: NOW_MS + LEASE_MS - 1 }), [])
      const second = await leaseOne(store, { owner: 'node-b', nowMs: NOW_MS + LEASE_MS })
      assert.equal(second.delivery.id, first.delivery.id)
      assert.ok(second.fence > first.fence)
    })

    it('refuses the settlement of a stale fence and writes nothing of it', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id, next] = (await acceptCase(store, caseNo, 2)) as [string, string]
      const stale = await leaseOne(store, { owner: 'node-a' })
      const living = await leaseOne(store, { owner: 'node-b', nowMs: NOW_MS + LEASE_MS })
      const before = await deliveryNow(store, caseNo, id)
      assert.deepEqual([stale.maybeSent, living.maybeSent], [false, true])

      assert.deepEqual(await store.deliverySettle([aSettlement(stale, { reference: 'stale' })]), [false])
      assert.deepEqual(await deliveryNow(store, caseNo, id), before)
      assert.deepEqual(await store.attemptList({ deliveryId: id }), [])
      assert.equal((await deliveryNow(store, caseNo, next)).held, true)
      assert.deepEqual(await store.deliverySettle([aSettlement(living)]), [true])
    })

    it('takes the settlement of a lease that ran out while nobody took it over', async () => {
      const { store } = current()
      await accept(store)
      const late = await leaseOne(store, { leaseMs: 1 })
      const attempt = { ...aSettlement(late).attempt, endedAtMs: NOW_MS + 60_000 }

      assert.deepEqual(await store.deliverySettle([aSettlement(late, { attempt })]), [true])
    })

    it('settles a lease once', async () => {
      const { store } = current()
      await accept(store)
      const leased = await leaseOne(store)

      assert.deepEqual(await store.deliverySettle([aSettlement(leased), aSettlement(leased)]), [true, false])
      assert.deepEqual(await store.deliverySettle([aSettlement(leased, { state: 'dead' })]), [false])
      assert.equal((await store.attemptList({ deliveryId: leased.delivery.id })).length, 1)
      await accept(store)
      const same = aSettlement(await leaseOne(store))
      assert.deepEqual(await store.deliverySettle([same, same]), [true, false])
    })

    it('answers settlements in order and writes those whose fence holds', async () => {
      const { store } = current()
      await accept(store)
      await accept(store)
      const [first, second] = await lease(store)
      assert.ok(first && second)
      const stale = { ...second, fence: second.fence - 1 }
      const unknown = { ...second, delivery: { ...second.delivery, id: aNewId() } }

      const held = await store.deliverySettle([stale, first, unknown, second].map((one) => aSettlement(one)))
      assert.deepEqual(held, [false, true, false, true])
      assert.equal((await store.deliveryCount({})).delivered, 2)
      assert.deepEqual(await store.deliverySettle([]), [])
    })

    it('does not let time take back what was settled', async () => {
      const { store } = current()
      const dueAtMs = NOW_MS + 10 * LEASE_MS
      for (const state of ['delivered', 'unknown', 'dead', 'waiting'] as const) {
        await accept(store)
        await store.deliverySettle([aSettlement(await leaseOne(store), { state, dueAtMs })])
      }

      assert.deepEqual(await lease(store, { nowMs: dueAtMs - 1 }), [])
      const [waiting, ...others] = await lease(store, { nowMs: dueAtMs })
      assert.deepEqual(others, [])
      assert.equal(waiting?.delivery.attempts, 1)
    })

    it('rounds a due time with a fraction up to whole milliseconds', async () => {
      const { store } = current()
      await accept(store)
      await store.deliverySettle([
        aSettlement(await leaseOne(store), { state: 'waiting', dueAtMs: NOW_MS + 10.5 }),
      ])

      assert.equal(await nextDue(store), NOW_MS + 11)
    })

    it('gives leases back as they were, to be leased again at once', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const untouched = await deliveryNow(store, caseNo, id)
      const first = await leaseOne(store)
      await store.deliveryRelease([{ deliveryId: id, fence: first.fence }])
      assert.deepEqual(await deliveryNow(store, caseNo, id), untouched)

      const second = await leaseOne(store, { owner: 'node-b' })
      assert.ok(second.fence > first.fence)
      await store.deliverySettle([aSettlement(second, { state: 'waiting', dueAtMs: NOW_MS + 5 })])
      const waiting = await deliveryNow(store, caseNo, id)
      const third = await leaseOne(store, { nowMs: NOW_MS + 5 })
      await store.deliveryRelease([{ deliveryId: id, fence: third.fence }])
      assert.deepEqual(await deliveryNow(store, caseNo, id), waiting)
    })

    it('does not give back what a stale fence names, nor settle what was given back', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const stale = await leaseOne(store, { leaseMs: 1 })
      const living = await leaseOne(store, { owner: 'node-b', nowMs: NOW_MS + 1 })
      await store.deliveryRelease([{ deliveryId: id, fence: stale.fence }])
      assert.equal((await deliveryNow(store, caseNo, id)).state, 'leased')

      await store.deliveryRelease([{ deliveryId: id, fence: living.fence }])
      assert.deepEqual(await store.deliverySettle([aSettlement(living)]), [false])
      await store.deliveryRelease([{ deliveryId: id, fence: living.fence }])
      await store.deliveryRelease([])
      assert.equal((await deliveryNow(store, caseNo, id)).state, 'pending')
    })
  })

  describe('the next due time', () => {
    it('is undefined where nothing will come due by itself', async () => {
      const { store } = current()
      assert.equal(await nextDue(store), undefined)

      for (const state of ['delivered', 'unknown', 'dead'] as const) {
        const caseNo = aNewId()
        await acceptCase(store, caseNo, state === 'delivered' ? 1 : 2)
        await store.deliverySettle([aSettlement(await leaseOne(store), { state })])
      }
      assert.equal(await nextDue(store), undefined)
    })

    it('is the earliest due time to that destination, past ones included, and 0 where a delivery is fresh', async () => {
      const { store } = current()
      for (const dueAtMs of [NOW_MS + 500, NOW_MS - 200]) {
        await accept(store)
        await store.deliverySettle([aSettlement(await leaseOne(store), { state: 'waiting', dueAtMs })])
      }
      await accept(store, { destinations: ['tax'] })

      assert.equal(await nextDue(store), NOW_MS - 200)
      assert.equal(await nextDue(store, { destination: 'tax' }), 0)
    })

    it('is the end of a lease where that comes first, and then the lease can be had', async () => {
      const { store } = current()
      await accept(store)
      await accept(store)
      const [first] = await lease(store, { leaseMs: 5_000 })
      assert.ok(first)
      await store.deliverySettle([aSettlement(first, { state: 'waiting', dueAtMs: NOW_MS + 9_000 })])

      const nextMs = await nextDue(store)
      assert.equal(nextMs, NOW_MS + 5_000)
      assert.equal((await lease(store, { nowMs: nextMs - 1 })).length, 0)
      assert.equal((await lease(store, { nowMs: nextMs })).length, 1)
      assert.equal(await nextDue(store, { nowMs: nextMs }), NOW_MS + 9_000)
    })
  })
}
