import assert from 'node:assert/strict'
import { RetryLater } from '../../hub/contract/errors.ts'
import { instructionOf } from '../instruction-of.ts'
import type { Reply, Stage } from './deposit.ts'
import { judge } from './link.ts'
import { PlaceError, type PlaceFailure } from './place/place.ts'

/** The outcome in a few words: what the dispatcher would branch on. */
function outcome(reply: Reply): string {
  try {
    return judge(reply, 'a/b.txt').duplicate === true ? 'receipt, duplicate' : 'receipt'
  } catch (error) {
    return instructionOf(error)
  }
}

describe('judge', () => {
  it('calls what was written or stood there already a receipt', () => {
    assert.equal(outcome({ kind: 'written' }), 'receipt')
    assert.equal(outcome({ kind: 'there' }), 'receipt, duplicate')
    assert.equal(outcome({ kind: 'differs', path: 'a/b.txt' }), 'Rejected contract')
  })

  const table: Readonly<Record<PlaceFailure | 'stopped', readonly [string, string, string]>> = {
    // looking, writing, publishing
    unreachable: ['LinkLost', 'RetryLater', 'RetryLater'],
    lost: ['LinkLost', 'RetryLater', 'OutcomeUnknown'],
    stopped: ['LinkLost', 'RetryLater', 'OutcomeUnknown'],
    denied: ['Rejected credential', 'Rejected credential', 'Rejected credential'],
    full: ['RetryLater', 'RetryLater', 'RetryLater'],
    exists: ['RetryLater', 'RetryLater', 'RetryLater'],
    missing: ['RetryLater', 'RetryLater', 'RetryLater'],
    failed: ['RetryLater', 'RetryLater', 'RetryLater'],
    name: ['Rejected contract', 'Rejected contract', 'Rejected contract'],
  }
  for (const [kind, outcomes] of Object.entries(table) as [PlaceFailure | 'stopped', readonly string[]][])
    for (const [index, stage] of (['looking', 'writing', 'publishing'] as const satisfies Stage[]).entries())
      it(`calls ${kind} while ${stage} ${outcomes[index]}`, () => {
        const reply: Reply =
          kind === 'stopped'
            ? { kind, stage }
            : { kind: 'failed', stage, failure: new PlaceError(kind, 'words of the place') }
        assert.equal(outcome(reply), outcomes[index])
      })

  it('keeps what caused it, and the words of an acknowledgement', () => {
    const failure = new PlaceError('full', 'No space left')
    assert.throws(
      () => judge({ kind: 'failed', stage: 'writing', failure }, 'a'),
      (error) => error instanceof RetryLater && error.cause === failure && error.message === 'No space left',
    )
    assert.deepEqual(judge({ kind: 'there', words: Buffer.from('ok') }, 'a').answer, Buffer.from('ok'))
  })
})
