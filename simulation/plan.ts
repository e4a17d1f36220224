/** What a seed stands for: the cases that are handed in, the partners' manners, and every fault, each of them numbered so that any may be left out. */
import type { OpeningHours, RateLimit, RetryPolicy } from '../hub/config/topology.ts'
import { Dice } from './dice.ts'
import type { DecidingAct } from './documents.ts'

/** Acceptance systems of the simulated province; the last one has no address and collects from the inbox. */
export const ACCEPTANCE = ['city-411300', 'county-410526', 'city-410800', 'county-410225'] as const
export const INBOX_SYSTEM = 'county-410225'
export const DEPARTMENT = 'housing-registration'
export const PUSHED = [...ACCEPTANCE.filter((id) => id !== INBOX_SYSTEM), DEPARTMENT]

export interface CasePlan {
  readonly index: number
  /** When the applicant hands it in, milliseconds from the start. */
  readonly startMs: number
  readonly origin: string
  readonly jurisdiction: string
  /** Decided by the province with a copy to the jurisdiction; else the other way round. */
  readonly initial: boolean
  /** The source's own number of the case; two sources may choose the same. */
  readonly projectNo: string | undefined
  /** What the decider does, in order. */
  readonly acts: readonly DecidingAct[]
  /** Milliseconds after the submission; undefined = the applicant stays. */
  readonly withdrawMs: number | undefined
  readonly evaluates: boolean
  readonly posts: boolean
  /** Longest time anybody thinks between two acts. */
  readonly thinkMs: number
}

export interface ReceiverPlan {
  readonly dedupes: boolean
  readonly queryable: boolean
  readonly concurrency: number
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly breakerFailures: number
  readonly rate?: RateLimit
  readonly hours?: OpeningHours
}

export const RECEIVER_FAULTS = [
  'reset-before',
  'reset-after',
  'silent',
  'silent-taken',
  'taken-late',
  'slow',
  'busy',
  'patience',
  'error',
  'error-taken',
  'garbage',
  'refuse',
  'twice',
  'bug',
] as const
export type ReceiverFault = (typeof RECEIVER_FAULTS)[number]

export const REQUEST_FAULTS = ['lost', 'answer-lost', 'twice', 'slow', 'twice-slow'] as const
export type RequestFault = (typeof REQUEST_FAULTS)[number]

export type Fault =
  /** The node that comes to this point for the n-th time (counted over all nodes) dies there, and starts anew later. */
  | { readonly kind: 'crash'; readonly at: string; readonly nth: number; readonly downMs: number }
  /** The node stands still there, and goes on as if nothing had been. */
  | { readonly kind: 'pause'; readonly at: string; readonly nth: number; readonly forMs: number }
  /** The store refuses the n-th call of a verb, or does it and the answer is lost. */
  | { readonly kind: 'store-busy' | 'store-answer-lost'; readonly verb: string; readonly nth: number }
  | { readonly kind: 'request'; readonly what: RequestFault; readonly nth: number }
  /** The receiver's n-th request and those after it, `times` of them. */
  | {
      readonly kind: 'receiver'
      readonly system: string
      readonly what: ReceiverFault
      readonly nth: number
      readonly times: number
      readonly ms: number
    }
  | { readonly kind: 'down'; readonly system: string; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'clock'; readonly node: number; readonly atMs: number; readonly byMs: number }
  /** The node is not told what others brought; afterwards it looks everywhere. */
  | { readonly kind: 'deaf'; readonly node: number; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'leave'; readonly node: number; readonly atMs: number; readonly forMs: number }

export const FAULT_KINDS = [
  'crash',
  'pause',
  'store-busy',
  'store-answer-lost',
  'request',
  'receiver',
  'down',
  'clock',
  'deaf',
  'leave',
] as const satisfies readonly Fault['kind'][]

