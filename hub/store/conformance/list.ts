import assert from 'node:assert/strict'
import { DELIVERY_STATES, type Delivery, type DeliveryFilter } from '../../contract/store.ts'
import { aNewId, aSettlement } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, acceptCase, leaseOne } from './steps.ts'

/** Looking through deliveries and counting them. */
export function listClauses(current: Current): void {
  describe('listing and counting deliveries', () => {
    it('lists by every filter what a plain filter over everything would, by position', async () => {
      const { store } = current()
      const caseNo = await aMixture(current)
      const all = await store.deliveryList({ limit: 1_000 })
      assert.deepEqual(
        all.map(({ position }) => position),
        all.map(({ position }) => position).sort((a, b) => a - b),
      )
      assert.ok(all.length > 10)

      const after = all[3]?.position as number
      const filters: DeliveryFilter[] = [
        { limit: 3 },
        { limit: 3, after },
        { limit: 100, caseNo },
        { limit: 1, caseNo, after: all[0]?.position as number },
        { limit: 100, caseNo, destination: 'tax', states: ['pending'] },
        { limit: 100, destination: 'tax' },
        { limit: 2, destination: 'tax', after },
        { limit: 100, states: ['dead', 'unknown'] },
        { limit: 2, states: ['pending', 'dead', 'delivered'], after },
        { limit: 100, destination: 'tax', states: ['pending', 'pending'] },
        { limit: 100, destination: 'nobody' },
        { limit: 100, states: [] },
        { limit: 0 },
        { limit: -1, destination: 'tax' },
      ]
      for (const filter of filters) {
        assert.deepEqual(await store.deliveryList(filter), plainly(all, filter), JSON.stringify(filter))
      }
    })

    it('counts every state, over all destinations or one', async () => {
      const { store } = current()
      await aMixture(current)
      const all = await store.deliveryList({ limit: 1_000 })

      for (const destination of [undefined, 'tax', 'human-resources', 'nobody']) {
        const counts = await store.deliveryCount(destination === undefined ? {} : { destination })
        for (const state of DELIVERY_STATES) {
          const filter = {
            limit: 1_000,
            states: [state],
            ...(destination === undefined ? {} : { destination }),
          }
          assert.equal(counts[state], plainly(all, filter).length, `${destination} ${state}`)
        }
      }
    })

    it('counts nothing in an empty store', async () => {
      const counts = await current().store.deliveryCount({})

      assert.deepEqual(counts, Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])))
    })
  })
}

/** Deliveries in every state, free and held, to two destinations; answers the number of a case with several. */
async function aMixture(current: Current): Promise<string> {
  const { store } = current()
  const caseNo = aNewId()
  await accept(store, { caseNo, destinations: ['tax', 'human-resources'] })
  await accept(store, { caseNo, version: 2, destinations: ['tax', 'human-resources'] })
  for (const state of ['delivered', 'waiting', 'unknown', 'dead'] as const) {
    await acceptCase(store, aNewId(), 2)
    const leased = await leaseOne(store)
    await store.deliverySettle([aSettlement(leased, { state })])
  }
  const [cancelled] = await acceptCase(store, aNewId(), 1, 'tax')
  await store.deliveryCancel({
    deliveryId: cancelled as string,
    reason: { code: 'DELIVERY_CANCELLED', words: '', owner: 'nobody' },
    audit: {
      atMs: 0,
      actor: 'operator-1',
      action: 'delivery.cancelled',
      subject: cancelled as string,
      details: {},
    },
  })
  await leaseOne(store)
  await accept(store, { destinations: ['tax'] })
  return caseNo
}

function plainly(all: readonly Delivery[], filter: DeliveryFilter): readonly Delivery[] {
  return all
    .filter(({ caseNo }) => filter.caseNo === undefined || caseNo === filter.caseNo)
    .filter(({ destination }) => filter.destination === undefined || destination === filter.destination)
    .filter(({ state }) => filter.states === undefined || filter.states.includes(state))
    .filter(({ position }) => position > (filter.after ?? 0))
    .slice(0, Math.max(0, filter.limit))
}
