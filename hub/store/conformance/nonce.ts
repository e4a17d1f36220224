import assert from 'node:assert/strict'
import type { Current } from './opened-store.ts'
import { NOW_MS } from './steps.ts'

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
}
