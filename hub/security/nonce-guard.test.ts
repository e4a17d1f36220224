import assert from 'node:assert/strict'
import { IntakeError, StoreError } from '../contract/errors.ts'
import type { NonceUse } from '../contract/store.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { makeNonceGuard } from './nonce-guard.ts'

const USE: NonceUse = { keyId: 'city', nonce: 'nonce-guard-0001', nowMs: 1_000, expiresAtMs: 2_000 }

function isRefused(error: unknown): boolean {
  return error instanceof IntakeError && error.code === 'AUTH_FAILED'
}

describe('nonce guard', () => {
  const guarded = () => {
    const store = openMemoryStore()
    return { store, guard: makeNonceGuard(store) }
  }
  const wrote = async () => ({ wrote: true })
  const wroteNothing = async () => ({ wrote: false })

  it('lets a nonce pass once', async () => {
    const { guard } = guarded()
    await guard.spend(USE)
    await assert.rejects(guard.spend(USE), isRefused)
    await guard.spend({ ...USE, keyId: 'county' })
  })

  it('leaves the nonce to work that wrote it, and uses it up after work that wrote nothing', async () => {
    const { store, guard } = guarded()
    await guard.spendWith(USE, wrote)
    assert.equal(await store.nonceRemember(USE), true)
    const other = { ...USE, nonce: 'nonce-guard-0002' }
    await guard.spendWith(other, wroteNothing)
    assert.equal(await store.nonceRemember(other), false)
  })

  it('tells the repetition of a request that wrote nothing only that it is one', async () => {
    const { guard } = guarded()
    const refusal = new IntakeError('CASE_NOT_FOUND', 'No such case.')
    const refuse = () => Promise.reject(refusal)
    await assert.rejects(guard.spendWith(USE, refuse), refusal)
    await assert.rejects(guard.spendWith(USE, refuse), isRefused)
    await assert.rejects(guard.spendWith(USE, wroteNothing), isRefused)
  })

  it('does not let a repetition use up what a request under way is about to write', async () => {
    const { store, guard } = guarded()
    const written = Promise.withResolvers<{ readonly wrote: boolean }>()
    const first = guard.spendWith(USE, () => written.promise)
    await assert.rejects(guard.spendWith(USE, wroteNothing), isRefused)
    await assert.rejects(guard.spend(USE), isRefused)
    assert.equal(await store.nonceRemember(USE), true)
    written.resolve({ wrote: true })
    await first
  })

  it('leaves the nonce alone where nobody knows what the store wrote', async () => {
    const { store, guard } = guarded()
    const failure = new StoreError('STORE_UNAVAILABLE', 'cut off')
    await assert.rejects(
      guard.spendWith(USE, () => Promise.reject(failure)),
      failure,
    )
    assert.equal(await store.nonceRemember(USE), true)
  })

  it('passes on that the store cannot remember', async () => {
    const failure = new StoreError('STORE_BUSY', 'busy')
    const guard = makeNonceGuard({ nonceRemember: () => Promise.reject(failure) })
    await assert.rejects(guard.spend(USE), failure)
    await assert.rejects(guard.spendWith(USE, wroteNothing), failure)
  })
})
