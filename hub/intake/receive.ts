/** What a listener hands over, taken: the same intake as every other way in, and its outcome in terms that any protocol can tell. */
import type { System } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import { IntakeError, StoreError } from '../contract/errors.ts'
import type { Inbound, InboundOutcome, ListenerLog } from '../contract/listener.ts'
import { PROBLEMS, type ProblemCode } from '../contract/problems.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import type { Intake } from './intake.ts'

export interface ReceiveParts {
  readonly intake: Pick<Intake, 'accept'>
  readonly formats: ReadonlyMap<string, Pick<FormatPackage, 'writeReply'>>
  readonly clock: Pick<Clock, 'now'>
  readonly log: ListenerLog
}

/** How long a sender is asked to wait where nobody knows better. */
const LATER_MS = 2_000

/** The hub's own trouble: the same document may well be taken in a moment. */
const PASSING: ReadonlySet<ProblemCode> = new Set([
  'IDEMPOTENCY_IN_PROGRESS',
  'STORE_UNAVAILABLE',
  'HUB_STOPPING',
])

/** Never throws. */
export async function receive(
  sender: System,
  inbound: Inbound,
  parts: ReceiveParts,
): Promise<InboundOutcome> {
  const outcome = await judged(sender, inbound, parts)
  const reply = parts.formats.get(sender.format)?.writeReply?.(outcome, parts.clock.now())
  return reply === undefined ? outcome : { ...outcome, reply }
}

async function judged(
  sender: System,
  { body, contentType, idempotencyKey, traceparent }: Inbound,
  { intake, log }: Pick<ReceiveParts, 'intake' | 'log'>,
): Promise<InboundOutcome> {
  try {
    const { answer, repeated } = await intake.accept({
      sender,
      bytes: body,
      contentType,
      idempotencyKey,
      traceparent,
    })
    const { caseNo, messageId, type, sequence, receipt } = answer
    return { kind: 'accepted', caseNo, messageId, type, sequence, repeated, ...receipt }
  } catch (error) {
    const known = asIntakeError(error)
    if (known === undefined)
      log.error({ system: sender.id, error }, 'an inbound document met an error of the hub')
    else if (known.code !== 'IDEMPOTENCY_IN_PROGRESS')
      log.info({ system: sender.id, code: known.code }, 'an inbound document was not taken')
    return outcomeOf(
      known ?? new IntakeError('INTERNAL', 'The hub has an error of its own; its log tells which.'),
    )
  }
}

function asIntakeError(error: unknown): IntakeError | undefined {
  if (error instanceof IntakeError) return error
  if (error instanceof StoreError)
    return new IntakeError('STORE_UNAVAILABLE', 'The store cannot write at the moment; nothing was taken.')
  return undefined
}

function outcomeOf(error: IntakeError): InboundOutcome {
  const { code, faults, retryAfterSeconds } = error
  const { zh, en } = PROBLEMS[code]
  const about = { code, title: { zh, en }, words: wordsOf(error) }
  if (PASSING.has(code) || isEarly(error)) {
    const afterMs = retryAfterSeconds === undefined ? LATER_MS : retryAfterSeconds * 1000
    return { kind: 'not-yet', because: PASSING.has(code) ? 'hub' : 'order', afterMs, ...about }
  }
  return { kind: 'refused', faults, ...about }
}

/**
 * Whether it came before a message that it follows: a decision before the acceptance, an answer about a case not yet known.
 * What comes too late (a supplement to a case that is completed) is refused, for no waiting mends it.
 */
function isEarly({ code, details }: IntakeError): boolean {
  return code === 'CASE_NOT_FOUND' || (code === 'CASE_STATE' && details.mayStillCome === true)
}

/** Everything wrong at once, each with the sender's own field where the format tells it. */
function wordsOf({ code, message, faults }: IntakeError): string {
  if (faults.length === 0) return `${PROBLEMS[code].zh}：${message}`
  return faults
    .map(({ source, reason }) => (source === undefined ? reason.zh : `${source}：${reason.zh}`))
    .join('；')
}
