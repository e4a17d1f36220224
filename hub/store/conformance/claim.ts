import assert from 'node:assert/strict'
import { aNewId, aSettlement } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import {
  accept,
  acceptCase,
  CLAIM_MS,
  claim,
  deliveryNow,
  idsOf,
  LEASE_MS,
  lease,
  leaseOne,
  NOW_MS,
} from './steps.ts'

const DESTINATION = 'human-resources'
const ENDED_MS = NOW_MS + CLAIM_MS

/** Who delivers to whom where several nodes share a store. */
export function claimClauses(current: Current): void {
  describe('owning destinations', () => {
    it('grants what is free, and again to the owner, and says who is alive', async () => {
      const { store } = current()
      const serves = ['tax', DESTINATION]
      const first = await claim(store, { serves, destinations: [DESTINATION, 'tax', 'tax'] })
      assert.deepEqual(
        first.owned.map(({ destination }) => destination),
        [DESTINATION, 'tax'],
      )
      assert.deepEqual(first.nodes, [{ node: 'node-a', serves }])

      const again = await claim(store, { serves, nowMs: NOW_MS + 1_000 })
      assert.deepEqual(again.owned, first.owned.slice(0, 1))
      assert.deepEqual((await claim(store, { destinations: [] })).owned, [])
    })

    it('can be released twice, and leases of the owner are its own', async () => {
      const { store } = current()
      await accept(store)
      await claim(store)
      const leased = await leaseOne(store)
      await claim(store, { nowMs: NOW_MS + 1_000 })
      assert.deepEqual(await store.deliverySettle([aSettlement(leased)]), [true])
      for (let times = 0; times < 2; times++)
        await store.destinationRelease({ node: 'node-a', destinations: [DESTINATION], leaves: true })
    })

    const several = (title: string, test: () => Promise<void>): void => {
      it(title, function () {
        // Where at most one node delivers there is nobody to keep out.
        if (current().store.traits.soleNode) return this.skip()
        return test()
      })
    }

    several(
      'refuses another node until the owner’s time has run out, then passes with a higher fence',
      async () => {
        const { store } = current()
        const [owned] = (await claim(store)).owned
        const refused = await claim(store, { node: 'node-b', nowMs: ENDED_MS - 1 })
        assert.deepEqual(refused.owned, [])
        assert.deepEqual(
          refused.nodes.map(({ node }) => node),
          ['node-a', 'node-b'],
        )

        const taken = await claim(store, { node: 'node-b', nowMs: ENDED_MS })
        assert.deepEqual(
          taken.nodes.map(({ node }) => node),
          ['node-b'],
        )
        assert.ok((taken.owned[0]?.fence ?? 0) > (owned?.fence ?? Number.POSITIVE_INFINITY))
        assert.deepEqual((await claim(store, { nowMs: ENDED_MS })).owned, [])
      },
    )

    several('lets an owner that comes late keep its fence where nobody was faster', async () => {
      const { store } = current()
      const before = await claim(store)
      const late = await claim(store, { nowMs: ENDED_MS + 60_000 })
      assert.deepEqual(late.owned, before.owned)
    })

    several('passes on at once what is released, and counts who left no more', async () => {
      const { store } = current()
      await claim(store, { destinations: [DESTINATION, 'tax'] })
      await store.destinationRelease({ node: 'node-b', destinations: ['tax'], leaves: false })
      assert.deepEqual((await claim(store, { node: 'node-b', destinations: ['tax'] })).owned, [])

      await store.destinationRelease({ node: 'node-a', destinations: [DESTINATION], leaves: true })
      const taken = await claim(store, { node: 'node-b', destinations: [DESTINATION, 'tax'] })
      assert.deepEqual(taken.owned, [{ destination: DESTINATION, fence: 2 }])
      assert.deepEqual(
        taken.nodes.map(({ node }) => node),
        ['node-b'],
      )
    })

    several('gives deliveries of a claimed destination to its owner alone', async () => {
      const { store } = current()
      const { deliveries } = await accept(store)
      await claim(store, { node: 'node-b' })

      assert.deepEqual(await lease(store), [])
      assert.deepEqual(await lease(store, { nowMs: ENDED_MS }), [], 'who lost it asks for it first')
      assert.deepEqual(idsOf(await lease(store, { owner: 'node-b' })), [deliveries[0]?.id])
      await store.destinationRelease({ node: 'node-b', destinations: [DESTINATION], leaves: false })
      await accept(store)
      assert.equal((await lease(store)).length, 1, 'nobody owns it')
    })

    several('gives back at once what the owner before had leased, marked, and refuses its word', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [tried] = (await acceptCase(store, caseNo, 2)) as [string, string]
      await claim(store)
      const waiting = { state: 'waiting', dueAtMs: NOW_MS } as const
      await store.deliverySettle([aSettlement(await leaseOne(store), waiting)])
      const before = await deliveryNow(store, caseNo, tried)
      const { case: row, deliveries } = await accept(store)
      const stale = await lease(store)
      assert.equal(stale.length, 2)

      await claim(store, { node: 'node-b', nowMs: ENDED_MS })
      assert.deepEqual(await deliveryNow(store, caseNo, tried), before)
      assert.equal((await deliveryNow(store, row.caseNo, deliveries[0]?.id ?? '')).state, 'pending')
      const settled = await store.deliverySettle(stale.map((one) => aSettlement(one)))
      assert.deepEqual(settled, [false, false])
      const living = await lease(store, { owner: 'node-b', nowMs: ENDED_MS })
      assert.deepEqual(new Set(idsOf(living)), new Set(idsOf(stale)))
      for (const one of living) assert.ok(one.maybeSent && one.fence > 1)
    })

    several('lets leases run out first where the new owner says so', async () => {
      const { store } = current()
      await accept(store)
      await claim(store)
      const first = await leaseOne(store)
      const waitsForLeases = [DESTINATION]
      await claim(store, { node: 'node-b', waitsForLeases, nowMs: ENDED_MS })

      assert.deepEqual(await lease(store, { owner: 'node-b', nowMs: ENDED_MS }), [])
      const [taken] = await lease(store, { owner: 'node-b', nowMs: NOW_MS + LEASE_MS })
      assert.deepEqual([taken?.delivery.id, taken?.maybeSent], [first.delivery.id, true])
      assert.deepEqual(await store.deliverySettle([aSettlement(first)]), [false])
    })
  })

  describe('what may have been sent', () => {
    it('is nothing that only its own owner had, however often its lease ran out', async () => {
      const { store } = current()
      await accept(store)
      for (const nowMs of [NOW_MS, NOW_MS + LEASE_MS, NOW_MS + 2 * LEASE_MS])
        assert.equal((await leaseOne(store, { nowMs })).maybeSent, false)
    })

    it('stays doubtful when it is given back, and for as long as settlements say so', async () => {
      const { store } = current()
      const { deliveries } = await accept(store)
      await leaseOne(store, { leaseMs: 1 })
      const doubtful = () => leaseOne(store, { owner: 'node-b', nowMs: NOW_MS + 1 })
      const first = await doubtful()
      await store.deliveryRelease([{ deliveryId: deliveries[0]?.id ?? '', fence: first.fence }])
      const second = await doubtful()
      const waiting = { state: 'waiting', dueAtMs: NOW_MS } as const
      await store.deliverySettle([aSettlement(second, { ...waiting, maybeSent: true })])
      const third = await doubtful()
      await store.deliverySettle([aSettlement(third, waiting)])
      const fourth = await doubtful()

      assert.deepEqual(
        [first, second, third, fourth].map(({ maybeSent }) => maybeSent),
        [true, true, true, false],
      )
    })

    it('is doubtful no more when a person has it made again', async () => {
      const { store } = current()
      const { deliveries } = await accept(store)
      await leaseOne(store, { leaseMs: 1 })
      const doubtful = await leaseOne(store, { owner: 'node-b', nowMs: NOW_MS + 1 })
      await store.deliverySettle([aSettlement(doubtful, { state: 'unknown', maybeSent: true })])
      const audit = { atMs: NOW_MS, actor: 'operator-1', action: 'x', subject: 'y', details: {} }
      await store.deliveryReplay({ deliveryIds: [deliveries[0]?.id ?? ''], nowMs: NOW_MS, audit })

      assert.equal((await leaseOne(store)).maybeSent, false)
    })
  })
}
