import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { MessageType } from '../contract/message.ts'
import { anAcceptance, type Wanted } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { compareDay, repairable } from './reconciliation-compare.ts'
import { dayBooks, dayReport } from './reconciliation-day.ts'
import { tally } from './tally.ts'

const DAY = '2026-10-09'
const NOON = Date.parse(`${DAY}T12:00:00+08:00`)
const reason = { code: 'DELIVERY_CANCELLED', words: '', owner: 'nobody' } as const
const audit = { atMs: NOON, actor: 'duty-operator', action: 'x', subject: 'x', details: {} }

describe('the digest of a set of messages', () => {
  const ids = fc.uniqueArray(fc.uuid())
  const tallied = (list: readonly string[]) =>
    tally(list.map((id) => ({ id, type: 'case.submitted' as MessageType })))

  it('does not hang on their order, and changes with every one', () => {
    fc.assert(
      fc.property(ids, fc.uuid(), (list, other) => {
        fc.pre(!list.includes(other))
        assert.deepEqual(tallied(list), tallied(list.toReversed()))
        assert.notEqual(tallied(list).digest, tallied([...list, other]).digest)
      }),
    )
  })

  it('is what a partner computes from the sorted ids, a line each', () => {
    const expected = createHash('sm3').update('a\nb\n').digest('hex')
    assert.equal(tallied(['b', 'a']).digest, `sm3:${expected}`)
  })
})

describe('the books of a day', () => {
  const open = async (...wanted: readonly Wanted[]) => {
    const store = openMemoryStore()
    const accepted = wanted.map((one) =>
      anAcceptance({ system: 'city', destinations: ['department'], ...one }),
    )
    for (const acceptance of accepted)
      assert.equal((await store.messageAccept(acceptance)).outcome, 'accepted')
    return { store, ids: accepted.map(({ message }) => message.id) }
  }

  it('hold what was recorded from 0:00 to 24:00 Beijing time, and nothing else', async () => {
    const at = (time: string) => Date.parse(`${time}+08:00`)
    const { store, ids } = await open(
      { recordedAtMs: at('2026-10-08T23:59:59.999') },
      { recordedAtMs: at('2026-10-09T00:00:00') },
      { recordedAtMs: at('2026-10-09T23:59:59.999') },
      { recordedAtMs: at('2026-10-10T00:00:00') },
    )
    const city = await dayBooks(store, 'city', DAY)
    const department = await dayBooks(store, 'department', DAY)
    assert.deepEqual(
      city.accepted.map(({ id }) => id),
      ids.slice(1, 3),
    )
    assert.deepEqual(
      department.due.map(({ messageId }) => messageId),
      ids.slice(1, 3),
    )
    assert.deepEqual([city.due, department.accepted], [[], []])
  })

  it('count a delivery in exactly one state beside due', async () => {
    const { store, ids } = await open(...Array.from({ length: 4 }, () => ({ recordedAtMs: NOON })))
    const [first, second, third] = await store.deliveryList({ limit: 10 })
    await store.deliveryCancel({ deliveryId: first?.id ?? '', reason, audit })
    await store.inboxAck({ system: 'department', deliveryIds: [second?.id ?? ''], nowMs: NOON })
    await store.inboxPark({ deliveryId: third?.id ?? '', reason, nowMs: NOON })
    const report = dayReport(await dayBooks(store, 'department', DAY), NOON)
    const { due, delivered, waiting, dead, unknown, cancelled } = report
    assert.deepEqual(
      [due, delivered, waiting, dead, unknown, cancelled].map(({ count }) => count),
      [4, 1, 1, 1, 0, 1],
    )
    assert.equal(due.digest, tally(ids.map((id) => ({ id, type: 'case.submitted' }))).digest)
    assert.deepEqual(due.byType, { 'case.submitted': 4 })
    assert.equal(report.at, '2026-10-09T12:00:00+08:00')
  })

  it('are compared with a partner’s list: what it lacks, what only it knows, what is of another day', async () => {
    const { store, ids } = await open(
      { recordedAtMs: NOON },
      { recordedAtMs: NOON },
      { recordedAtMs: NOON },
      { recordedAtMs: NOON - 2 * 86_400_000 },
    )
    const [first, , third] = await store.deliveryList({ limit: 10 })
    await store.inboxAck({ system: 'department', deliveryIds: [first?.id ?? ''], nowMs: NOON })
    await store.deliveryCancel({ deliveryId: third?.id ?? '', reason, audit })
    const list = [
      { id: ids[1] as string },
      { id: ids[3] as string },
      { id: 'stranger' },
      { externalId: 'D-1' },
    ]
    const comparison = await compareDay(store, await dayBooks(store, 'department', DAY), list)
    const idsOf = (deliveries: readonly { messageId: string }[]) =>
      deliveries.map(({ messageId }) => messageId)
    assert.equal(comparison.matched, 1)
    assert.deepEqual(idsOf(comparison.missingAtPartner), [ids[0], ids[2]])
    assert.deepEqual(idsOf(comparison.openAtHub), [ids[1]])
    assert.deepEqual(comparison.otherwiseKnown, [{ id: ids[3] }])
    assert.deepEqual(comparison.unknownToHub, [{ id: 'stranger' }, { externalId: 'D-1' }])
    // What a person cancelled stays cancelled.
    assert.deepEqual(idsOf(repairable(comparison)), [ids[0]])
  })

  it('name the sender’s own numbers that never arrived, and what it does not list', async () => {
    const { store } = await open({ recordedAtMs: NOON }, { recordedAtMs: NOON })
    const books = await dayBooks(store, 'city', DAY)
    const numbered = {
      ...books,
      accepted: books.accepted.map((one, index) => ({ ...one, externalid: `C-${index}` })),
    }
    const compared = await compareDay(store, numbered, [{ externalId: 'C-1' }, { externalId: 'C-7' }])
    assert.deepEqual(compared.unknownToHub, [{ externalId: 'C-7' }])
    assert.deepEqual(
      compared.acceptedNotListed.map(({ externalid }) => externalid),
      ['C-0'],
    )
    assert.deepEqual((await compareDay(store, numbered, [])).acceptedNotListed, [])
  })
})
