import assert from 'node:assert/strict'
import fc from 'fast-check'
import { backoffMs, decide, type Outcome, type Policy } from './decide.ts'

const retry = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: 0.5, attempts: 5 }
const policy: Policy = { dedupes: true, retry }
const NOW = 1_000_000
const fresh = { attempts: 0, lost: 0, maybeSent: false }
const judge = (outcome: Outcome, before = fresh, rules = policy) => decide(outcome, before, rules, NOW, 0.5)

const later: Outcome = { kind: 'retry-later', words: 'busy', afterMs: undefined }
const silence: Outcome = { kind: 'outcome-unknown', words: 'no answer' }

describe('decide', () => {
  it('settles a receipt as delivered, a duplicate too', () => {
    for (const duplicate of [false, true]) {
      const { state, counts, reference } = judge({ kind: 'receipt', reference: 'ZJ1', duplicate })
      assert.deepEqual({ state, counts, reference }, { state: 'delivered', counts: true, reference: 'ZJ1' })
    }
  })

  it('waits longer after each counted attempt and gives up at the limit, saying so', () => {
    const waits = [0, 1, 2, 3].map((attempts) => judge(later, { ...fresh, attempts }).dueAtMs - NOW)
    assert.deepEqual(waits, [1000, 2000, 4000, 8000])
    const last = judge(later, { ...fresh, attempts: 4 })
    assert.equal(last.state, 'dead')
    assert.deepEqual([last.reason?.code, last.reason?.owner], ['DELIVERY_GIVEN_UP', 'partner'])
    assert.match(last.reason?.words ?? '', /5 attempts.*busy/)
  })

  it('never comes back sooner than the receiver asked, and not a day late', () => {
    fc.assert(
      fc.property(fc.nat(90_000_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (afterMs, random) => {
        const wait = decide({ ...later, afterMs }, fresh, policy, NOW, random).dueAtMs - NOW
        assert.ok(wait >= Math.min(afterMs, 24 * 3_600_000), `${wait}`)
        assert.ok(wait <= 24 * 3_600_000 + retry.firstMs)
      }),
    )
  })

  it('does not count an attempt in which nothing was sent', () => {
    const { state, counts, dueAtMs } = judge(
      { kind: 'link-lost', words: 'refused' },
      { ...fresh, attempts: 4, lost: 3 },
    )
    assert.deepEqual({ state, counts, wait: dueAtMs - NOW }, { state: 'waiting', counts: false, wait: 8000 })
  })

  it('retries an unknown outcome only where the receiver dedupes, and else parks it for the operator', () => {
    assert.equal(judge(silence).state, 'waiting')
    const parked = judge(silence, fresh, { ...policy, dedupes: false })
    assert.deepEqual([parked.state, parked.reason?.owner], ['unknown', 'operator'])
  })

  it('makes a dead letter of a refusal at once and names who has to act', () => {
    const owner = (outcome: Outcome) => [judge(outcome).state, judge(outcome).reason?.owner]
    assert.deepEqual(owner({ kind: 'rejected', rejection: 'contract', words: '400' }), ['dead', 'integrator'])
    assert.deepEqual(owner({ kind: 'rejected', rejection: 'credential', words: '401' }), ['dead', 'operator'])
    assert.deepEqual(owner({ kind: 'unmappable', words: 'no code' }), ['dead', 'integrator'])
  })
})

describe('decide, where an earlier owner may have sent it and the receiver cannot tell repeats', () => {
  const doubtful = { attempts: 0, lost: 0, maybeSent: true }
  const blind = { ...policy, dedupes: false }
  const last = { ...doubtful, attempts: 4 }
  const table: readonly (readonly [
    title: string,
    outcome: Outcome,
    before: typeof doubtful,
    expected: readonly [state: string, counts: boolean, maybeSent: boolean, code: string | undefined],
  ])[] = [
    [
      'parks what was not attempted again',
      { kind: 'maybe-sent', words: '' },
      doubtful,
      ['unknown', false, false, 'DELIVERY_OUTCOME_UNKNOWN'],
    ],
    [
      'settles what the receiver has',
      { kind: 'receipt', reference: undefined, duplicate: true },
      { ...doubtful, maybeSent: false },
      ['delivered', true, false, undefined],
    ],
    [
      'keeps the doubt while the receiver cannot be asked',
      later,
      doubtful,
      ['waiting', true, true, 'DELIVERY_RETRY_LATER'],
    ],
    [
      'keeps it while the link is lost',
      { kind: 'link-lost', words: '' },
      doubtful,
      ['waiting', false, true, 'DELIVERY_LINK_LOST'],
    ],
    [
      'calls unknown what it gives up asking for',
      later,
      last,
      ['unknown', true, false, 'DELIVERY_OUTCOME_UNKNOWN'],
    ],
    [
      'calls unknown what could not be mapped a second time',
      { kind: 'unmappable', words: '' },
      doubtful,
      ['unknown', false, false, 'DELIVERY_OUTCOME_UNKNOWN'],
    ],
    [
      'has no doubt once the receiver has said that it has not got it',
      later,
      { ...last, maybeSent: false },
      ['dead', true, false, 'DELIVERY_GIVEN_UP'],
    ],
  ]
  for (const [title, outcome, before, expected] of table) {
    it(title, () => {
      const { state, counts, maybeSent, reason } = judge(outcome, before, blind)
      assert.deepEqual([state, counts, maybeSent, reason?.code], expected)
      if (state === 'unknown') assert.equal(reason?.owner, 'operator')
    })
  }
})

describe('backoffMs', () => {
  it('stays within half the jitter around a wait that never exceeds the cap', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
        const wait = backoffMs(failures, retry, random)
        const centre = Math.min(retry.maxMs, retry.firstMs * 2 ** failures)
        assert.ok(Math.abs(wait - centre) <= centre * 0.25 + 1)
      }),
    )
  })
})
