/** The hub's books of a day against a partner's own list: what it lacks, and what only it knows. */
import type { Delivery, Store } from '../contract/store.ts'
import type { DayBooks, Taken } from './reconciliation-day.ts'
import { turn } from './turn.ts'

/** A message as the partner's books have it. */
export interface Listed {
  /** The hub's message id. */
  readonly id?: string
  /** The partner's own number of the message, for what it sent. */
  readonly externalId?: string
}

export interface Comparison {
  /** In both books. */
  readonly matched: number
  /** Due to the partner, and not on its list. */
  readonly missingAtPartner: readonly Delivery[]
  /** On its list, though the hub does not know that it was delivered: a person may mark it so. */
  readonly openAtHub: readonly Delivery[]
  /** Taken from the partner by the hub, and not on its list. Left out where it lists nothing that it sent. */
  readonly acceptedNotListed: readonly Taken[]
  /** On its list, and known to the hub, but of another day or another system. */
  readonly otherwiseKnown: readonly Listed[]
  /** On its list, and unknown to the hub: never arrived here, or never came from here. */
  readonly unknownToHub: readonly Listed[]
}

/** Some milliseconds of reading. */
const LOOK_UPS_A_TURN = 20

export async function compareDay(
  store: Pick<Store, 'messageGet'>,
  { accepted, due }: DayBooks,
  list: readonly Listed[],
): Promise<Comparison> {
  const ids = new Set(list.map(({ id }) => id))
  const externalIds = new Set(list.map(({ externalId }) => externalId))
  const isListed = (id: string, externalId?: string): boolean =>
    ids.has(id) || (externalId !== undefined && externalIds.has(externalId))

  const dueIds = new Set(due.map(({ messageId }) => messageId))
  const acceptedIds = new Set(accepted.map(({ id }) => id))
  const acceptedExternalIds = new Set(accepted.map(({ externalid }) => externalid))
  const strangers = list.filter(
    ({ id, externalId }) =>
      !(id !== undefined && (dueIds.has(id) || acceptedIds.has(id))) &&
      !(externalId !== undefined && acceptedExternalIds.has(externalId)),
  )
  const otherwiseKnown: Listed[] = []
  const unknownToHub: Listed[] = []
  for (const [index, stranger] of strangers.entries()) {
    if (index % LOOK_UPS_A_TURN === 0) await turn()
    const known = stranger.id !== undefined && (await store.messageGet({ id: stranger.id })) !== undefined
    ;(known ? otherwiseKnown : unknownToHub).push(stranger)
  }
  const listedOfAccepted = accepted.filter(({ id, externalid }) => isListed(id, externalid))
  return {
    matched: list.length - strangers.length,
    missingAtPartner: due.filter(({ messageId }) => !ids.has(messageId)),
    openAtHub: due.filter(({ messageId, state }) => ids.has(messageId) && state !== 'delivered'),
    acceptedNotListed:
      listedOfAccepted.length === 0 ? [] : accepted.filter(({ id, externalid }) => !isListed(id, externalid)),
    otherwiseKnown,
    unknownToHub,
  }
}

/** What a repair makes again: not what a person gave up on purpose. */
export function repairable({ missingAtPartner }: Comparison): readonly Delivery[] {
  return missingAtPartner.filter(({ state }) => state !== 'cancelled')
}
