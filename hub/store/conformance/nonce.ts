import assert from 'node:assert/strict'
import { anAcceptance } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept, NOW_MS } from './steps.ts'

/** A signed request counts once. */
export function nonceClauses(current: Current): void {
  const remember = (nonce: string, wanted: { keyId?: string; nowMs?: number; expiresAtMs?: number } = {}) =>
    current().store.nonceRemember({ keyId: 'k', nonce, nowMs: NOW_MS, expiresAtMs: NOW_MS + 300, ...wanted })

  describe('nonces', () => {
    it('answers true once and then false, until the nonce expires', async () => {
      assert.equal(await remember('n'), true)
      assert.equal(await remember('n', { nowMs: NOW_MS + 299, expiresAtMs: NOW_MS + 999 }), false)
      assert.equal(await remember('n', { nowMs: NOW_MS + 300, expiresAtMs: NOW_MS + 600 }), true)
      assert.equal(await remember('n', { nowMs: NOW_MS + 599 }), false)
    })

    it('keeps keys and nonces apart', async () => {
      assert.equal(await remember('b:c', { keyId: 'a' }), true)
      assert.equal(await remember('c', { keyId: 'a:b' }), true)
      assert.equal(await remember('c', { keyId: 'a' }), true)
    })

    it('lets one of fifty equal calls pass', async () => {
      const request = { keyId: 'k', nonce: 'n', nowMs: NOW_MS, expiresAtMs: NOW_MS + 300 }
      const calls = Array.from({ length: 50 }, () => current().store.nonceRemember(request))
      const answers = await Promise.all(calls)

      assert.equal(answers.filter(Boolean).length, 1)
    })

    it('remembers the living among many that expired', async () => {
      const fifty = Array.from({ length: 50 }, (_, index) => index)
      await Promise.all(fifty.map((index) => remember(`old ${index}`)))
      await remember('living', { expiresAtMs: NOW_MS + 10_000 })
      const later = { nowMs: NOW_MS + 500, expiresAtMs: NOW_MS + 900 }
      const answers = await Promise.all(fifty.map((index) => remember(`new ${index}`, later)))

      assert.ok(answers.every(Boolean))
      assert.equal(await remember('living', { nowMs: NOW_MS + 500 }), false)
    })
  })

  describe('nonces that come with a message', () => {
    const use = { keyId: 'k', nonce: 'with a message', nowMs: NOW_MS, expiresAtMs: NOW_MS + 300 }

    it('are used up by its acceptance, and refuse another', async () => {
      const { store } = current()
      await accept(store, { nonce: use })

      assert.equal(await remember(use.nonce), false)
      const again = anAcceptance({ nonce: use })
      assert.deepEqual(await store.messageAccept(again), { outcome: 'nonce-used' })
      assert.equal(await store.messageGet({ id: again.message.id }), undefined)
      assert.equal(await store.answerGet({ system: 'shangqiu', key: again.message.id }), undefined)
    })

    it('refuse an acceptance where they were used without one', async () => {
      const { store } = current()
      await remember(use.nonce)

      assert.deepEqual(await store.messageAccept(anAcceptance({ nonce: use })), { outcome: 'nonce-used' })
    })

    it('refuse a repeated key too: whoever repeats a request is not given its answer', async () => {
      const { store } = current()
      const acceptance = await accept(store, { nonce: use })

      assert.deepEqual(await store.messageAccept(acceptance), { outcome: 'nonce-used' })
    })

    it('stay unused where nothing is written', async () => {
      const { store } = current()
      const { idempotency } = await accept(store, { caseNo: 'known' })
      const repeated = anAcceptance({ key: idempotency.key, nonce: use })
      assert.equal((await store.messageAccept(repeated)).outcome, 'repeated')
      const conflict = anAcceptance({ caseNo: 'known', nonce: use })
      assert.equal((await store.messageAccept(conflict)).outcome, 'conflict')

      assert.equal(await remember(use.nonce), true)
    })

    it('are free again once they have expired', async () => {
      const { store } = current()
      await accept(store, { nonce: use })
      await accept(store, { nonce: { ...use, nowMs: NOW_MS + 300, expiresAtMs: NOW_MS + 600 } })

      assert.equal(await remember(use.nonce, { nowMs: NOW_MS + 599 }), false)
    })

    it('let one of fifty messages pass that are accepted together', async () => {
      const { store } = current()
      const results = await Promise.all(
        Array.from({ length: 50 }, () => store.messageAccept(anAcceptance({ nonce: use }))),
      )

      assert.equal(results.filter(({ outcome }) => outcome === 'accepted').length, 1)
      assert.equal(results.filter(({ outcome }) => outcome === 'nonce-used').length, 49)
    })

    it('pass once, with a message or without, where both come together', async () => {
      const { store } = current()
      const [accepted, remembered] = await Promise.all([
        store.messageAccept(anAcceptance({ nonce: use })),
        remember(use.nonce),
      ])

      assert.notEqual(accepted.outcome === 'accepted', remembered)
    })
  })
}
