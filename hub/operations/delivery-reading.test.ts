import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Delivery, DeliveryFilter } from '../contract/store.ts'
import { aNewId, anAcceptance, START_MS } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { type DeliveryStore, deliveriesBetween, deliveryById } from './delivery-reading.ts'

/** Deliveries made at these times, positions in steps, as in a store from which rows were erased. */
function aStore(times: readonly number[], step = 1): DeliveryStore & { reads: number } {
  const all = times.map((createdAtMs, index) => ({ position: (index + 1) * step, createdAtMs }) as Delivery)
  const store = {
    reads: 0,
    async deliveryList({ after = 0, limit }: DeliveryFilter) {
      store.reads += 1
      return all.filter(({ position }) => position > after).slice(0, limit)
    },
  }
  return store
}

async function collect(store: DeliveryStore, fromMs: number, untilMs: number): Promise<number[]> {
  const found: number[] = []
  for await (const { createdAtMs } of deliveriesBetween(store, { fromMs, untilMs })) found.push(createdAtMs)
  return found
}

describe('deliveries between two times', () => {
  it('are all those made then, though the order of positions is only roughly that of time', async () => {
    const time = fc.integer({ min: 0, max: 20_000_000 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(time, { maxLength: 60 }),
        time,
        time,
        fc.integer({ min: 1, max: 9 }),
        async (times, one, other, step) => {
          // Sorted by time and then disturbed by less than the disorder that is allowed for.
          const disturbed = [...times].sort((a, b) => a + ((a * 7919) % 30_000) - b - ((b * 7919) % 30_000))
          const [fromMs, untilMs] = [Math.min(one, other), Math.max(one, other)]
          const expected = disturbed.filter((ms) => ms >= fromMs && ms < untilMs)
          assert.deepEqual(await collect(aStore(disturbed, step), fromMs, untilMs), expected)
        },
      ),
    )
  })

  it('are found without reading what was made before', async () => {
    const store = aStore(Array.from({ length: 5000 }, (_, index) => index * 1_000_000))
    assert.deepEqual(await collect(store, 4_990_000_000, 4_992_000_000), [4_990_000_000, 4_991_000_000])
    assert.ok(store.reads < 40, `${store.reads} reads`)
  })
})

describe('a delivery by its id', () => {
  it('is found among others, and is undefined where there is none', async () => {
    const store = openMemoryStore()
    const accepted = Array.from({ length: 20 }, (_, index) =>
      anAcceptance({ recordedAtMs: START_MS + index }),
    )
    for (const acceptance of accepted) await store.messageAccept(acceptance)
    for (const { deliveries, message } of accepted) {
      const found = await deliveryById(store, deliveries[0]?.id ?? '')
      assert.equal(found?.messageId, message.id)
    }
    for (const id of [aNewId(), '', 'x', '00000000-0000-4000-8000-000000000000'])
      assert.equal(await deliveryById(store, id), undefined)
  })
})
