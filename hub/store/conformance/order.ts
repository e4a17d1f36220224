import assert from 'node:assert/strict'
import type { Settlement } from '../../contract/store.ts'
import { aNewId, aSettlement, START_MS } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, acceptCase, deliveryNow, idsOf, lease, leaseOne, NOW_MS } from './steps.ts'

const FAR_MS = NOW_MS + 86_400_000

/** Order holds per case and destination, and for nobody else. */
export function orderClauses(current: Current): void {
  describe('order per case and destination', () => {
    it('holds the later deliveries of a case to a destination', async () => {
      const { store } = current()
      const caseNo = aNewId()
      await acceptCase(store, caseNo, 3)

      const held = (await store.deliveryList({ caseNo, limit: 10 })).map((delivery) => delivery.held)
      assert.deepEqual(held, [false, true, true])
    })

    it('holds the second of two deliveries of one message to the same destination', async () => {
      const { store } = current()
      const { deliveries } = await accept(store, { destinations: ['tax', 'tax'] })

      assert.deepEqual(idsOf(await lease(store, { destination: 'tax' })), [deliveries[0]?.id])
    })

    it('does not hold the same case elsewhere, nor other cases', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const first = await accept(store, { caseNo, destinations: ['tax'] })
      const second = await accept(store, { caseNo, version: 2, destinations: ['tax', 'police'] })
      const stranger = await accept(store, { destinations: ['tax'] })

      const toTax = await lease(store, { destination: 'tax' })
      assert.deepEqual(idsOf(toTax), [first.deliveries[0]?.id, stranger.deliveries[0]?.id])
      assert.deepEqual(idsOf(await lease(store, { destination: 'police' })), [second.deliveries[1]?.id])
    })

    it('frees exactly the next delivery when one is delivered', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const ids = await acceptCase(store, caseNo, 3)
      for (const id of ids) {
        const leased = await lease(store)
        assert.deepEqual(idsOf(leased), [id])
        assert.deepEqual(await store.deliverySettle(leased.map((one) => aSettlement(one))), [true])
      }
      assert.deepEqual(await lease(store), [])
    })

    for (const state of ['waiting', 'unknown', 'dead'] as const satisfies Settlement['state'][]) {
      it(`keeps holding while a delivery is ${state}`, async () => {
        const { store } = current()
        const caseNo = aNewId()
        const [first, second] = (await acceptCase(store, caseNo, 2)) as [string, string]
        const leased = await leaseOne(store)
        await store.deliverySettle([aSettlement(leased, { state, dueAtMs: FAR_MS })])

        assert.deepEqual(await lease(store), [])
        assert.equal((await deliveryNow(store, caseNo, first)).state, state)
        assert.equal((await deliveryNow(store, caseNo, second)).held, true)
      })
    }

    it('holds a message that arrives after an earlier one went wrong', async () => {
      const { store } = current()
      const caseNo = aNewId()
      await acceptCase(store, caseNo, 1)
      await store.deliverySettle([aSettlement(await leaseOne(store), { state: 'dead' })])
      await accept(store, { caseNo, version: 2 })

      assert.deepEqual(await lease(store), [])
    })

    it('does not hold a message that arrives after all earlier ones were delivered', async () => {
      const { store } = current()
      const caseNo = aNewId()
      await acceptCase(store, caseNo, 1)
      await store.deliverySettle([aSettlement(await leaseOne(store))])
      const { deliveries } = await accept(store, { caseNo, version: 2 })

      assert.deepEqual(idsOf(await lease(store)), [deliveries[0]?.id])
    })

    it('keeps strangers going while a case is stuck', async () => {
      const { store } = current()
      await acceptCase(store, aNewId(), 2)
      await store.deliverySettle([aSettlement(await leaseOne(store), { state: 'dead' })])
      const { deliveries } = await accept(store)

      assert.deepEqual(idsOf(await lease(store)), [deliveries[0]?.id])
    })

    it('frees the next delivery when a person cancels the one that held it', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [first, second, third] = (await acceptCase(store, caseNo, 3)) as [string, string, string]
      await store.deliverySettle([aSettlement(await leaseOne(store), { state: 'dead' })])

      assert.equal(await cancel(current, first), true)
      const cancelled = await deliveryNow(store, caseNo, first)
      assert.equal(cancelled.state, 'cancelled')
      assert.equal(cancelled.settledAtMs, NOW_MS)
      assert.deepEqual(cancelled.reason, reason)
      assert.deepEqual(idsOf(await lease(store)), [second])
      assert.equal((await deliveryNow(store, caseNo, third)).held, true)
    })

    it('does not let a held delivery pass when one between is cancelled', async () => {
      const { store } = current()
      const [first, second, third] = (await acceptCase(store, aNewId(), 3)) as [string, string, string]

      assert.equal(await cancel(current, second), true)
      const leased = await lease(store)
      assert.deepEqual(idsOf(leased), [first])
      await store.deliverySettle(leased.map((one) => aSettlement(one)))
      assert.deepEqual(idsOf(await lease(store)), [third])
    })

    it('does not cancel what is done, unknown to it, or leased by a living owner', async () => {
      const { store } = current()
      const [id] = (await acceptCase(store, aNewId(), 1)) as [string]
      const leased = await leaseOne(store)

      assert.equal(await cancel(current, id), false)
      assert.equal(await cancel(current, aNewId()), false)
      await store.deliverySettle([aSettlement(leased)])
      assert.equal(await cancel(current, id), false)
    })

    it('cancels once, and then refuses the settlement of a lease that had run out', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const leased = await leaseOne(store, { leaseMs: 1_000 })

      assert.equal(await cancel(current, id, NOW_MS + 1_000), true)
      assert.equal(await cancel(current, id, NOW_MS + 2_000), false)
      assert.deepEqual(await store.deliverySettle([aSettlement(leased)]), [false])
      assert.equal((await deliveryNow(store, caseNo, id)).state, 'cancelled')
    })
  })
}

const reason = { code: 'DELIVERY_CANCELLED', words: '部门已线下办理', owner: 'nobody' } as const

function cancel(current: Current, deliveryId: string, atMs = NOW_MS): Promise<boolean> {
  return current().store.deliveryCancel({
    deliveryId,
    reason,
    audit: {
      atMs,
      actor: 'operator-1',
      action: 'delivery.cancelled',
      subject: deliveryId,
      details: { since: START_MS },
    },
  })
}
