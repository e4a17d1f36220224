/**
 * A message whose inbound mapping was wrong is mapped again from the bytes that its sender sent. Messages are immutable:
 * what comes out differently is a new message of the same type that names the first (`replayof`) and goes to whom the
 * first went, as a correction; what comes out the same is nothing. The case stays in its state, for that depends on the
 * types of its messages only; its clocks become what they would be had the first been mapped so.
 */
import { createHash } from 'node:crypto'
import { IntakeError } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import type { Deadline } from '../contract/store.ts'
import type { Confirmation } from './confirmation.ts'
import {
  correctionOf,
  type Judged,
  judgeAgain,
  movesOf,
  type RemapIntent,
  type RemapParts,
} from './correction.ts'
import { type DuplicateRisk, duplicateRisk } from './duplicate-risk.ts'
import { maskerOf, maskShapes } from './masker.ts'
import { personalValues } from './personal-values.ts'

export interface RemapPlan extends Confirmation {
  readonly dryRun: true
  readonly messageId: string
  readonly type: MessageType
  readonly caseNo: string
  readonly format: string
  readonly version: string
  /** False: it comes out the same, and the act does nothing. */
  readonly changed: boolean
  /** Masked. A path within `data`, or `time`. */
  readonly differences: readonly {
    readonly path: string
    readonly was?: unknown
    readonly becomes?: unknown
  }[]
  readonly clocks: readonly {
    readonly clock: string
    readonly was?: Pick<Deadline, 'dueDate' | 'state'>
    readonly becomes: Pick<Deadline, 'dueDate' | 'state'>
  }[]
  readonly destinations: readonly {
    readonly destination: string
    /** `after`: it has the first one already. `instead`: the first is still open there, and is cancelled. */
    readonly how: 'after' | 'instead'
    /** Later messages of the case that are queued anew behind the correction. */
    readonly requeued: number
    readonly duplicateRisk: DuplicateRisk
  }[]
}

export interface RemapResult {
  readonly changed: boolean
  /** Id of the correction, where there is one. */
  readonly correction?: string
}

/** @throws IntakeError MESSAGE_NOT_FOUND, REMAP_REFUSED, CASE_STATE, and whatever the mapping again is refused for */
export async function planRemap(parts: RemapParts, intent: RemapIntent): Promise<RemapPlan> {
  const judged = await judgeAgain(parts, intent)
  const { again, row, timeline, corrected, before, deadlines, queues } = judged
  const messages = [...timeline.map(({ message }) => message), corrected]
  const masker = maskerOf(personalValues(messages, (type) => parts.validator.personalFields(type)))
  const changed = judged.differences.length > 0
  return {
    dryRun: true,
    messageId: intent.messageId,
    type: corrected.type,
    caseNo: row.caseNo,
    format: again.format.id,
    version: again.format.version,
    changed,
    differences: judged.differences.map(({ path, expected, actual }) => ({
      path,
      ...(expected === undefined ? {} : { was: masker.document(expected) }),
      ...(actual === undefined ? {} : { becomes: masker.document(actual) }),
    })),
    clocks: deadlines.map(({ clock, dueDate, state }) => {
      const was = before.deadlines.get(clock)
      return {
        clock,
        ...(was === undefined ? {} : { was: { dueDate: was.dueDate, state: was.state } }),
        becomes: { dueDate, state },
      }
    }),
    destinations: changed
      ? judged.destinations.map((destination) => {
          const queue = queues.get(destination) ?? []
          return {
            destination,
            how: queue.length === 0 ? 'after' : 'instead',
            requeued: Math.max(0, queue.length - 1),
            duplicateRisk: duplicateRisk(parts.topology.systems.get(destination)),
          }
        })
      : [],
    ...parts.confirmations.issue(confirmed(intent, judged)),
  }
}

/**
 * Safe twice: a message is corrected once; the second time names the correction.
 * @throws IntakeError as `planRemap`, and OPERATION_UNCONFIRMED, DELIVERY_STATE where one of its deliveries is being attempted
 */
export async function remap(
  parts: RemapParts,
  intent: RemapIntent,
  { confirm, reason }: { readonly confirm: string; readonly reason: string },
): Promise<RemapResult> {
  const judged = await judgeAgain(parts, intent)
  parts.confirmations.check(confirm, confirmed(intent, judged))
  if (judged.differences.length === 0) return { changed: false }
  const nowMs = parts.clock.now()
  const acceptance = correctionOf(parts, intent, judged, { nowMs, reason: maskShapes.text(reason) })
  const moves = movesOf(parts, judged, nowMs)
  const { outcome } = await parts.store.messageAcceptMoving({ acceptance, moves })
  if (outcome === 'under-way')
    throw new IntakeError(
      'DELIVERY_STATE',
      'A delivery of the message is being attempted at this moment; nothing was done. Try again in a moment.',
    )
  // The token fits only the case as it was; who comes second is told to look again.
  if (outcome !== 'accepted')
    throw new IntakeError(
      'OPERATION_UNCONFIRMED',
      'Another message of the case came first. Do the dry run again.',
    )
  parts.arrivals.announce(judged.destinations)
  return { changed: true, correction: acceptance.message.id }
}

function confirmed(
  { operator, messageId, version }: RemapIntent,
  { again, row, queues, corrected, ...judged }: Judged,
) {
  const outcome = createHash('sm3')
    .update(JSON.stringify([corrected.data, corrected.time]))
    .digest('hex')
  return {
    operator,
    act: 'remap',
    request: [messageId, version ?? null, again.format.version, row.version, outcome],
    // Where nothing changes, nothing is done to them.
    deliveryIds:
      judged.differences.length === 0
        ? []
        : [...queues.values()].flatMap((queue) => queue.map(({ id }) => id)),
  }
}
