import assert from 'node:assert/strict'
import type { Store } from '../../contract/store.ts'
import { aSettlement, START_MS } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, idsOf, lease, NOW_MS } from './steps.ts'

/** After an outage neither what is new nor what was tried before waits behind all of the other. */
export function fairClauses(current: Current): void {
  describe('leasing fresh deliveries beside retried ones', () => {
    it('keeps places for retried ones and gives fresh ones the others', async () => {
      const { store } = current()
      const { fresh, retried } = await backlog(store, 10, 10)

      const first = idsOf(await lease(store, { limit: 8, retried: 2 }))
      assert.deepEqual(new Set(first), new Set([...fresh.slice(0, 6), ...retried.slice(0, 2)]))
      assert.deepEqual(idsOf(await lease(store, { limit: 1 })), [fresh[6]])
      assert.deepEqual(idsOf(await lease(store, { limit: 1, retried: 1 })), [retried[2]])
    })

    it('lets either kind have the places that the other leaves', async () => {
      const { store } = current()
      const { fresh, retried } = await backlog(store, 3, 3)

      const all = idsOf(await lease(store, { limit: 5, retried: 1 }))
      assert.deepEqual(new Set(all), new Set([...fresh, ...retried.slice(0, 2)]))
      assert.deepEqual(idsOf(await lease(store, { limit: 5 })), retried.slice(2))
      const more = await backlog(store, 4, 0)
      assert.deepEqual(idsOf(await lease(store, { limit: 4, retried: 3 })), more.fresh)
    })

    it('answers all in the order in which they were due', async () => {
      const { store } = current()
      await backlog(store, 5, 5)

      const due = (await lease(store, { limit: 10, retried: 4 })).map(({ delivery }) => delivery.dueAtMs)
      assert.equal(due.length, 10)
      assert.deepEqual(
        due,
        due.toSorted((a, b) => a - b),
      )
    })
  })
}

/** Ids of each kind by due time; the kinds alternate. */
async function backlog(store: Store, fresh: number, retried: number) {
  for (let count = 0; count < retried; count++) await accept(store)
  const tried = await lease(store, { limit: retried })
  await store.deliverySettle(
    tried.map((one, index) =>
      aSettlement(one, { state: 'waiting', dueAtMs: NOW_MS - 2 * (retried - index) }),
    ),
  )
  const ids: string[] = []
  for (let count = 0; count < fresh; count++) {
    const { deliveries } = await accept(store, { recordedAtMs: START_MS + 900 + count })
    ids.push(deliveries[0]?.id ?? '')
  }
  return { fresh: ids, retried: idsOf(tried) }
}
