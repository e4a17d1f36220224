import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { System } from '../config/topology.ts'
import { IntakeError } from '../contract/errors.ts'
import type { AuditEntry, Delivery, DeliveryReason } from '../contract/store.ts'
import { anAcceptance } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { confirmationKey, makeConfirmations } from './confirmation.ts'
import { findByIds, findDeliveries } from './delivery-query.ts'
import { duplicateRisk } from './duplicate-risk.ts'
import { planReplay, type ReplayParts, replay } from './replay.ts'

const NOW = Date.parse('2026-10-09T09:00:00+08:00')
const system = (id: string, outbound: object | undefined) =>
  [id, { id, ...(outbound === undefined ? {} : { outbound }) } as unknown as System] as const
const systems = new Map([
  system('deduping', { dedupes: true, queryable: true }),
  system('asked', { dedupes: false, queryable: true }),
  system('blind', { dedupes: false, queryable: false }),
  system('collecting', undefined),
])
const reasonFor = (owner: DeliveryReason['owner'], code = 'DELIVERY_CONTRACT') => ({ code, words: '', owner })
const isUnconfirmed = (error: unknown) =>
  error instanceof IntakeError && error.code === 'OPERATION_UNCONFIRMED'

describe('a confirmation', () => {
  const intent = { operator: 'one', act: 'replay', request: { filter: {} }, deliveryIds: ['a', 'b'] }
  let nowMs = NOW
  const clock = { now: () => nowMs }
  const key = Uint8Array.of(1, 2, 3)
  const confirmations = makeConfirmations(key, clock)
  beforeEach(() => {
    nowMs = NOW
  })

  it('fits its own dry run for ten minutes, on every node, whatever the order of the deliveries', () => {
    const { confirm, confirmBefore } = confirmations.issue(intent)
    assert.equal(confirmBefore, '2026-10-09T09:10:00+08:00')
    nowMs += 600_000
    makeConfirmations(key, clock).check(confirm, { ...intent, deliveryIds: ['b', 'a'] })
    nowMs += 1
    assert.throws(() => confirmations.check(confirm, intent), /too old/)
  })

  it('fits nothing else', () => {
    const { confirm } = confirmations.issue(intent)
    const others = [
      { ...intent, operator: 'two' },
      { ...intent, act: 'repair' },
      { ...intent, request: { filter: { caseNo: '1' } } },
      { ...intent, deliveryIds: ['a'] },
      { ...intent, deliveryIds: ['a', 'b', 'c'] },
      { ...intent, deliveryIds: ['a', 'c'] },
    ]
    for (const other of others) assert.throws(() => confirmations.check(confirm, other), isUnconfirmed)
    const foreign = makeConfirmations(Uint8Array.of(4), clock).issue(intent).confirm
    assert.throws(() => confirmations.check(foreign, intent), isUnconfirmed)
    // A later expiry is not in the seal.
    const later = `${(NOW + 9_000_000).toString(36)}.${confirm.split('.')[1]}`
    assert.throws(() => confirmations.check(later, intent), isUnconfirmed)
  })

  it('is refused, and breaks nothing, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), (token) =>
        assert.throws(() => confirmations.check(token, intent), isUnconfirmed),
      ),
    )
  })

  it('is sealed with what the accounts’ secrets make, the same on every node', () => {
    const keys = [{ id: 'k', algorithm: 'hmac-sm3' as const, secret: 'A' }]
    const operators = new Map([['one', { id: 'one', name: { zh: '', en: '' }, roles: [], keys }]])
    const made = (secret: string) => Buffer.from(confirmationKey({ operators }, () => secret)).toString('hex')
    assert.equal(made('x'), made('x'))
    assert.notEqual(made('x'), made('y'))
  })
})

