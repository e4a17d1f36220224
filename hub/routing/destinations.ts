/**
 * Which systems get a message, from the parties of its case. One rule in both directions: what the receiving side says
 * goes to the decider and the copies, what the deciding side says goes to the origin and the copies. Origin and decider
 * may be one system (received and decided in the same region): its two sides are different desks, so each still gets
 * what the other said. Nobody gets a message twice, and a copy never gets its own back. Streams get everything, also
 * what nobody else is told.
 */
import { type MessageType, sideOf } from '../contract/message.ts'

export interface Parties {
  /** System where the applicant stands. */
  readonly origin: string
  /** System that decides. */
  readonly decider: string
  /** Systems that get copies. */
  readonly copies: readonly string[]
  /** Systems of role `stream`: they get every message, whoever else does. */
  readonly streams: readonly string[]
  /** Systems of role `notice`; for `notice.requested` only. */
  readonly notices?: readonly string[]
  /** System that has to act; for `deadline.*` only. Absent = the decider. */
  readonly deadlineOwner?: string
}

export type PartyRole = 'origin' | 'decider' | 'copy'

/** What a format must be able to tell a party of each role; without it a case cannot be carried through. */
const MANDATORY: Readonly<Record<PartyRole, readonly MessageType[]>> = {
  decider: ['case.submitted', 'case.supplemented', 'case.withdrawn'],
  origin: [
    'case.received',
    'case.accepted',
    'case.refused',
    'correction.requested',
    'case.decided',
    'case.completed',
    'case.returned',
  ],
  copy: ['case.submitted'],
}

/**
 * Types that a system in this role must be able to receive: its format needs an outbound mapping for each (checked with
 * the topology). Every other type is sent only where the receiver's format has it.
 */
export function typesFor(role: PartyRole): readonly MessageType[] {
  return MANDATORY[role]
}

/**
 * Destinations of a message, each once: the party it is meant for first, the streams last.
 *
 * @param sender system id; undefined for the hub's own messages
 * @param receives whether the system's format can carry the type. Not asked for what is mandatory for the decider and
 * the origin: a mapping that is missing there is a fault of the configuration and must show, not vanish.
 */
export function destinationsOf(
  type: MessageType,
  sender: string | undefined,
  parties: Parties,
  receives: (system: string, type: MessageType) => boolean,
): string[] {
  return [...partiesTold(type, sender, parties, receives), ...parties.streams]
}

function partiesTold(
  type: MessageType,
  sender: string | undefined,
  parties: Parties,
  receives: (system: string, type: MessageType) => boolean,
): string[] {
  const side = sideOf(type)
  if (side === 'hub') return ownDestinations(type, parties).filter((system) => receives(system, type))
  const role = side === 'receiving' ? 'decider' : 'origin'
  const addressee = parties[role]
  const told = MANDATORY[role].includes(type) || receives(addressee, type)
  const copies = new Set(
    parties.copies.filter((copy) => copy !== addressee && copy !== sender && receives(copy, type)),
  )
  return told ? [addressee, ...copies] : [...copies]
}

function ownDestinations(type: MessageType, { decider, copies, notices, deadlineOwner }: Parties): string[] {
  switch (type) {
    case 'deadline.warned':
    case 'deadline.overdue':
      return [deadlineOwner ?? decider]
    case 'notice.requested':
      return [...new Set(notices)]
    // art. 18: the missed call is the jurisdiction window's, which is the decider or has a copy.
    case 'assist.missed':
      return [...new Set([decider, ...copies])]
    // Both systems have it from their operators; it is recorded with the case, and the streams tell who subscribes.
    case 'case.redirected':
    // Goes to the authority above the window, which is the province's own operators: recorded, shown, sent to nobody.
    case 'escalation.raised':
    // Speaks of no case: the catalogue is published to every acceptance system, whoever they are.
    case 'item.published':
    // Answers one sender about a message that became part of no case.
    case 'message.rejected':
      return []
    default:
      throw new TypeError(`${type} is not issued by the hub.`)
  }
}
