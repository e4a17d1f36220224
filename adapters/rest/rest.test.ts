import assert from 'node:assert/strict'
import type { AnswerReading } from '../../hub/contract/adapter.ts'
import { ConfigError, LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { linkServices } from '../conformance.ts'
import type { Answer, Reply } from '../shared/http.ts'
import { addressOf, judge, type RestConfig, rest } from './rest.ts'

const readings = {
  taken: { verdict: 'taken', reference: 'ZJ2609300088' },
  duplicate: { verdict: 'duplicate', reference: 'ZJ2609300088', words: '重复报送' },
  retry: { verdict: 'retry', words: '系统忙' },
  refused: { verdict: 'refused', words: '缺少 taskCode' },
  unreadable: { verdict: 'unreadable', words: 'not JSON' },
} as const satisfies Record<AnswerReading['verdict'], AnswerReading>

function anAnswer(status: number, change: Partial<Answer> = {}): Answer {
  return { kind: 'answer', status, body: new TextEncoder().encode('as it came'), ...change }
}

/** The outcome in a few words: what the dispatcher would branch on. */
function outcome(reply: Reply, verdict: AnswerReading['verdict']): string {
  try {
    const receipt = judge(reply, () => readings[verdict])
    return receipt.duplicate ? 'receipt of a duplicate' : 'receipt'
  } catch (error) {
    if (error instanceof Rejected) return `Rejected ${error.kind}`
    if (error instanceof RetryLater) {
      return error.afterMs === undefined ? 'RetryLater' : `RetryLater ${error.afterMs}`
    }
    if (error instanceof OutcomeUnknown) return 'OutcomeUnknown'
    if (error instanceof LinkLost) return 'LinkLost'
    throw error
  }
}

describe('judge', () => {
  const statuses: readonly (readonly [number, Readonly<Record<AnswerReading['verdict'], string>>])[] = [
    ...[200, 201, 202, 204].map(
      (status) =>
        [
          status,
          {
            taken: 'receipt',
            duplicate: 'receipt of a duplicate',
            retry: 'RetryLater',
            refused: 'Rejected contract',
            unreadable: 'OutcomeUnknown',
          },
        ] as const,
    ),
    ...[300, 301, 302, 303, 304, 307, 308].map((status) => [status, always('Rejected contract')] as const),
    ...[401, 403].map((status) => [status, always('Rejected credential')] as const),
    ...[400, 404, 405, 409, 410, 413, 415, 422].map(
      (status) =>
        [
          status,
          { ...always('Rejected contract'), duplicate: 'receipt of a duplicate', retry: 'RetryLater' },
        ] as const,
    ),
    ...[408, 429, 500, 501, 503].map(
      (status) => [status, { ...always('RetryLater'), duplicate: 'receipt of a duplicate' }] as const,
    ),
    ...[502, 504].map(
      (status) => [status, { ...always('OutcomeUnknown'), duplicate: 'receipt of a duplicate' }] as const,
    ),
  ]

  for (const [status, byVerdict] of statuses) {
    for (const [verdict, expected] of Object.entries(byVerdict)) {
      it(`calls ${status} that reads as ${verdict} ${expected}`, () => {
        assert.equal(outcome(anAnswer(status), verdict as AnswerReading['verdict']), expected)
      })
    }
  }

  for (const [status, verdict] of [
    [200, 'retry'],
    [429, 'unreadable'],
    [503, 'refused'],
    [500, 'unreadable'],
    [408, 'unreadable'],
    [409, 'retry'],
  ] as const) {
    it(`honours Retry-After of ${status} that reads as ${verdict}`, () => {
      assert.equal(outcome(anAnswer(status, { retryAfterMs: 90_000 }), verdict), 'RetryLater 90000')
    })
  }

  it('calls a connection that never stood LinkLost', () => {
    assert.equal(outcome({ kind: 'never-connected', reason: 'ECONNREFUSED' }, 'taken'), 'LinkLost')
  })

  it('calls a missing answer OutcomeUnknown and keeps the part that came', () => {
    const partial = new TextEncoder().encode('{"code":')
    assert.throws(
      () => judge({ kind: 'no-answer', reason: 'ECONNRESET', partial }, () => readings.taken),
      (error) =>
        error instanceof OutcomeUnknown && error.answer === partial && /ECONNRESET/.test(error.message),
    )
  })

  for (const defect of ['too-large', 'compressed'] as const) {
    it(`does not read an answer that is ${defect}`, () => {
      assert.equal(outcome(anAnswer(200, { defect }), 'taken'), 'OutcomeUnknown')
      assert.equal(outcome(anAnswer(400, { defect }), 'duplicate'), 'Rejected contract')
      assert.equal(outcome(anAnswer(500, { defect }), 'duplicate'), 'RetryLater')
    })
  }

  it('hands status and body to the rules of the format, and its receipt carries what they found', () => {
    const answer = anAnswer(201)
    const receipt = judge(answer, ({ status, body }) => {
      assert.deepEqual([status, body], [201, answer.body])
      return readings.taken
    })
    assert.deepEqual(receipt, { reference: 'ZJ2609300088', answer: answer.body })
  })

  it('keeps the answer and the words of a refusal as evidence', () => {
    const answer = anAnswer(422)
    assert.throws(
      () => judge(answer, () => readings.refused),
      (error) =>
        error instanceof Rejected &&
        error.answer === answer.body &&
        error.message === 'HTTP 422: 缺少 taskCode',
    )
  })

  function always(expected: string): Record<AnswerReading['verdict'], string> {
    return { taken: expected, duplicate: expected, retry: expected, refused: expected, unreadable: expected }
  }
})

describe('address of a delivery', () => {
  const table: readonly (readonly [base: string, path: string, expected: string])[] = [
    ['http://d.example', '', 'http://d.example/'],
    ['http://d.example/api', '', 'http://d.example/api'],
    ['http://d.example/api/', 'cases', 'http://d.example/api/cases'],
    ['http://d.example/api', '/cases', 'http://d.example/api/cases'],
    ['http://d.example/api?tenant=hn', '/cases?v=2', 'http://d.example/api/cases?tenant=hn&v=2'],
    ['http://d.example/api', '/案件', 'http://d.example/api/%E6%A1%88%E4%BB%B6'],
    ['http://d.example', '//elsewhere.example/x', 'http://d.example/elsewhere.example/x'],
    ['http://d.example', '/\\elsewhere.example/x', 'http://d.example//elsewhere.example/x'],
    ['http://d.example/api', 'http://elsewhere.example/', 'http://d.example/api/http://elsewhere.example/'],
    ['http://d.example/api', '@elsewhere.example', 'http://d.example/api/@elsewhere.example'],
  ]
  for (const [base, path, expected] of table) {
    it(`of ${base} and ${path || 'no path'} is ${expected}`, () => {
      assert.equal(addressOf(new URL(base), path).href, expected)
    })
  }
})

describe('opening a rest link', () => {
  const services = linkServices(() => readings.taken)
  const refused: readonly (readonly [string, RestConfig, string])[] = [
    ['a host outside allowHosts', { url: 'http://d.example', allowHosts: ['e.example:80'] }, '/allowHosts'],
    [
      'a port outside allowHosts',
      { url: 'http://d.example:81', allowHosts: ['d.example:80'] },
      '/allowHosts',
    ],
    [
      'an address written as a number',
      { url: 'http://2130706433/', allowHosts: ['2130706433:80'] },
      '/allowHosts',
    ],
    ['a range that is none', { url: 'http://d.example', allowAddresses: ['10.0.0.0/64'] }, '/allowAddresses'],
  ]
  for (const [title, config, path] of refused) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(
        rest.open(config, services),
        (error) => error instanceof ConfigError && error.faults[0]?.path === path,
      )
    })
  }
})