describe('a replay', () => {
  let version = 1
  beforeEach(() => {
    version = 1
  })
  const open = async () => {
    const store = openMemoryStore()
    const audits: AuditEntry[] = []
    const woken: string[] = []
    const parts: ReplayParts = {
      store: {
        async deliveryReplay(request) {
          audits.push(request.audit)
          return store.deliveryReplay(request)
        },
      },
      topology: { systems },
      currentVersion: ({ id }) => `${id}@${id === 'asked' ? 2 : version}`,
      arrivals: { announce: (ids) => void woken.push(...ids) },
      clock: { now: () => NOW },
      confirmations: makeConfirmations(Uint8Array.of(1), { now: () => NOW }),
    }
    const destinations = [...systems.keys(), 'gone']
    await store.messageAccept(anAcceptance({ destinations }))
    await store.messageAccept(anAcceptance({ destinations }))
    const all = () => store.deliveryList({ limit: 100 })
    for (const [index, { id, destination }] of (await all()).entries()) {
      // All but those of the second message to `blind` are over.
      if (index >= 5 && destination === 'blind') continue
      await store.inboxPark({ deliveryId: id, reason: reasonFor('integrator'), nowMs: NOW })
    }
    return { store, parts, audits, woken, all }
  }
  const intentOf = (found: readonly Delivery[]) => ({
    operator: 'duty-operator',
    act: 'replay',
    request: { filter: {} },
    mapping: 'current' as const,
    found,
  })

  it('is said first: how many, where, from which state, and whether it may double', async () => {
    const { parts, all } = await open()
    const { count, destinations, leftAlone } = planReplay(parts, intentOf(await all()))
    assert.equal(count, 9)
    assert.deepEqual(
      destinations.map((one) => [one.destination, one.count, one.states, one.duplicateRisk.kind]),
      [
        ['asked', 2, { dead: 2 }, 'queryable'],
        ['blind', 1, { dead: 1 }, 'neither'],
        ['collecting', 2, { dead: 2 }, 'inbox'],
        ['deduping', 2, { dead: 2 }, 'dedupes'],
        ['gone', 2, { dead: 2 }, 'gone'],
      ],
    )
    assert.deepEqual(leftAlone, { pending: 1 })
    assert.match(duplicateRisk(systems.get('blind')).words.zh, /重复/)
  })

  it('is done once it was confirmed, and is in the audit log with who and why, ids masked', async () => {
    const { parts, all, audits, woken } = await open()
    const intent = intentOf(await all())
    const { confirm } = planReplay(parts, intent)
    const reason = '申请人410101190001010015来电'
    assert.deepEqual(await replay(parts, intent, { confirm, reason }), { replayed: 9, confirmed: 9 })
    assert.ok((await all()).every(({ state }) => state === 'pending'))
    assert.deepEqual(woken.sort(), ['asked', 'blind', 'collecting', 'deduping', 'gone'])
    const [audit] = audits
    assert.deepEqual(
      [audits.length, audit?.actor, audit?.action, audit?.details.confirmed],
      [1, 'duty-operator', 'delivery.replayed', 9],
    )
    assert.equal(audit?.details.reason, '申请人410***********0015来电')
    // Nothing is left of what was confirmed, so the token is worth nothing.
    await assert.rejects(replay(parts, intentOf(await all()), { confirm, reason }), isUnconfirmed)
    assert.equal(audits.length, 1)
  })

  it('maps with the package as it is now, unless the version that each started with is wanted', async () => {
    const { parts, all } = await open()
    const intent = intentOf(await all())
    const plan = planReplay(parts, intent)
    assert.deepEqual(
      plan.destinations.filter(({ otherVersion }) => otherVersion > 0).map(({ destination }) => destination),
      ['asked'],
    )
    const original = planReplay(parts, { ...intent, mapping: 'original' })
    assert.ok(original.destinations.every(({ otherVersion }) => otherVersion === 0))
    await assert.rejects(replay(parts, intent, { confirm: original.confirm, reason: '试' }), isUnconfirmed)
    version = 3
    // A package was activated since the dry run.
    await assert.rejects(replay(parts, intent, { confirm: plan.confirm, reason: '试' }), isUnconfirmed)
    version = 1
    await replay(parts, intent, { confirm: plan.confirm, reason: '试' })
    const versions = new Set((await all()).map(({ mappingVersion }) => mappingVersion))
    assert.deepEqual([...versions].sort(), ['asked@2', 'blind@1', 'collecting@1', 'deduping@1', 'gone@1'])
  })

  it('finds its deliveries page by page, by whom they belong to', async () => {
    const { store } = await open()
    const found: string[] = []
    let after: number | undefined = 0
    while (after !== undefined) {
      const page: Awaited<ReturnType<typeof findDeliveries>> = await findDeliveries(
        store,
        { owner: 'integrator' },
        { after, limit: 4 },
      )
      found.push(...page.deliveries.map(({ id }) => id))
      after = page.next
    }
    assert.equal(new Set(found).size, 9)
    // Nothing follows the last one, so nothing is said to follow.
    for (const limit of [8, 9, 10]) {
      const page = await findDeliveries(store, { owner: 'integrator' }, { after: 0, limit })
      assert.deepEqual([page.deliveries.length, page.next !== undefined], [Math.min(limit, 9), limit < 9])
      const all = await findDeliveries(store, {}, { after: 0, limit })
      assert.deepEqual([all.deliveries.length, all.next !== undefined], [limit, limit < 10])
    }
    const none = await findDeliveries(store, { owner: 'partner' }, { after: 0, limit: 4 })
    assert.deepEqual(none, { deliveries: [], next: undefined })
    const byCode = await findDeliveries(
      store,
      { code: 'DELIVERY_CONTRACT', destination: 'asked' },
      { after: 0, limit: 9 },
    )
    assert.equal(byCode.deliveries.length, 2)
    const named = await findByIds(store, [
      found[3] as string,
      found[0] as string,
      found[3] as string,
      'nobody',
    ])
    assert.deepEqual(
      named.map(({ id }) => id),
      [found[0], found[3]],
    )
  })
})
