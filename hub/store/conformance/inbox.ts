import assert from 'node:assert/strict'
import { aNewId, aSettlement } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, acceptCase, deliveryNow, leaseOne, NOW_MS } from './steps.ts'

const SYSTEM = 'lankao'

/** Systems that collect their messages themselves. */
export function inboxClauses(current: Current): void {
  const read = async (after = 0, limit = 100) => {
    const entries = await current().store.inboxRead({ system: SYSTEM, after, limit })
    return entries.map(({ delivery }) => delivery.id)
  }
  const ack = (deliveryIds: readonly string[], system = SYSTEM) =>
    current().store.inboxAck({ system, deliveryIds, nowMs: NOW_MS })

  describe('the inbox', () => {
    it('shows deliveries with their messages by position, and only to their own system', async () => {
      const { store } = current()
      const first = await accept(store, { destinations: [SYSTEM, 'tax'] })
      const second = await accept(store, { destinations: [SYSTEM] })

      const entries = await store.inboxRead({ system: SYSTEM, after: 0, limit: 10 })
      assert.deepEqual(
        entries.map(({ message }) => message),
        [first.message, second.message],
      )
      const listed = await store.deliveryList({ destination: SYSTEM, limit: 10 })
      assert.deepEqual(
        entries.map(({ delivery }) => delivery),
        listed,
      )
    })

    it('shows the same again until it is acknowledged', async () => {
      const [id] = (await acceptCase(current().store, aNewId(), 1, SYSTEM)) as [string]

      assert.deepEqual(await read(), [id])
      assert.deepEqual(await read(), [id])
      assert.equal(await ack([id]), 1)
      assert.deepEqual(await read(), [])
    })

    it('reads on after a cursor, up to the limit', async () => {
      const { store } = current()
      const ids: string[] = []
      for (let count = 0; count < 5; count++) ids.push(...(await acceptCase(store, aNewId(), 1, SYSTEM)))
      const [first] = await store.inboxRead({ system: SYSTEM, after: 0, limit: 1 })

      assert.deepEqual(await read(first?.delivery.position, 2), ids.slice(1, 3))
      assert.deepEqual(await read(0, 0), [])
      assert.deepEqual(await read(0, -1), [])
    })

    it('does not show held deliveries; an acknowledgement frees the next', async () => {
      const ids = await acceptCase(current().store, aNewId(), 3, SYSTEM)
      for (const id of ids) {
        assert.deepEqual(await read(), [id])
        assert.equal(await ack([id]), 1)
      }
      assert.deepEqual(await read(), [])
    })

    it('settles what is acknowledged as delivered', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1, SYSTEM)) as [string]
      await ack([id])

      const delivery = await deliveryNow(store, caseNo, id)
      assert.equal(delivery.state, 'delivered')
      assert.equal(delivery.settledAtMs, NOW_MS)
      assert.equal((await store.deliveryCount({ destination: SYSTEM })).delivered, 1)
    })

    it('counts each acknowledged delivery once', async () => {
      const { store } = current()
      const [first] = (await acceptCase(store, aNewId(), 1, SYSTEM)) as [string]
      const [second] = (await acceptCase(store, aNewId(), 1, SYSTEM)) as [string]

      assert.equal(await ack([first, first]), 1)
      assert.equal(await ack([first]), 0)
      assert.equal(await ack([first, second]), 1)
      assert.equal(await ack([]), 0)
    })

    it('ignores acknowledgements of what belongs to another system, is held, or is not there', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [free, held] = (await acceptCase(store, caseNo, 2, SYSTEM)) as [string, string]

      assert.equal(await ack([free], 'zhoukou'), 0)
      assert.equal(await ack([held, aNewId()]), 0)
      assert.deepEqual(await read(), [free])
      assert.equal((await deliveryNow(store, caseNo, held)).state, 'pending')
    })

    it('ignores what only the same acknowledgement frees: it was never shown', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [first, second] = (await acceptCase(store, caseNo, 2, SYSTEM)) as [string, string]

      assert.equal(await ack([first, second]), 1)
      assert.deepEqual(await read(), [second])
      assert.equal((await deliveryNow(store, caseNo, second)).state, 'pending')
    })

    it('parks an entry with its reason, which keeps holding its own case and no other', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [bad, next] = (await acceptCase(store, caseNo, 2, SYSTEM)) as [string, string]
      const [stranger] = (await acceptCase(store, aNewId(), 1, SYSTEM)) as [string]
      const reason = { code: 'DELIVERY_UNMAPPABLE', words: '代码值没有对照', owner: 'integrator' } as const
      await store.inboxPark({ deliveryId: bad, reason, nowMs: NOW_MS })

      assert.deepEqual(await read(), [stranger])
      const parked = await deliveryNow(store, caseNo, bad)
      assert.equal(parked.state, 'dead')
      assert.equal(parked.settledAtMs, NOW_MS)
      assert.deepEqual(parked.reason, reason)
      assert.equal((await deliveryNow(store, caseNo, next)).held, true)
    })

    it('does not park what was collected, and parks once', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1, SYSTEM)) as [string]
      const reason = { code: 'DELIVERY_UNMAPPABLE', words: 'first', owner: 'integrator' } as const
      await store.inboxPark({ deliveryId: id, reason, nowMs: NOW_MS })
      await store.inboxPark({ deliveryId: id, reason: { ...reason, words: 'second' }, nowMs: NOW_MS + 1 })
      assert.equal((await deliveryNow(store, caseNo, id)).reason?.words, 'first')

      assert.equal(await ack([id]), 1)
      await store.inboxPark({ deliveryId: id, reason, nowMs: NOW_MS })
      assert.equal((await deliveryNow(store, caseNo, id)).state, 'delivered')
    })

    it('shows a delivery whose system was pushed to before, and not while that is under way', async () => {
      const { store } = current()
      const [id] = (await acceptCase(store, aNewId(), 1, SYSTEM)) as [string]
      const leased = await leaseOne(store, { destination: SYSTEM })
      assert.deepEqual(await read(), [])

      await store.deliverySettle([aSettlement(leased, { state: 'waiting' })])
      assert.deepEqual(await read(), [id])
    })
  })
}