export interface Plan {
  readonly seed: number
  readonly nodes: number
  readonly cases: readonly CasePlan[]
  readonly receivers: ReadonlyMap<string, ReceiverPlan>
  readonly faults: readonly Fault[]
  /** Indexes into the seed's own list, of `cases` and `faults` as they are here. */
  readonly kept: { readonly cases: readonly number[]; readonly faults: readonly number[] }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export function drawPlan(seed: number): Plan {
  const dice = new Dice(`${seed} plan`)
  const nodes = dice.chance(0.65) ? 2 : 1
  const cases = Array.from({ length: dice.between(6, 16) }, (_, index) => drawCase(index, dice)).map(
    unlessOwnTwice,
  )
  const receivers = new Map(PUSHED.map((system) => [system, drawReceiver(dice)]))
  const faultDice = new Dice(`${seed} faults`)
  // Some runs are quiet, so that what needs few faults is not drowned by many.
  const many = faultDice.pick([0, 4, 12, 24, 40])
  const withClocks = faultDice.chance(0.3)
  const faults = Array.from({ length: many }, () => drawFault(faultDice, nodes, withClocks))
  return {
    seed,
    nodes,
    cases,
    receivers,
    faults,
    kept: { cases: cases.map((_, index) => index), faults: faults.map((_, index) => index) },
  }
}

/** The same seed with fewer cases and faults; indexes are those of the seed's own list. */
export function reducePlan(
  whole: Plan,
  kept: { readonly cases: readonly number[]; readonly faults: readonly number[] },
): Plan {
  return {
    ...whole,
    cases: whole.cases.filter(({ index }) => kept.cases.includes(index)),
    faults: whole.faults.filter((_, index) => kept.faults.includes(index)),
    kept,
  }
}

function drawCase(index: number, dice: Dice): CasePlan {
  const origin = dice.pick(ACCEPTANCE)
  return {
    index,
    startMs: dice.between(0, dice.pick([MINUTE, HOUR])),
    origin,
    jurisdiction: dice.pick(ACCEPTANCE),
    initial: dice.chance(0.4),
    projectNo: dice.pick([undefined, `P-${index}`, `PAIR-${index >> 1}`]),
    acts: drawActs(dice),
    withdrawMs: dice.chance(0.2) ? dice.between(0, HOUR) : undefined,
    evaluates: dice.chance(0.4),
    posts: dice.chance(0.3),
    thinkMs: dice.pick([100, MINUTE, 20 * MINUTE]),
  }
}

/** One source never gives one number to two cases; two sources may. */
function unlessOwnTwice(drawn: CasePlan, index: number, all: readonly CasePlan[]): CasePlan {
  const twice = all.some(
    ({ origin, projectNo }, other) =>
      other < index && origin === drawn.origin && projectNo === drawn.projectNo,
  )
  return twice ? { ...drawn, projectNo: undefined } : drawn
}

function drawActs(dice: Dice): DecidingAct[] {
  const acts: DecidingAct[] = dice.chance(0.5) ? ['receive'] : []
  if (dice.chance(0.15)) return [...acts, dice.pick(['refuse', 'return'] as const)]
  for (let round = dice.pick([0, 0, 1, 2]); round > 0; round--) acts.push('correct')
  acts.push('accept')
  for (let steps = dice.between(0, 3); steps > 0; steps--) acts.push('step')
  if (dice.chance(0.3)) acts.push('pause', 'resume')
  return [...acts, 'decide', 'complete']
}

function drawReceiver(dice: Dice): ReceiverPlan {
  const dedupes = dice.chance(0.75)
  return {
    dedupes,
    queryable: dice.chance(dedupes ? 0.2 : 0.5),
    concurrency: dice.between(1, 4),
    timeoutMs: dice.pick([2_000, 15_000]),
    retry: {
      firstMs: dice.pick([500, 2_000]),
      factor: 2,
      maxMs: dice.pick([5 * MINUTE, HOUR]),
      jitter: 0.2,
      attempts: dice.pick([6, 40, 40]),
    },
    breakerFailures: dice.pick([1, 3, 10]),
    ...(dice.chance(0.2) ? { rate: { perSecond: dice.pick([0.1, 1, 5]), burst: dice.between(1, 4) } } : {}),
    ...(dice.chance(0.15)
      ? { hours: { from: '08:30', to: dice.pick(['10:05', '12:00']), days: dice.pick(['working', 'all']) } }
      : {}),
  }
}

/** Points at which a node may die or stand still, the ones that matter most named more often. */
const POINTS = [
  'messageAccept before',
  'messageAccept after',
  'messageAccept after',
  'deliverySettle before',
  'deliverySettle before',
  'deliverySettle after',
  'deliveryLease before',
  'deliveryLease after',
  'deliveryRelease before',
  'destinationClaim before',
  'destinationClaim after',
  'destinationRelease before',
  'answerGet after',
  'caseGet after',
  'deadlineList after',
  'externalIdList after',
  'deliver before',
  'deliver after',
  'deliver after',
  'door answer',
  'inboxRead after',
  'inboxAck after',
]
const FAILING_VERBS = [
  'messageAccept',
  'deliverySettle',
  'deliveryLease',
  'answerGet',
  'caseGet',
  'deliveryNextDue',
  'deliveryRelease',
  'destinationClaim',
  'destinationRelease',
  'externalIdList',
]

function drawFault(dice: Dice, nodes: number, withClocks: boolean): Fault {
  const kind = dice.pick([
    'crash',
    'crash',
    'crash',
    'pause',
    'store-busy',
    'store-answer-lost',
    'request',
    'request',
    'receiver',
    'receiver',
    'receiver',
    'down',
    withClocks ? 'clock' : 'receiver',
    'deaf',
    'leave',
  ] as const)
  const early = (): number => dice.between(1, dice.pick([6, 30, 120]))
  switch (kind) {
    case 'crash':
      return { kind, at: dice.pick(POINTS), nth: early(), downMs: dice.pick([100, 5_000, MINUTE, HOUR]) }
    case 'pause':
      return { kind, at: dice.pick(POINTS), nth: early(), forMs: dice.pick([5_000, 2 * MINUTE, HOUR]) }
    case 'store-busy':
    case 'store-answer-lost':
      return { kind, verb: dice.pick(FAILING_VERBS), nth: early() }
    case 'request':
      return { kind, what: dice.pick(REQUEST_FAULTS), nth: dice.between(1, 80) }
    case 'receiver':
      return {
        kind,
        system: dice.pick(PUSHED),
        what: dice.pick(RECEIVER_FAULTS),
        nth: dice.between(1, 40),
        times: dice.pick([1, 1, 2, 5, 15]),
        ms: dice.pick([1_000, 10_000, 5 * MINUTE, 2 * HOUR]),
      }
    case 'down':
      return {
        kind,
        system: dice.pick(PUSHED),
        atMs: dice.between(0, HOUR),
        forMs: dice.pick([MINUTE, HOUR, 2 * DAY, 3 * DAY]),
      }
    case 'clock':
      return {
        kind,
        node: dice.between(0, nodes - 1),
        atMs: dice.between(0, HOUR),
        byMs: dice.pick([-2 * HOUR, -MINUTE, MINUTE, 2 * HOUR]),
      }
    case 'deaf':
      return {
        kind,
        node: dice.between(0, nodes - 1),
        atMs: dice.between(0, HOUR),
        forMs: dice.pick([5_000, 10 * MINUTE, 2 * HOUR]),
      }
    case 'leave':
      return {
        kind,
        node: dice.between(0, nodes - 1),
        atMs: dice.between(0, HOUR),
        forMs: dice.pick([1_000, MINUTE, DAY]),
      }
  }
}
