import assert from 'node:assert/strict'
import type { Acceptance, AcceptResult, Store } from '../../contract/store.ts'
import { aDeadline, aNewId, anAcceptance, START_MS } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept } from './steps.ts'

/** Something of each kind that an acceptance writes, so that a half-written one would show. */
const everyKind = {
  externalIds: [{ system: 'tax', value: 'T-1' }],
  deadlines: [aDeadline({ clock: 'T3' })],
  destinations: ['tax', 'police'],
}

/** messageAccept: everything or nothing, once per key. */
export function acceptClauses(current: Current): void {
  describe('accepting a message', () => {
    it('keeps the message and its case as they were given', async () => {
      const { store } = current()
      const acceptance = await accept(store, {
        data: { applicant: { name: '测试甲' }, note: 'line\nbreak, "quoted", \u0000, 𠮷' },
        case: { simulated: true, copies: [], facts: { nested: { list: [1, null, 'x'] } } },
      })

      assert.deepEqual((await store.messageGet({ id: acceptance.message.id }))?.message, acceptance.message)
      assert.deepEqual(await store.caseGet({ caseNo: acceptance.case.caseNo }), acceptance.case)
    })

    it('keeps the raw bytes byte for byte, with the character sets', async () => {
      const { store } = current()
      const bytes = Uint8Array.from({ length: 1_024 }, (_, index) => index % 256)
      const raw = { bytes, contentType: 'text/xml', declaredCharset: undefined, detectedCharset: 'gb18030' }
      const acceptance = { ...anAcceptance(), raw }
      await store.messageAccept(acceptance)

      const found = await store.messageGet({ id: acceptance.message.id })
      assert.deepEqual(Buffer.from(found?.raw.bytes ?? []), Buffer.from(bytes))
      assert.deepEqual({ ...found?.raw, bytes: undefined }, { ...raw, bytes: undefined })
    })

    it('finds again what carries characters that a database may refuse', async () => {
      const { store } = current()
      // U+0000 and half of a surrogate pair: where they stand alone, a store may keep U+FFFD instead.
      const odd = 'a\u0000b\ud800c'
      const externalIds = [{ system: 'shangqiu', value: odd }]
      const wanted = { key: odd, caseNo: odd, externalIds, answer: { odd } }
      const acceptance = await accept(store, wanted)

      assert.deepEqual((await store.answerGet({ system: 'shangqiu', key: odd }))?.answer, { odd })
      assert.equal((await store.caseGet({ externalId: { system: 'shangqiu', value: odd } }))?.version, 1)
      assert.equal((await store.messageAccept(anAcceptance(wanted))).outcome, 'repeated')
      await accept(store, { caseNo: odd, version: 2, externalIds })
      assert.equal((await store.externalIdList({ caseNo: odd })).length, 1)
      assert.deepEqual((await store.messageGet({ id: acceptance.message.id }))?.message, acceptance.message)
    })

    it('keeps an empty body', async () => {
      const { store } = current()
      const { message } = await accept(store, { bytes: new Uint8Array(0) })

      assert.equal((await store.messageGet({ id: message.id }))?.raw.bytes.length, 0)
    })

    it('shares no object with the caller', async () => {
      const { store } = current()
      const bytes = Uint8Array.of(1, 2, 3)
      const facts = { fee: 1 }
      const { message } = await accept(store, { bytes, case: { facts } })
      bytes.fill(9)
      facts.fee = 9

      assert.deepEqual([...((await store.messageGet({ id: message.id }))?.raw.bytes ?? [])], [1, 2, 3])
      assert.deepEqual((await store.caseGet({ caseNo: message.subject }))?.facts, { fee: 1 })
    })

    it('makes new deliveries due at once, from the time the message was recorded', async () => {
      const { store } = current()
      const recordedAtMs = START_MS + 123
      const { case: row, message } = await accept(store, { recordedAtMs, destinations: ['tax', 'police'] })

      const [first, second] = await store.deliveryList({ caseNo: row.caseNo, limit: 10 })
      assert.ok(first && second)
      const { id, position, ...rest } = first
      assert.deepEqual(rest, {
        destination: 'tax',
        mappingVersion: 'tax@1',
        messageId: message.id,
        caseNo: row.caseNo,
        sequence: 1,
        type: 'case.submitted',
        state: 'pending',
        held: false,
        attempts: 0,
        dueAtMs: recordedAtMs,
        createdAtMs: recordedAtMs,
        settledAtMs: undefined,
        reference: undefined,
        reason: undefined,
      })
      assert.equal(second.destination, 'police')
      assert.ok(second.position > position)
    })

    it('accepts a message without deliveries', async () => {
      const { store } = current()
      const { case: row } = await accept(store, { destinations: [] })

      assert.deepEqual(await store.deliveryList({ caseNo: row.caseNo, limit: 10 }), [])
    })

    it('answers a repeated key with the stored digest and answer, and writes nothing', async () => {
      const { store } = current()
      const first = await accept(store, { key: 'k-1', bodyDigest: 'aa', answer: { caseNo: 'C', list: [1] } })
      const again = anAcceptance({ key: 'k-1', bodyDigest: 'bb', answer: { other: true }, ...everyKind })

      await assertWritesNothing(store, again, { outcome: 'repeated', bodyDigest: 'aa', answer: first.answer })
    })

    it('keeps the keys of different senders apart', async () => {
      const { store } = current()
      await accept(store, { key: 'k-1', system: 'shangqiu' })
      await accept(store, { key: 'k-1', system: 'zhoukou' })
    })

    it('tells a stored answer without writing', async () => {
      const { store } = current()
      const { answer } = await accept(store, { key: 'k-1', system: 'shangqiu', bodyDigest: 'aa' })

      assert.deepEqual(await store.answerGet({ system: 'shangqiu', key: 'k-1' }), {
        bodyDigest: 'aa',
        answer,
      })
      assert.equal(await store.answerGet({ system: 'zhoukou', key: 'k-1' }), undefined)
      assert.equal(await store.answerGet({ system: 'shangqiu', key: 'k-2' }), undefined)
    })

    it('calls a version that is not the next one a conflict, and writes nothing', async () => {
      const { store } = current()
      const { case: row } = await accept(store)
      await accept(store, { caseNo: row.caseNo, version: 2 })

      for (const version of [2, 4]) {
        const late = anAcceptance({ caseNo: row.caseNo, version, ...everyKind })
        await assertWritesNothing(store, late, { outcome: 'conflict', on: 'version' })
      }
      assert.equal((await store.caseGet({ caseNo: row.caseNo }))?.version, 2)
    })

    it('calls a later version of a case that is not there a version conflict', async () => {
      const { store } = current()
      const orphan = anAcceptance({ version: 2, ...everyKind })

      await assertWritesNothing(store, orphan, { outcome: 'conflict', on: 'version' })
    })

    it('calls a first version of a case that is there a case-number conflict, and writes nothing', async () => {
      const { store } = current()
      const { case: row } = await accept(store)
      const stranger = anAcceptance({ caseNo: row.caseNo, system: 'zhoukou', ...everyKind })

      await assertWritesNothing(store, stranger, { outcome: 'conflict', on: 'case-number' })
    })

    it('calls an external id of another case a conflict, and writes nothing', async () => {
      const { store } = current()
      const taken = { system: 'shangqiu', value: 'SQ-1' }
      await accept(store, { externalIds: [taken] })
      const other = anAcceptance({ ...everyKind, externalIds: [...everyKind.externalIds, taken] })

      await assertWritesNothing(store, other, { outcome: 'conflict', on: 'external-id' })
    })

    it('takes an external id that the case has already, and the same value of another system', async () => {
      const { store } = current()
      const own = { system: 'shangqiu', value: 'SQ-1' }
      const { case: row } = await accept(store, { externalIds: [own] })
      await accept(store, { caseNo: row.caseNo, version: 2, externalIds: [own, own] })
      await accept(store, { externalIds: [{ system: 'zhoukou', value: 'SQ-1' }] })

      assert.deepEqual(await store.externalIdList({ caseNo: row.caseNo }), [own])
    })

    it('lets a conflict be tried again under the same key', async () => {
      const { store } = current()
      const { case: row } = await accept(store)
      const late = anAcceptance({ caseNo: row.caseNo, version: 3, key: 'k-late' })
      assert.equal((await store.messageAccept(late)).outcome, 'conflict')

      await accept(store, { caseNo: row.caseNo, version: 2, key: 'k-late' })
    })

    it('refuses an id of the hub that is used twice, and writes nothing', async () => {
      const { store } = current()
      const first = await accept(store)
      const sameMessage = anAcceptance({
        id: first.message.id,
        caseNo: aNewId(),
        key: 'another',
        ...everyKind,
      })
      const sameDelivery = { ...anAcceptance(everyKind), deliveries: first.deliveries }
      const fresh = anAcceptance(everyKind)
      const twice = { ...fresh, deliveries: [...fresh.deliveries, ...fresh.deliveries] }

      await assertWritesNothing(store, sameMessage, 'throws')
      await assertWritesNothing(store, sameDelivery, 'throws')
      await assertWritesNothing(store, twice, 'throws')
    })

    it('accepts one of a hundred calls with the same key, and answers the others alike', async () => {
      const { store } = current()
      const calls = Array.from({ length: 100 }, (_, index) =>
        anAcceptance({ key: 'k-1', bodyDigest: 'aa', answer: { index } }),
      )
      const results = await Promise.all(calls.map((call) => store.messageAccept(call)))

      const accepted = results.findIndex(({ outcome }) => outcome === 'accepted')
      const repeated = { outcome: 'repeated', bodyDigest: 'aa', answer: { index: accepted } }
      results.forEach((result, index) => {
        assert.deepEqual(result, index === accepted ? { outcome: 'accepted' } : repeated)
      })
      assert.equal((await store.deliveryCount({})).pending, 1)
    })

    it('answers the second of two calls with the very same object as a repetition', async () => {
      const { store } = current()
      const acceptance = anAcceptance()
      const results = await Promise.all([1, 2].map(() => store.messageAccept(acceptance)))

      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['accepted', 'repeated'],
      )
    })

    it('lets one of twenty calls open a case, and one of twenty continue it', async () => {
      const { store } = current()
      const caseNo = aNewId()
      for (const version of [1, 2]) {
        const calls = Array.from({ length: 20 }, () => anAcceptance({ caseNo, version }))
        const results = await Promise.all(calls.map((call) => store.messageAccept(call)))
        assert.equal(results.filter(({ outcome }) => outcome === 'accepted').length, 1)
        assert.equal(results.filter(({ outcome }) => outcome === 'conflict').length, 19)
      }
    })

    it('accepts two hundred calls at once, in few transactions where it groups them', async () => {
      const { store, transactions } = current()
      const before = transactions?.() ?? 0
      const calls = Array.from({ length: 200 }, () => anAcceptance())
      const results = await Promise.all(calls.map((call) => store.messageAccept(call)))

      assert.ok(results.every(({ outcome }) => outcome === 'accepted'))
      assert.equal((await store.deliveryCount({})).pending, 200)
      if (transactions !== undefined)
        assert.ok(transactions() - before <= 5, `${transactions() - before} transactions`)
    })

    it('does not let one call that fails take its neighbours with it', async () => {
      const { store } = current()
      const first = await accept(store)
      const good = [anAcceptance(), anAcceptance()] as const
      const results = await Promise.allSettled([
        store.messageAccept(good[0]),
        store.messageAccept({ ...anAcceptance(), deliveries: first.deliveries }),
        store.messageAccept(good[1]),
      ])

      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      for (const { message } of good) assert.ok(await store.messageGet({ id: message.id }))
    })

    it('replaces a deadline of the same case and clock', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const second = aDeadline({ caseNo, clock: 'T2' })
      await accept(store, { caseNo, deadlines: [second, aDeadline({ clock: 'T1', provisional: true })] })
      const met = aDeadline({ caseNo, clock: 'T1', state: 'met', dueDate: '2026-10-20' })
      await accept(store, { caseNo, version: 2, deadlines: [met] })

      assert.deepEqual(await store.deadlineList({ caseNo }), [met, second])
    })
  })
}

/** Calls, and fails where the result is another or anything of the acceptance was written. */
async function assertWritesNothing(store: Store, acceptance: Acceptance, expected: AcceptResult | 'throws') {
  const before = await everythingAbout(store, acceptance)
  const call = store.messageAccept(acceptance)
  if (expected === 'throws') await assert.rejects(call)
  else assert.deepEqual(await call, expected)
  assert.deepEqual(await everythingAbout(store, acceptance), before)
}

async function everythingAbout(store: Store, { message, case: row, idempotency, externalIds }: Acceptance) {
  return {
    message: await store.messageGet({ id: message.id }),
    answer: await store.answerGet(idempotency),
    case: await store.caseGet({ caseNo: row.caseNo }),
    timeline: await store.caseTimeline({ caseNo: row.caseNo }),
    deadlines: await store.deadlineList({ caseNo: row.caseNo }),
    externalIds: await store.externalIdList({ caseNo: row.caseNo }),
    holders: await Promise.all(externalIds.map((externalId) => store.caseGet({ externalId }))),
    deliveries: await store.deliveryList({ limit: 1_000 }),
    counts: await store.deliveryCount({}),
  }
}
