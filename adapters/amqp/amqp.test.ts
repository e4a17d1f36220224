import assert from 'node:assert/strict'
import { ConfigError, OutcomeUnknown, Rejected } from '../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../conformance.ts'
import { instructionOf } from '../instruction-of.ts'
import { amqp, judge, publicationOf } from './amqp.ts'
import type { Reply } from './publisher.ts'

const returned: Reply = {
  kind: 'returned',
  code: 312,
  words: 'NO_ROUTE',
  exchange: 'hub.events',
  routingKey: 'case.submitted.410100',
}

/** The outcome in a few words: what the dispatcher would branch on. */
function outcome(reply: Reply): string {
  try {
    judge(reply)
    return 'receipt'
  } catch (error) {
    return instructionOf(error)
  }
}

describe('judge', () => {
  const table: readonly (readonly [string, Reply, string])[] = [
    ['no connection', { kind: 'not-sent', reason: 'connect ECONNREFUSED' }, 'LinkLost'],
    ['a broker short of memory', { kind: 'blocked', reason: 'low on memory' }, 'RetryLater'],
    ['a connection that ended', { kind: 'no-confirm', reason: 'Unexpected close' }, 'OutcomeUnknown'],
    ['a nack', { kind: 'nacked' }, 'RetryLater'],
    ['a message that no queue wanted', returned, 'Rejected contract'],
    ['a confirm', { kind: 'confirmed' }, 'receipt'],
  ]
  for (const [title, reply, expected] of table) {
    it(`calls ${title} ${expected}`, () => assert.equal(outcome(reply), expected))
  }

  it('tells the integrator of a returned message which binding is missing', () => {
    assert.throws(
      () => judge(returned),
      /312 NO_ROUTE.*exchange hub\.events for routing key case\.submitted\.410100/,
    )
  })

  it('keeps what caused a lost connection', () => {
    const cause = new Error('Heartbeat timeout')
    assert.throws(
      () => judge({ kind: 'no-confirm', reason: cause.message, cause }),
      (error) => error instanceof OutcomeUnknown && error.cause === cause,
    )
  })
})

describe('publicationOf', () => {
  it('takes the routing key of the hint, else of the config, else the message type', () => {
    const keyOf = (hints: Record<string, string>, routingKey?: string): string =>
      publicationOf(anOutbound({ hints }), {
        mandatory: true,
        ...(routingKey === undefined ? {} : { routingKey }),
      }).routingKey
    assert.equal(keyOf({ routingKey: 'a.b' }, 'c.d'), 'a.b')
    assert.equal(keyOf({}, 'c.d'), 'c.d')
    assert.equal(keyOf({}), 'case.submitted')
  })

  it('takes the media type of the hint before that of the format', () => {
    const typed = anOutbound({ hints: { contentType: 'application/cloudevents+json' } })
    assert.equal(publicationOf(typed, { mandatory: true }).contentType, 'application/cloudevents+json')
    assert.equal(
      publicationOf(anOutbound(), { mandatory: true }).contentType,
      'application/json; charset=utf-8',
    )
  })

  it('tells who a message is by id and headers', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const { messageId, type, headers, mandatory } = publicationOf(
      anOutbound({ caseNo: '豫2026 0001', sequence: 7, traceparent }),
      { mandatory: false },
    )
    assert.deepEqual(
      { messageId, type, headers, mandatory },
      {
        messageId: anOutbound().messageId,
        type: 'case.submitted',
        headers: { type: 'case.submitted', case: '豫2026 0001', sequence: 7, traceparent },
        mandatory: false,
      },
    )
  })

  it('refuses a text that the protocol cannot carry, counted in bytes', () => {
    const withKey = (routingKey: string): unknown =>
      publicationOf(anOutbound({ hints: { routingKey } }), { mandatory: true })
    withKey('豫'.repeat(85))
    assert.throws(
      () => withKey('豫'.repeat(86)),
      (error) => error instanceof Rejected && error.kind === 'contract' && /258 bytes/.test(error.message),
    )
  })
})

describe('amqp config', () => {
  for (const [title, value] of [
    ['is no address', 'guest:very-secret@nowhere'],
    ['is of another protocol', 'http://guest:very-secret@nowhere/'],
  ] as const) {
    it(`refuses a secret that ${title}, without telling it`, async () => {
      await assert.rejects(
        amqp.open({ url: { secret: 'BROKER' }, exchange: 'e' }, linkServices(unread, { BROKER: value })),
        (error) => error instanceof ConfigError && !error.message.includes('very-secret'),
      )
    })
  }
})

function unread() {
  return { verdict: 'unreadable' } as const
}
