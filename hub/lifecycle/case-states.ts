/**
 * The states of a case (办件) and what may happen in each. A case is never written: its state is what its messages add
 * up to, and this table is the only place that knows how. docs/states.md draws it.
 *
 *   submitted → received → accepted → decided → completed → closed
 *       correcting ⇄ supplemented   (补正, art. 20; any number of rounds)
 *       accepted ⇄ paused           (特别程序: publicity, hearing …; stops the clock)
 *   ends: closed, refused (不予受理), returned (退件), withdrawn
 */
import type { Message, MessageType } from '../contract/message.ts'
import type { CaseRow, CaseState } from '../contract/store.ts'
import { clockFactsAfter, mobileOf } from './deadlines.ts'

interface Step {
  /** States in which the message is allowed. */
  readonly from: readonly CaseState[]
  /** State afterwards; absent = unchanged. */
  readonly to?: CaseState
}

const OPEN = [
  'submitted',
  'received',
  'correcting',
  'supplemented',
  'accepted',
  'paused',
  'decided',
  'completed',
] as const
const ENDED = ['refused', 'returned', 'withdrawn', 'closed'] as const
const ANY = [...OPEN, ...ENDED] as const
const BEFORE_ACCEPTANCE = ['submitted', 'received', 'supplemented'] as const
const BEFORE_DECISION = [...BEFORE_ACCEPTANCE, 'correcting', 'accepted', 'paused'] as const

/** Every type that speaks of a case, but `case.submitted`, which opens one. The hub's own types move nothing. */
const STEPS: Partial<Record<MessageType, Step>> = {
  'case.received': { from: ['submitted', 'supplemented'], to: 'received' },
  'case.accepted': { from: BEFORE_ACCEPTANCE, to: 'accepted' },
  'case.refused': { from: BEFORE_ACCEPTANCE, to: 'refused' },
  'correction.requested': { from: BEFORE_ACCEPTANCE, to: 'correcting' },
  'case.supplemented': { from: ['correcting'], to: 'supplemented' },
  'case.withdrawn': { from: BEFORE_DECISION, to: 'withdrawn' },
  'case.returned': { from: BEFORE_DECISION, to: 'returned' },
  'procedure.started': { from: ['accepted'], to: 'paused' },
  'procedure.ended': { from: ['paused'], to: 'accepted' },
  'step.recorded': { from: ['received', 'supplemented', 'accepted', 'paused', 'decided'] },
  'case.decided': { from: ['accepted'], to: 'decided' },
  'case.completed': { from: ['decided'], to: 'completed' },
  'result.delivered': { from: ['completed'], to: 'closed' },
  'evaluation.submitted': { from: ['completed', 'closed', 'refused', 'returned'] },
  'paper.posted': { from: OPEN },
  'paper.received': { from: OPEN },
  'assist.requested': { from: OPEN },
  'assist.answered': { from: OPEN },
  'guide.disputed': { from: ANY },
  'guide.resolved': { from: ANY },
  'complaint.raised': { from: ANY },
  'complaint.resolved': { from: ANY },
}

export function isEnded(state: CaseState): boolean {
  return (ENDED as readonly CaseState[]).includes(state)
}

/** Message types that a case takes in this state, hub types left out. */
export function allowedIn(state: CaseState): MessageType[] {
  return (Object.keys(STEPS) as MessageType[]).filter((type) => STEPS[type]?.from.includes(state))
}

/**
 * The state after a message of this type; undefined where it is not allowed. Types that the hub itself issues are
 * always allowed and change nothing.
 */
export function stateAfter(state: CaseState, type: MessageType): CaseState | undefined {
  if (type === 'case.submitted') return undefined
  const step = STEPS[type]
  if (step === undefined) return state
  return step.from.includes(state) ? (step.to ?? state) : undefined
}

/**
 * Whether a message of this type is allowed now, or can be once others have come before it. False for what is too late: no
 * run of messages leads from here to a state that takes it. `case.submitted` opens a case and never follows.
 */
export function mayStillCome(state: CaseState, type: MessageType): boolean {
  const ahead = new Set([state])
  // A set goes through what is added while it is walked.
  for (const reached of ahead) {
    if (stateAfter(reached, type) !== undefined) return true
    for (const next of allowedIn(reached)) ahead.add(stateAfter(reached, next) as CaseState)
  }
  return false
}

/** Facts that later messages are checked against. Times are RFC 3339 with +08:00. */
export interface CaseFacts {
  readonly appliedAt: string
  /** Rounds of correction asked for so far (art. 20 allows one notice per submission; several are flagged). */
  readonly corrections: number
  /** One evaluation per service (好差评). */
  readonly evaluated: boolean
  readonly result?: string
  /** What the window calls the case. */
  readonly originNumber?: string
  /** Somebody can be told by text message; the number itself is not kept here. */
  readonly reachable?: boolean
}

export function factsOf(row: Pick<CaseRow, 'facts'>): CaseFacts {
  return row.facts as unknown as CaseFacts
}

/** The row of a case that a submission opens. */
export function openCase(
  message: Message<'case.submitted'>,
  parties: { readonly origin: string; readonly decider: string; readonly copies: readonly string[] },
  item: { readonly taskCode: string; readonly scenario: string },
  originNumber: string | undefined,
): CaseRow {
  const { data } = message
  const facts: CaseFacts = {
    appliedAt: data.appliedAt,
    corrections: 0,
    evaluated: false,
    reachable: mobileOf(data) !== undefined,
    ...(originNumber === undefined ? {} : { originNumber }),
  }
  return {
    caseNo: message.subject,
    version: 1,
    state: 'submitted',
    ...parties,
    ...item,
    receivingRegion: data.receiving.regionCode,
    jurisdictionRegion: data.jurisdiction.regionCode,
    simulated: message.simulated === true,
    openedAt: message.recordedat,
    changedAt: message.recordedat,
    facts: { ...facts },
  }
}

/** The row after a further message, which must be allowed (`stateAfter`) and carry the next sequence. */
export function advanceCase(row: CaseRow, message: Message): CaseRow {
  const state = stateAfter(row.state, message.type)
  if (state === undefined) throw new TypeError(`${message.type} is not allowed in state ${row.state}`)
  if (message.sequence !== row.version + 1)
    throw new TypeError(`sequence ${message.sequence} does not follow ${row.version}`)
  return {
    ...row,
    ...partiesAfter(row, message),
    version: message.sequence,
    state,
    changedAt: message.recordedat,
    facts: { ...clockFactsAfter(factsAfter(factsOf(row), message), message) },
  }
}

/** A system that was replaced is replaced in every role that it has; who decides or applied gets no copy besides. */
function partiesAfter(
  { origin, decider, copies }: CaseRow,
  message: Message,
): Pick<CaseRow, 'origin' | 'decider' | 'copies'> {
  if (message.type !== 'case.redirected') return { origin, decider, copies }
  const { from, to } = (message as Message<'case.redirected'>).data
  const now = (system: string): string => (system === from ? to : system)
  const told = [now(origin), now(decider)]
  return {
    origin: now(origin),
    decider: now(decider),
    copies: [...new Set(copies.map(now))].filter((copy) => !told.includes(copy)).sort(),
  }
}

function factsAfter(facts: CaseFacts, message: Message): CaseFacts {
  switch (message.type) {
    case 'correction.requested':
      return { ...facts, corrections: facts.corrections + 1 }
    case 'evaluation.submitted':
      return { ...facts, evaluated: true }
    case 'case.decided':
    case 'case.completed':
      return { ...facts, result: (message as Message<'case.decided' | 'case.completed'>).data.result }
    default:
      return facts
  }
}
