/**
 * The one way in. A submission from a city and a decision from a department take the same steps:
 *
 *   receive → decode → map in → (seen before?) → whose case? → validate → allowed now? → route → accept
 *
 * and the sender is answered after the acceptance is on disk. Nothing is stored on the way; a refusal leaves no trace
 * but the log.
 */
import { IntakeError } from '../contract/errors.ts'
import { type MessageType, sideOf } from '../contract/message.ts'
import type { Store } from '../contract/store.ts'
import { type AcceptanceParts, type Answer, acceptanceOf } from './acceptance.ts'
import { type JudgeParts, judge } from './judge.ts'
import { type MappedIn, mapIn, type Received } from './map-in.ts'

export interface IntakeParts extends JudgeParts, AcceptanceParts {
  readonly store: JudgeParts['store'] & Pick<Store, 'messageAccept' | 'answerGet'>
  /** Called after an acceptance is on disk, with the destinations that have something to fetch. */
  readonly announce: (destinations: readonly string[]) => void
}

export interface Accepted {
  readonly answer: Answer
  /** The key had been used for the same body before: nothing was written now. */
  readonly repeated: boolean
}

export interface Intake {
  /** Takes one message. `only` restricts it to submissions. @throws IntakeError, StoreError */
  accept(received: Received, only?: 'case.submitted'): Promise<Accepted>
  /** The same judgement without storing anything. @throws IntakeError */
  validate(
    received: Received,
    only?: 'case.submitted',
  ): Promise<{ readonly type: MessageType; readonly parties: readonly string[] }>
}

/** Somebody else's message of the same case may come first; after this many times the sender is asked to try again. */
const CONFLICT_ROUNDS = 8

export function makeIntake(parts: IntakeParts): Intake {
  /** Keys whose request is being worked on in this process. */
  const inProgress = new Set<string>()

  async function mapped(received: Received, only?: MessageType): Promise<MappedIn> {
    const format = parts.formats.get(received.sender.format)
    if (format === undefined)
      throw new IntakeError('INTERNAL', `No format package ${received.sender.format} is loaded.`)
    const result = await mapIn(received, format, parts.clock.now())
    const { type } = result.mapping
    if (sideOf(type) === 'hub' || (only !== undefined && type !== only)) {
      throw new IntakeError(
        'MESSAGE_KIND_UNKNOWN',
        `This address takes ${only ?? 'messages about cases'}; the document is a ${type}.`,
        {
          details: { type, expected: only },
        },
      )
    }
    return result
  }

  return {
    async accept(received, only) {
      const message = await mapped(received, only)
      const key = idempotencyKey(message)
      const claim = `${received.sender.id} ${key}`
      if (inProgress.has(claim)) {
        throw new IntakeError(
          'IDEMPOTENCY_IN_PROGRESS',
          'A request with the same key is still being worked on.',
          { retryAfterSeconds: 1 },
        )
      }
      inProgress.add(claim)
      try {
        const seen = await parts.store.answerGet({ system: received.sender.id, key })
        if (seen !== undefined) return repeat(seen, message)
        return await acceptNew(parts, message, key).catch((error: unknown) =>
          takenMeanwhile(parts, message, key, error),
        )
      } finally {
        inProgress.delete(claim)
      }
    },

    async validate(received, only) {
      const message = await mapped(received, only)
      const plan = await judge(parts, message)
      return { type: message.mapping.type, parties: plan.destinations }
    },
  }
}

/** (message type, external id, data version) as DESIGN §6 has it; a sender without message ids is keyed by its bytes. */
function idempotencyKey({ received, mapping, draft, digest }: MappedIn): string {
  if (received.idempotencyKey !== undefined) return `header:${received.idempotencyKey}`
  if (draft.externalId === undefined) return `${mapping.type}:body:${digest}`
  return `${mapping.type}:${draft.externalId}:${draft.dataVersion ?? ''}`
}

function repeat(
  seen: { readonly bodyDigest: string; readonly answer: unknown },
  { digest }: MappedIn,
): Accepted {
  if (seen.bodyDigest === digest) return { answer: seen.answer as Answer, repeated: true }
  throw new IntakeError(
    'IDEMPOTENCY_KEY_REUSED',
    'This key was used before with another body. Use a new message id, or raise the data version.',
    {
      details: { firstDigest: `sm3:${seen.bodyDigest}` },
    },
  )
}

async function acceptNew(parts: IntakeParts, message: MappedIn, key: string): Promise<Accepted> {
  let ownNumberTaken = false
  for (let round = 0; round < CONFLICT_ROUNDS; round++) {
    const plan = await judge(parts, message)
    const acceptance = acceptanceOf(parts, message, key, plan, ownNumberTaken)
    const result = await parts.store.messageAccept(acceptance)
    switch (result.outcome) {
      case 'accepted':
        parts.announce(plan.destinations)
        return { answer: acceptance.answer as unknown as Answer, repeated: false }
      case 'repeated':
        return repeat(result, message)
      case 'nonce-used':
        throw new IntakeError('AUTH_FAILED', 'Authentication failed', {
          details: { cause: 'nonce used before' },
        })
      case 'conflict':
        if (result.on === 'external-id') throw await externalNumberTaken(parts, message)
        if (result.on === 'case-number') ownNumberTaken = true
    }
  }
  throw new IntakeError('STORE_UNAVAILABLE', 'Other messages of the same case kept coming first.', {
    retryAfterSeconds: 1,
  })
}

/**
 * Another node may take the same request between our look at its key and our look at its case. The case has then moved on by
 * that very message, and to refuse it for its state would tell the sender no of what was taken.
 */
async function takenMeanwhile(
  parts: IntakeParts,
  message: MappedIn,
  key: string,
  error: unknown,
): Promise<Accepted> {
  if (!(error instanceof IntakeError) || error.code !== 'CASE_STATE') throw error
  const seen = await parts.store.answerGet({ system: message.received.sender.id, key })
  if (seen === undefined) throw error
  return repeat(seen, message)
}

async function externalNumberTaken(parts: IntakeParts, { received, draft }: MappedIn): Promise<IntakeError> {
  const value = draft.caseExternalId
  const row =
    value === undefined
      ? undefined
      : await parts.store.caseGet({ externalId: { system: received.sender.id, value } })
  return new IntakeError('CASE_EXISTS', 'Your system has opened a case under this number before.', {
    details: { externalId: value, ...(row === undefined ? {} : { caseNo: row.caseNo }) },
  })
}
