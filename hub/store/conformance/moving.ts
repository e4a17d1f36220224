import assert from 'node:assert/strict'
import type { DeliveryMove } from '../../contract/store.ts'
import { aNewId, anAcceptance, aSettlement, type Wanted } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, acceptCase, deliveryNow, idsOf, LEASE_MS, lease, leaseOne, NOW_MS } from './steps.ts'

const reason = { code: 'DELIVERY_REDIRECTED', words: '系统已更换', owner: 'nobody' } as const
const FROM = 'human-resources'

/** Deliveries that are moved with a message of their case. */
export function movingClauses(current: Current): void {
  const moveTo = (deliveryId: string, destination: string): DeliveryMove => ({
    deliveryId,
    reason,
    replacement: { id: aNewId(), destination, mappingVersion: `${destination}@2` },
  })
  const acceptMoving = (wanted: Wanted, moves: readonly DeliveryMove[]) =>
    current().store.messageAcceptMoving({
      acceptance: anAcceptance({ recordedAtMs: NOW_MS, destinations: [], ...wanted }),
      moves,
    })

  describe('accepting a message that moves deliveries', () => {
    it('cancels what is moved and makes the same messages anew, in order, each linked', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const ids = await acceptCase(store, caseNo, 3)
      await store.deliverySettle([aSettlement(await leaseOne(store), { state: 'dead' })])
      const moves = ids.map((id) => moveTo(id, 'successor'))

      assert.deepEqual(await acceptMoving({ caseNo, version: 4 }, moves), { outcome: 'accepted' })
      const old = await store.deliveryList({ caseNo, destination: FROM, limit: 9 })
      assert.deepEqual(
        old.map(({ state, settledAtMs, reason: why }) => [state, settledAtMs, why?.code]),
        ids.map(() => ['cancelled', NOW_MS, 'DELIVERY_REDIRECTED']),
      )
      const made = await store.deliveryList({ caseNo, destination: 'successor', limit: 9 })
      assert.deepEqual(
        made.map(({ id, replaces, messageId, sequence, mappingVersion, held, state, attempts }) => ({
          id,
          replaces,
          messageId,
          sequence,
          mappingVersion,
          held,
          state,
          attempts,
        })),
        moves.map(({ deliveryId, replacement }, index) => ({
          id: replacement?.id,
          replaces: deliveryId,
          messageId: old[index]?.messageId,
          sequence: index + 1,
          mappingVersion: 'successor@2',
          held: index > 0,
          state: 'pending',
          attempts: 0,
        })),
      )
      assert.deepEqual(idsOf(await lease(store)), [])
      const leased = await lease(store, { destination: 'successor' })
      assert.deepEqual(idsOf(leased), [moves[0]?.replacement?.id])
      assert.equal(leased[0]?.message.sequence, 1)
      assert.deepEqual(await store.deliverySettle(leased.map((one) => aSettlement(one))), [true])
      assert.deepEqual(idsOf(await lease(store, { destination: 'successor' })), [moves[1]?.replacement?.id])
      const counts = await store.deliveryCount({ destination: FROM })
      assert.deepEqual([counts.cancelled, counts.pending, counts.dead], [3, 0, 0])
    })

    it('puts its own delivery before what is moved to the same destination', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const ids = (await acceptCase(store, caseNo, 2)) as [string, string]
      const moves = [{ deliveryId: ids[0], reason }, moveTo(ids[1], FROM)]
      await acceptMoving({ caseNo, version: 3, destinations: [FROM] }, moves)

      const open = await store.deliveryList({ caseNo, states: ['pending'], limit: 9 })
      assert.deepEqual(
        open.map(({ sequence, held }) => [sequence, held]),
        [
          [3, false],
          [2, true],
        ],
      )
    })

    it('holds what is moved behind what the destination has open already', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const { deliveries } = await accept(store, { caseNo, destinations: [FROM, 'successor'] })
      await acceptMoving({ caseNo, version: 2 }, [moveTo(deliveries[0]?.id as string, 'successor')])

      const open = await store.deliveryList({ caseNo, destination: 'successor', limit: 9 })
      assert.deepEqual(
        open.map(({ held }) => held),
        [false, true],
      )
    })

    it('writes nothing where one of them is being attempted, over, unknown, or of another case', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [delivered, leased, held] = (await acceptCase(store, caseNo, 3)) as [string, string, string]
      await store.deliverySettle([aSettlement(await leaseOne(store))])
      await leaseOne(store)
      const [stranger] = (await acceptCase(store, aNewId(), 1, 'tax')) as [string]

      for (const other of [delivered, leased, stranger, aNewId()]) {
        const outcome = await acceptMoving({ caseNo, version: 4 }, [
          moveTo(held, 'successor'),
          moveTo(other, 'successor'),
        ])
        assert.deepEqual(outcome, { outcome: 'under-way' })
      }
      assert.equal((await deliveryNow(store, caseNo, held)).state, 'pending')
      assert.equal((await store.caseTimeline({ caseNo })).length, 3)
      assert.equal((await store.caseGet({ caseNo }))?.version, 3)
    })

    it('takes over a lease that has run out, whose owner then settles in vain', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const lost = await leaseOne(store)
      const recordedAtMs = NOW_MS + LEASE_MS
      const outcome = await acceptMoving({ caseNo, version: 2, recordedAtMs }, [moveTo(id, 'successor')])

      assert.deepEqual(outcome, { outcome: 'accepted' })
      assert.deepEqual(await store.deliverySettle([aSettlement(lost)]), [false])
    })

    it('answers a repeated key with the stored answer, and a case that has moved on with a conflict', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const [id] = (await acceptCase(store, caseNo, 1)) as [string]
      const moves = [moveTo(id, 'successor')]
      assert.deepEqual(await acceptMoving({ caseNo, version: 5 }, moves), {
        outcome: 'conflict',
        on: 'version',
      })
      assert.equal((await deliveryNow(store, caseNo, id)).state, 'pending')

      const wanted = { caseNo, version: 2, key: 'again', bodyDigest: 'digest' }
      await acceptMoving(wanted, moves)
      const repeated = { outcome: 'repeated', bodyDigest: 'digest', answer: { caseNo } }
      assert.deepEqual(await acceptMoving(wanted, [moveTo(id, 'successor')]), repeated)
      assert.equal((await store.deliveryList({ caseNo, limit: 9 })).length, 2)
    })
  })
}
