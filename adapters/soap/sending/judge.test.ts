import assert from 'node:assert/strict'
import type { AnswerReading } from '../../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../../hub/contract/errors.ts'
import type { Answer, Reply } from '../../shared/http.ts'
import { judge } from './judge.ts'

type Verdict = AnswerReading['verdict']

const ENVELOPES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
}

function envelope(body: string, version: '1.1' | '1.2' = '1.1'): string {
  return `<s:Envelope xmlns:s="${ENVELOPES[version]}"><s:Body>${body}</s:Body></s:Envelope>`
}

const ANSWER = envelope('<r xmlns="urn:r">&lt;RESULT/&gt;</r>')
const PAGE = '<html><body>Bad gateway<br></body></html>'

function fault11(code: string): string {
  return envelope(`<s:Fault><faultcode>${code}</faultcode><faultstring> no\n good </faultstring></s:Fault>`)
}

function fault12(code: string, subcode = ''): string {
  const more = subcode && `<s:Subcode><s:Value>${subcode}</s:Value></s:Subcode>`
  return envelope(
    `<s:Fault><s:Code><s:Value>${code}</s:Value>${more}</s:Code><s:Reason><s:Text xml:lang="en">no good</s:Text></s:Reason></s:Fault>`,
    '1.2',
  )
}

function anAnswer(status: number, text: string, change: Partial<Answer> = {}): Answer {
  return { kind: 'answer', status, body: new TextEncoder().encode(text), ...change }
}

/** The outcome in a few words: what the dispatcher would branch on. */
function outcome(reply: Reply, verdict: Verdict, oneWay = false): string {
  try {
    const receipt = judge(reply, () => ({ verdict }), oneWay)
    return receipt.duplicate ? 'receipt of a duplicate' : 'receipt'
  } catch (error) {
    if (error instanceof Rejected) return `Rejected ${error.kind}`
    if (error instanceof RetryLater)
      return error.afterMs === undefined ? 'RetryLater' : `RetryLater ${error.afterMs}`
    if (error instanceof OutcomeUnknown) return 'OutcomeUnknown'
    if (error instanceof LinkLost) return 'LinkLost'
    throw error
  }
}

