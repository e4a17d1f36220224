/** A delivery as an operator sees it: why it stands where it stands, whom it belongs to, what was sent and answered. All masked. */

import type { PersonalField } from '../canonical/field-tree.ts'
import type { System, Topology } from '../config/topology.ts'
import { beijingTime } from '../contract/clock.ts'
import type { MessageType } from '../contract/message.ts'
import type { Attempt, Delivery, Store } from '../contract/store.ts'
import { duplicateRisk } from './duplicate-risk.ts'
import { evidenceOf } from './evidence.ts'
import { type Masker, maskerOf } from './masker.ts'
import { personalValues } from './personal-values.ts'

export interface ViewParts {
  readonly store: Pick<Store, 'attemptList' | 'caseTimeline'>
  readonly topology: Pick<Topology, 'systems'>
  readonly validator: { personalFields(type: MessageType): readonly PersonalField[] }
  /** Character set of a system's format. */
  readonly charsetOf: (system: System) => string
}

/** What a person may do about a delivery in each state. */
const ACTS: Readonly<Record<Delivery['state'], readonly string[]>> = {
  pending: ['cancel'],
  leased: [],
  waiting: ['cancel'],
  unknown: ['replay', 'mark-delivered', 'cancel'],
  dead: ['replay', 'mark-delivered', 'cancel'],
  delivered: ['replay'],
  cancelled: ['replay'],
}

/** For a list. The cases' personal data is looked up once a case. */
export async function deliveryRows(deliveries: readonly Delivery[], parts: ViewParts) {
  const maskers = new Map<string, Promise<Masker>>()
  return Promise.all(
    deliveries.map(async (delivery) => {
      const { caseNo, reason, reference } = delivery
      // Without words of others there is nothing to mask.
      if (reason === undefined && reference === undefined) return row(delivery, maskerOf([]))
      const masker = maskers.get(caseNo) ?? maskerOfCase(caseNo, parts)
      maskers.set(caseNo, masker)
      return row(delivery, await masker)
    }),
  )
}

/** One delivery with its attempts. */
export async function deliveryDetail(delivery: Delivery, parts: ViewParts) {
  const masker = await maskerOfCase(delivery.caseNo, parts)
  const system = parts.topology.systems.get(delivery.destination)
  const charset = system === undefined ? 'utf-8' : parts.charsetOf(system)
  const attempts = await parts.store.attemptList({ deliveryId: delivery.id })
  return {
    ...row(delivery, masker),
    mappingVersion: delivery.mappingVersion,
    duplicateRisk: duplicateRisk(system),
    acts: ACTS[delivery.state],
    attempts: attempts.map((attempt) => attemptView(attempt, charset, masker)),
  }
}

async function maskerOfCase(caseNo: string, { store, validator }: ViewParts): Promise<Masker> {
  const messages = (await store.caseTimeline({ caseNo })).map(({ message }) => message)
  return maskerOf(personalValues(messages, (type) => validator.personalFields(type)))
}

function row(delivery: Delivery, masker: Masker) {
  const { id, position, messageId, caseNo, sequence, type, destination, state, held, reason, reference } =
    delivery
  const { replaces } = delivery
  return {
    id,
    position,
    messageId,
    caseNo,
    sequence,
    type,
    destination,
    state,
    held,
    attemptsCounted: delivery.attempts,
    createdAt: beijingTime(delivery.createdAtMs),
    ...(state === 'waiting' || (state === 'pending' && !held)
      ? { nextAttemptAt: beijingTime(delivery.dueAtMs) }
      : {}),
    ...(delivery.settledAtMs === undefined ? {} : { settledAt: beijingTime(delivery.settledAtMs) }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(reference === undefined ? {} : { reference: masker.text(reference) }),
    ...(reason === undefined ? {} : { reason: { ...reason, words: masker.text(reason.words) } }),
  }
}

function attemptView(
  { startedAtMs, endedAtMs, outcome, words, sent, answered }: Attempt,
  charset: string,
  masker: Masker,
) {
  return {
    startedAt: beijingTime(startedAtMs),
    endedAt: beijingTime(endedAtMs),
    outcome,
    words: masker.text(words),
    ...(sent === undefined ? {} : { sent: evidenceOf(sent, [charset], masker) }),
    ...(answered === undefined ? {} : { answered: evidenceOf(answered, ['utf-8', charset], masker) }),
  }
}
