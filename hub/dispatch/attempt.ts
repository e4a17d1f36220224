/** One attempt of one delivery, and the one place where whatever was thrown becomes an outcome. */
import type { OutboundSettings } from '../config/topology.ts'
import type { Link, Outbound, Receipt } from '../contract/adapter.ts'
import type { Clock } from '../contract/clock.ts'
import {
  DeliveryError,
  LinkLost,
  MappingError,
  OutcomeUnknown,
  Rejected,
  RetryLater,
  StoreError,
} from '../contract/errors.ts'
import type { Attempt, LeasedDelivery } from '../contract/store.ts'
import type { Outcome } from './decide.ts'
import type { Prepared } from './prepare.ts'

/** Bytes of one side kept as evidence of a failed attempt. */
const EVIDENCE_BYTES = 64 * 1024

/** What to do about a delivery that an earlier owner may have sent; `none` where it has not, or the receiver drops repeats. */
export type Doubt = 'none' | 'ask' | 'park'

export function doubtOf(
  { maybeSent }: Pick<LeasedDelivery, 'maybeSent'>,
  { dedupes, queryable }: Pick<OutboundSettings, 'dedupes' | 'queryable'>,
): Doubt {
  if (!maybeSent || dedupes) return 'none'
  return queryable ? 'ask' : 'park'
}

export interface AttemptResult {
  readonly outcome: Outcome
  readonly attempt: Attempt
  /** Whether an earlier owner has sent it is still not known. */
  readonly maybeSent: boolean
  /** What was thrown where it was none of the classes that instruct us: a bug, to be logged loudly. */
  readonly bug?: unknown
}

export interface AttemptOptions {
  readonly clock: Clock
  /** After this an attempt is aborted; a receiver that is asked, before or afterwards, gets the same time for that. */
  readonly timeoutMs: number
  readonly stop: AbortSignal
  readonly doubt: Doubt
  /** Asked right before sending: false where another owner may have the delivery by now. */
  readonly mayStillSend: () => boolean
}

type Stage = 'preparing' | 'opening' | 'asking' | 'delivering'

/**
 * Never throws. Maps out, delivers, and where the outcome is unknown asks the receiver if the link can. Undefined where it
 * became too late to send, and nothing was sent.
 */
export async function attemptDelivery(
  prepareMessage: () => Promise<Prepared>,
  openLink: () => Promise<Link>,
  options: AttemptOptions,
): Promise<AttemptResult | undefined> {
  const { clock, doubt } = options
  const startedAtMs = clock.now()
  let maybeSent = doubt !== 'none'
  let stage: Stage = 'preparing'
  let sent: Uint8Array | undefined
  let answered: Uint8Array | undefined
  let bug: unknown
  let outcome: Outcome | undefined
  try {
    if (doubt === 'park') outcome = parked('It can neither tell repeats nor be asked.')
    else {
      const { outbound } = await prepareMessage()
      stage = 'opening'
      const link = await openLink()
      if (doubt === 'ask') {
        stage = 'asking'
        outcome = await askFirst(link, outbound, options)
        maybeSent = outcome?.kind === 'maybe-sent'
      }
      if (outcome === undefined) {
        if (!options.mayStillSend()) return undefined
        stage = 'delivering'
        sent = outbound.body
        outcome = await deliverOnce(link, outbound, options)
      }
    }
  } catch (error) {
    outcome = outcomeOf(error, stage)
    if (error instanceof DeliveryError) answered = error.answer
    else if (!(error instanceof MappingError || error instanceof StoreError)) bug = error
  }
  const showsBytes = outcome.kind !== 'receipt' && outcome.kind !== 'link-lost'
  return {
    outcome,
    maybeSent,
    attempt: {
      startedAtMs,
      endedAtMs: clock.now(),
      outcome: outcome.kind,
      words: outcome.kind === 'receipt' ? wordsOfReceipt(outcome) : outcome.words,
      sent: showsBytes ? sent?.subarray(0, EVIDENCE_BYTES) : undefined,
      answered: answered?.subarray(0, EVIDENCE_BYTES),
    },
    ...(bug === undefined ? {} : { bug }),
  }
}

