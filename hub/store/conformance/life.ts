import assert from 'node:assert/strict'
import { StoreError } from '../../contract/errors.ts'
import type { AuditEntry, Store } from '../../contract/store.ts'
import { aDeadline, aNewId, anAcceptance, anAttempt, aSettlement } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, claim, deliveryNow, lease, leaseOne, NOW_MS, nextDue } from './steps.ts'

/** Opening, closing, and what is left after both. */
export function lifeClauses(current: Current): void {
  describe('opening and closing', () => {
    it('says what it is', () => {
      const { traits } = current().store

      assert.ok(traits.name.length > 0)
      assert.equal(typeof traits.shared, 'boolean')
      assert.equal(typeof traits.soleNode, 'boolean')
      assert.equal(traits.notifies, current().store.listen !== undefined)
    })

    it('answers a probe', async () => {
      await current().store.probe()
    })

    it('has everything again after it was closed and opened', async function () {
      const { store, reopen } = current()
      // A store in memory has nothing that could be opened again.
      if (reopen === undefined) return this.skip()
      const caseNo = aNewId()
      const externalIds = [{ system: 'shangqiu', value: 'SQ-1' }]
      const first = await accept(store, {
        caseNo,
        externalIds,
        deadlines: [aDeadline({ provisional: true })],
      })
      const second = await accept(store, { caseNo, version: 2 })
      const leased = await leaseOne(store)
      const attempt = anAttempt({ sent: Uint8Array.of(1, 2, 3) })
      await store.deliverySettle([aSettlement(leased, { state: 'waiting', dueAtMs: NOW_MS, attempt })])
      const again = await leaseOne(store)
      await store.nonceRemember({ keyId: 'k', nonce: 'n', expiresAtMs: NOW_MS + 1_000, nowMs: NOW_MS })
      const before = await everything(store, caseNo, leased.delivery.id)

      const reopened = await reopen()
      assert.deepEqual(await everything(reopened, caseNo, leased.delivery.id), before)
      assert.deepEqual((await reopened.messageGet({ id: second.message.id }))?.message, second.message)
      assert.equal(
        (await reopened.caseGet({ externalId: { system: 'shangqiu', value: 'SQ-1' } }))?.caseNo,
        caseNo,
      )
      assert.equal(
        (await reopened.messageAccept({ ...first, message: anAcceptance().message })).outcome,
        'repeated',
      )
      assert.equal(
        await reopened.nonceRemember({ keyId: 'k', nonce: 'n', expiresAtMs: NOW_MS + 1_000, nowMs: NOW_MS }),
        false,
      )
      assert.deepEqual(
        await lease(reopened, { owner: 'node-b' }),
        [],
        'the lease of a living owner outlives a restart',
      )
      assert.deepEqual(await reopened.deliverySettle([aSettlement(again)]), [true])
    })

    it('lets writes under way finish when it is closed', async function () {
      const { store, reopen } = current()
      if (reopen === undefined) return this.skip()
      const calls = Array.from({ length: 30 }, () => anAcceptance())
      const underWay = Promise.all(calls.map((call) => store.messageAccept(call)))
      await store.close()

      assert.ok((await underWay).every(({ outcome }) => outcome === 'accepted'))
      assert.equal((await (await reopen()).deliveryCount({})).pending, 30)
    })

    it('can be closed twice, and at the same time', async () => {
      const { store } = current()
      await Promise.all([store.close(), store.close()])
      await store.close()
    })

    it('refuses every verb after it was closed', async () => {
      const { store } = current()
      const { deliveries } = await accept(store)
      await store.close()

      const deliveryId = deliveries[0]?.id ?? ''
      const reason = { code: 'X_Y', words: '', owner: 'nobody' } as const
      const audit = { atMs: NOW_MS, actor: 'a', action: 'b', subject: 'c', details: {} }
      const verbs: Record<Exclude<keyof Store, 'traits' | 'close' | 'listen'>, () => Promise<unknown>> = {
        messageAccept: () => store.messageAccept(anAcceptance()),
        messageAcceptMoving: () => store.messageAcceptMoving({ acceptance: anAcceptance(), moves: [] }),
        messageGet: () => store.messageGet({ id: 'x' }),
        answerGet: () => store.answerGet({ system: 'x', key: 'y' }),
        caseGet: () => store.caseGet({ caseNo: 'x' }),
        caseTimeline: () => store.caseTimeline({ caseNo: 'x' }),
        externalIdList: () => store.externalIdList({ caseNo: 'x' }),
        deadlineList: () => store.deadlineList({ caseNo: 'x' }),
        deadlineFind: () => store.deadlineFind({ clock: 'T1', warned: false, dueUntil: '', limit: 1 }),
        deliveryLease: () => lease(store),
        deliverySettle: () => store.deliverySettle([]),
        deliveryRelease: () => store.deliveryRelease([]),
        deliveryCancel: () => store.deliveryCancel({ deliveryId, reason, audit }),
        deliveryReplay: () => store.deliveryReplay({ deliveryIds: [], nowMs: NOW_MS, audit }),
        deliveryMarkDelivered: () => store.deliveryMarkDelivered({ deliveryId, reason, audit }),
        deliveryList: () => store.deliveryList({ limit: 1 }),
        deliveryCount: () => store.deliveryCount({}),
        attemptList: () => store.attemptList({ deliveryId }),
        deliveryNextDue: () => nextDue(store),
        destinationClaim: () => claim(store),
        destinationRelease: () =>
          store.destinationRelease({ node: 'node-a', destinations: [], leaves: true }),
        inboxRead: () => store.inboxRead({ system: 'x', after: 0, limit: 1 }),
        inboxAck: () => store.inboxAck({ system: 'x', deliveryIds: [], nowMs: NOW_MS }),
        inboxPark: () => store.inboxPark({ deliveryId, reason, nowMs: NOW_MS }),
        nonceRemember: () => store.nonceRemember({ keyId: 'x', nonce: 'y', expiresAtMs: 1, nowMs: 0 }),
        fileAdd: () => store.fileAdd(aFileRequest(audit)),
        fileGet: () => store.fileGet({ digest: '0'.repeat(64) }),
        auditAppend: () => store.auditAppend(audit),
        probe: () => store.probe(),
      }
      const { listen } = store
      const calls = Object.entries({ ...verbs, ...(listen && { listen: () => listen(() => {}) }) })
      for (const [name, call] of calls) {
        await assert.rejects(
          call(),
          (error) => error instanceof StoreError && error.code === 'STORE_CLOSED',
          `${name} after close`,
        )
      }
    })
  })
}

function aFileRequest(audit: AuditEntry): Parameters<Store['fileAdd']>[0] {
  const file = { sm3: '0'.repeat(64), sha256: '1'.repeat(64), size: 1 }
  return { file, upload: { system: 'x', name: 'y', mediaType: 'text/plain', atMs: NOW_MS }, audit }
}

async function everything(store: Store, caseNo: string, deliveryId: string) {
  return {
    timeline: await store.caseTimeline({ caseNo }),
    case: await store.caseGet({ caseNo }),
    externalIds: await store.externalIdList({ caseNo }),
    deadlines: await store.deadlineList({ caseNo }),
    delivery: await deliveryNow(store, caseNo, deliveryId),
    attempts: await store.attemptList({ deliveryId }),
    counts: await store.deliveryCount({}),
  }
}