describe('judge of SOAP answers', () => {
  const table: readonly (readonly [
    title: string,
    status: number,
    text: string,
    Partial<Record<Verdict, string>>,
  ])[] = [
    [
      'an answer',
      200,
      ANSWER,
      {
        taken: 'receipt',
        duplicate: 'receipt of a duplicate',
        retry: 'RetryLater',
        refused: 'Rejected contract',
        unreadable: 'OutcomeUnknown',
      },
    ],
    ['an empty body', 200, envelope(''), { unreadable: 'OutcomeUnknown' }],
    ['no body at all', 202, '', { unreadable: 'OutcomeUnknown' }],
    ['a page', 200, PAGE, { taken: 'OutcomeUnknown' }],
    ['a page', 500, PAGE, { taken: 'OutcomeUnknown' }],
    ['a page', 404, PAGE, { taken: 'Rejected contract' }],
    ['a page', 503, PAGE, { taken: 'RetryLater' }],
    ['a page', 429, PAGE, { taken: 'RetryLater' }],
    ['a page', 302, PAGE, { taken: 'Rejected contract' }],
    ['a page', 401, PAGE, { taken: 'Rejected credential' }],
    ['a page', 403, PAGE, { taken: 'Rejected credential' }],
    ['a page', 502, PAGE, { taken: 'OutcomeUnknown' }],
    ['a page', 504, PAGE, { taken: 'OutcomeUnknown' }],
    [
      'an answer',
      500,
      ANSWER,
      { taken: 'OutcomeUnknown', duplicate: 'receipt of a duplicate', refused: 'Rejected contract' },
    ],
    [
      'an answer',
      502,
      ANSWER,
      { taken: 'OutcomeUnknown', duplicate: 'receipt of a duplicate', retry: 'OutcomeUnknown' },
    ],
    ['an answer with a DOCTYPE', 200, `<!DOCTYPE s>${ANSWER}`, { taken: 'OutcomeUnknown' }],
    ['an answer too deep', 200, envelope('<a>'.repeat(70) + '</a>'.repeat(70)), { taken: 'OutcomeUnknown' }],
    [
      'an envelope of another version',
      200,
      ANSWER.replace(ENVELOPES['1.1'], 'urn:soap'),
      { taken: 'OutcomeUnknown' },
    ],
    ...[200, 500].flatMap(
      (status): (readonly [string, number, string, Partial<Record<Verdict, string>>])[] => [
        [
          'a Fault Server',
          status,
          fault11('s:Server'),
          {
            unreadable: 'RetryLater',
            taken: 'RetryLater',
            retry: 'RetryLater',
            duplicate: 'receipt of a duplicate',
            refused: 'Rejected contract',
          },
        ],
        [
          'a Fault Client',
          status,
          fault11('s:Client'),
          {
            unreadable: 'Rejected contract',
            taken: 'Rejected contract',
            retry: 'RetryLater',
            duplicate: 'receipt of a duplicate',
          },
        ],
        [
          'a Fault VersionMismatch',
          status,
          fault11('s:VersionMismatch'),
          { unreadable: 'Rejected contract' },
        ],
        [
          'a Fault Client.Authentication',
          status,
          fault11('s:Client.Authentication'),
          { unreadable: 'Rejected credential' },
        ],
        [
          'a Fault of WS-Security',
          status,
          fault11('wsse:FailedAuthentication'),
          { unreadable: 'Rejected credential' },
        ],
        [
          'a Fault of its own making',
          status,
          fault11('ns1:E1001'),
          { unreadable: 'OutcomeUnknown', taken: 'OutcomeUnknown' },
        ],
        ['a Fault without a code', status, envelope('<s:Fault/>'), { unreadable: 'OutcomeUnknown' }],
        ['a Fault Receiver', status, fault12('s:Receiver'), { unreadable: 'RetryLater' }],
        [
          'a Fault Sender',
          status,
          fault12('s:Sender', 'q:MissingField'),
          { unreadable: 'Rejected contract' },
        ],
        [
          'a Fault Sender of WS-Security',
          status,
          fault12('s:Sender', 'wsse:InvalidSecurityToken'),
          { unreadable: 'Rejected credential' },
        ],
      ],
    ),
  ]
  for (const [title, status, text, byVerdict] of table) {
    for (const [verdict, expected] of Object.entries(byVerdict)) {
      it(`calls ${title} with HTTP ${status} that reads as ${verdict} ${expected}`, () => {
        assert.equal(outcome(anAnswer(status, text), verdict as Verdict), expected)
      })
    }
  }

  it('honours Retry-After', () => {
    for (const text of [fault11('s:Server'), PAGE])
      assert.equal(outcome(anAnswer(503, text, { retryAfterMs: 90_000 }), 'unreadable'), 'RetryLater 90000')
  })

  it('takes a success status for an operation without an answer', () => {
    assert.equal(outcome(anAnswer(202, ''), 'unreadable', true), 'receipt')
    assert.equal(outcome(anAnswer(200, envelope('')), 'unreadable', true), 'receipt')
    assert.equal(outcome(anAnswer(200, PAGE), 'unreadable', true), 'OutcomeUnknown')
    assert.equal(outcome(anAnswer(200, fault11('s:Server')), 'unreadable', true), 'RetryLater')
    assert.equal(outcome(anAnswer(500, ''), 'unreadable', true), 'OutcomeUnknown')
  })

  it('calls a connection that never stood LinkLost, and a missing answer OutcomeUnknown', () => {
    assert.equal(outcome({ kind: 'never-connected', reason: 'ECONNREFUSED' }, 'taken'), 'LinkLost')
    assert.equal(outcome({ kind: 'no-answer', reason: 'ECONNRESET' }, 'taken'), 'OutcomeUnknown')
  })

  for (const defect of ['too-large', 'compressed'] as const) {
    it(`does not read an answer that is ${defect}`, () => {
      assert.equal(outcome(anAnswer(200, ANSWER, { defect }), 'taken'), 'OutcomeUnknown')
      assert.equal(outcome(anAnswer(500, ANSWER, { defect }), 'duplicate'), 'OutcomeUnknown')
    })
  }

  it('hands the body’s element to the format as a document of its own, with the namespaces that it needs', () => {
    const text = `<?xml version="1.0" encoding="GBK"?><s:Envelope xmlns:s="${ENVELOPES['1.1']}" xmlns:w="urn:w"><s:Body><w:r><return>`
    const gbk = Buffer.from([0xb2, 0xe2])
    const body = Buffer.concat([Buffer.from(text), gbk, Buffer.from('</return></w:r></s:Body></s:Envelope>')])
    const receipt = judge(
      { kind: 'answer', status: 200, body, contentType: 'text/xml' },
      ({ status, body: read }) => {
        assert.equal(status, 200)
        assert.equal(new TextDecoder().decode(read), '<w:r xmlns:w="urn:w"><return>测</return></w:r>')
        return { verdict: 'taken', reference: 'ZJ1' }
      },
    )
    assert.deepEqual(receipt, { reference: 'ZJ1', answer: body })
  })

  it('keeps the answer and the Fault’s words as evidence', () => {
    const answer = anAnswer(500, fault11('s:Client'))
    assert.throws(
      () => judge(answer, () => ({ verdict: 'unreadable' })),
      (error) =>
        error instanceof Rejected &&
        error.answer === answer.body &&
        error.message === 'HTTP 500: no good (Client)',
    )
  })
})