async function deliverOnce(link: Link, outbound: Outbound, options: AttemptOptions): Promise<Outcome> {
  try {
    const receipt = await withinTime(options, (signal) => link.deliver(outbound, signal))
    return { kind: 'receipt', reference: receipt.reference, duplicate: receipt.duplicate === true }
  } catch (error) {
    if (!(error instanceof OutcomeUnknown) || link.query === undefined) throw error
    const { answer } = error
    const receipt = await query(link, outbound, options).catch((queryError) => {
      const words = `${error.message} Asking the receiver failed too: ${wordsOf(queryError)}`
      throw new OutcomeUnknown(words, { answer, cause: queryError })
    })
    if (receipt === undefined)
      throw new RetryLater(`${error.message} The receiver says it does not have it.`, { answer })
    return { kind: 'receipt', reference: receipt.reference, duplicate: true }
  }
}

/** Undefined: the receiver has not got it. */
async function askFirst(
  link: Link,
  outbound: Outbound,
  options: AttemptOptions,
): Promise<Outcome | undefined> {
  if (link.query === undefined) return parked('It cannot be asked.')
  const receipt = await query(link, outbound, options).catch((error) => {
    if (error instanceof LinkLost) throw error
    // A question changes nothing at the receiver: whatever became of it, it may be asked again.
    const words = `An earlier attempt may have reached the receiver, and asking it failed: ${wordsOf(error)}`
    throw new RetryLater(words, { cause: error })
  })
  return receipt && { kind: 'receipt', reference: receipt.reference, duplicate: true }
}

function query(link: Link, outbound: Outbound, options: AttemptOptions): Promise<Receipt | undefined> {
  return withinTime(options, async (signal) => link.query?.(outbound, signal))
}

function parked(why: string): Outcome {
  return {
    kind: 'maybe-sent',
    words: `An earlier attempt may have reached the receiver, for the node that had the delivery died or lost it. ${why} Nothing was sent this time.`,
  }
}

function outcomeOf(error: unknown, stage: Stage): Outcome {
  const words = wordsOf(error)
  if (error instanceof MappingError) return { kind: 'unmappable', words }
  if (error instanceof RetryLater) return { kind: 'retry-later', words, afterMs: error.afterMs }
  if (error instanceof Rejected) return { kind: 'rejected', rejection: error.kind, words }
  if (error instanceof LinkLost || error instanceof StoreError) return { kind: 'link-lost', words }
  // A stranger: a bug of ours. What it means depends on how far we were; only after sending is there a doubt.
  if (stage === 'preparing') return { kind: 'unmappable', words }
  if (stage === 'opening' || stage === 'asking') return { kind: 'link-lost', words }
  return { kind: 'outcome-unknown', words }
}

function wordsOfReceipt({ duplicate }: Extract<Outcome, { kind: 'receipt' }>): string {
  return duplicate ? 'The receiver had it already.' : ''
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function withinTime<Result>(
  { clock, timeoutMs, stop }: Pick<AttemptOptions, 'clock' | 'timeoutMs' | 'stop'>,
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController()
  const untilMs = clock.now() + timeoutMs
  const end = (): void => limit.abort(new Error(`no answer within ${timeoutMs} ms`))
  const timer = clock.after(timeoutMs, end)
  const signal = AbortSignal.any([stop, limit.signal])
  // When the process stood still, a link may look at the signal before the timer had its turn.
  Object.defineProperty(signal, 'aborted', {
    get() {
      if (clock.now() >= untilMs) end()
      return Reflect.get(AbortSignal.prototype, 'aborted', signal)
    },
  })
  try {
    return await act(signal)
  } finally {
    timer.cancel()
  }
}
