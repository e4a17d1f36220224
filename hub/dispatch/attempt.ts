/** One attempt of one delivery, and the one place where whatever was thrown becomes an outcome. */
import type { Link } from '../contract/adapter.ts'
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
import type { Attempt } from '../contract/store.ts'
import type { Outcome } from './decide.ts'
import type { Prepared } from './prepare.ts'

/** Bytes of one side kept as evidence of a failed attempt. */
const EVIDENCE_BYTES = 64 * 1024

export interface AttemptResult {
  readonly outcome: Outcome
  readonly attempt: Attempt
  /** What was thrown where it was none of the classes that instruct us: a bug, to be logged loudly. */
  readonly bug?: unknown
}

/**
 * Never throws. Maps out, delivers, and where the outcome is unknown asks the receiver if the link can.
 * @param timeoutMs after which the attempt is aborted; a receiver that is asked afterwards gets the same time again.
 */
export async function attemptDelivery(
  prepareMessage: () => Promise<Prepared>,
  openLink: () => Promise<Link>,
  options: { readonly clock: Clock; readonly timeoutMs: number; readonly stop: AbortSignal },
): Promise<AttemptResult> {
  const { clock } = options
  const startedAtMs = clock.now()
  let prepared: Prepared | undefined
  let answered: Uint8Array | undefined
  let bug: unknown
  let outcome: Outcome
  let stage: Stage = 'preparing'
  try {
    prepared = await prepareMessage()
    const { outbound } = prepared
    stage = 'opening'
    const link = await openLink()
    stage = 'delivering'
    try {
      const receipt = await withinTime(options, (signal) => link.deliver(outbound, signal))
      outcome = { kind: 'receipt', reference: receipt.reference, duplicate: receipt.duplicate === true }
    } catch (error) {
      if (!(error instanceof OutcomeUnknown) || link.query === undefined) throw error
      const ask = link.query.bind(link)
      const receipt = await withinTime(options, (signal) => ask(outbound, signal)).catch((queryError) => {
        throw new OutcomeUnknown(`${error.message} Asking the receiver failed too: ${wordsOf(queryError)}`, {
          answer: error.answer,
          cause: queryError,
        })
      })
      if (receipt === undefined)
        throw new RetryLater(`${error.message} The receiver says it does not have it.`, {
          answer: error.answer,
        })
      outcome = { kind: 'receipt', reference: receipt.reference, duplicate: true }
    }
  } catch (error) {
    outcome = outcomeOf(error, stage)
    if (error instanceof DeliveryError) answered = error.answer
    else if (!(error instanceof MappingError || error instanceof StoreError)) bug = error
  }
  const failed = outcome.kind !== 'receipt'
  return {
    outcome,
    attempt: {
      startedAtMs,
      endedAtMs: clock.now(),
      outcome: outcome.kind,
      words:
        outcome.kind === 'receipt'
          ? outcome.duplicate
            ? 'The receiver had it already.'
            : ''
          : outcome.words,
      sent:
        failed && outcome.kind !== 'link-lost'
          ? prepared?.outbound.body.subarray(0, EVIDENCE_BYTES)
          : undefined,
      answered: answered?.subarray(0, EVIDENCE_BYTES),
    },
    ...(bug === undefined ? {} : { bug }),
  }
}

type Stage = 'preparing' | 'opening' | 'delivering'

function outcomeOf(error: unknown, stage: Stage): Outcome {
  const words = wordsOf(error)
  if (error instanceof MappingError) return { kind: 'unmappable', words }
  if (error instanceof RetryLater) return { kind: 'retry-later', words, afterMs: error.afterMs }
  if (error instanceof Rejected) return { kind: 'rejected', rejection: error.kind, words }
  if (error instanceof LinkLost || error instanceof StoreError) return { kind: 'link-lost', words }
  // A stranger: a bug of ours. What it means depends on how far we were; only after sending is there a doubt.
  if (stage === 'preparing') return { kind: 'unmappable', words }
  if (stage === 'opening') return { kind: 'link-lost', words }
  return { kind: 'outcome-unknown', words }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function withinTime<Result>(
  {
    clock,
    timeoutMs,
    stop,
  }: { readonly clock: Clock; readonly timeoutMs: number; readonly stop: AbortSignal },
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController()
  const timer = clock.after(timeoutMs, () => limit.abort(new Error(`no answer within ${timeoutMs} ms`)))
  try {
    return await act(AbortSignal.any([stop, limit.signal]))
  } finally {
    timer.cancel()
  }
}
