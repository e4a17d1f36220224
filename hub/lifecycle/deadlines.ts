/**
 * The statutory clocks of a case (期限), started, paused, resumed and ended by its messages. Pure: what is near or past
 * is for the watcher to find; here a clock becomes `overdue` only when the act it waits for comes too late.
 *
 *   T1  art. 17  1 working day to post the paper, from receipt at the window        the origin
 *   T2  art. 19, 20  2 working days to accept, refuse or ask for correction         the decider
 *   T3b 行政许可法 art. 32(4)  5 working days for the same; then it counts as accepted    the decider
 *   T4  art. 21  the promised limit to decide, from acceptance                      the decider
 *
 *   N1  art. 19  the applicant is told of the acceptance by text message             the hub
 *
 * Where the regulation is silent, this was chosen:
 * - T2 starts when the hub has stored the submission, which is when it reaches the department (民法典 art. 137: a data
 *   message arrives when it enters the recipient's system), not when the department says so: else it would wind its own
 *   clock. Paper that follows by post does not move it. Art. 20's two days for a correction are the same two days.
 * - Corrected materials start T2 anew (行政许可法 art. 32(5): the application then counts as received).
 * - Correction starts no new T1: art. 20 lets the applicant correct online or by post without a window.
 * - The first posting ends T1; whether it was complete is for `paper.received` to say.
 * - The day on which a procedure starts still counts for T4, the day on which it ends does not (民法典 art. 201).
 * - An act that was reported late but done in time is in time: what counts is when it happened.
 * - T3b runs beside T2 and ends with it. Run out, the application counts as accepted on the day of its receipt: T4 runs
 *   from there, and neither an acceptance nor a correction that comes later starts a clock anew. The state of the case
 *   stays what its parties made it: only the decider can say "accepted".
 * - N1 has no limit in the regulation; the watcher does it at once. It starts where a mobile number is known.
 */

import { needsPaper } from '../config/items.ts'
import type { CalendarYear, Item } from '../config/topology.ts'
import type { Message } from '../contract/message.ts'
import type { CaseRow, Deadline } from '../contract/store.ts'
import { addWorkingDays, workingDaysBetween } from './working-days.ts'

/** Working days to post the paper (art. 17). */
const POSTING_DAYS = 1
/** Working days to accept, refuse or ask for correction (art. 19, 20). */
const ACCEPTANCE_DAYS = 2
/** Working days after which an application counts as accepted (行政许可法 art. 32(4)). */
const DEEMED_DAYS = 5
/** Most working days by which a decision may be put off (行政许可法 art. 42). */
const EXTENSION_DAYS = 10

/** What the clocks must know of earlier messages; kept among the case's facts. */
export interface ClockFacts {
  /** RFC 3339, +08:00: when the procedure that is under way started. */
  readonly procedureStartedAt?: string
  /** Whether somebody can be told by text message. */
  readonly reachable?: boolean
}

/** The owner of clocks that the hub itself has to stop; no system has this id. */
export const HUB_OWNER = '/hub'

/** Working days of each clock; undefined where it has none of its own. */
export function limitOf(clock: string, { promisedDays }: Pick<Item, 'promisedDays'>): number | undefined {
  const limits: Readonly<Record<string, number>> = {
    T1: POSTING_DAYS,
    T2: ACCEPTANCE_DAYS,
    T3b: DEEMED_DAYS,
    T4: promisedDays,
  }
  return limits[clock]
}

/** Whose number a notice about the case goes to: the applicant's own, else that of who acts for it. */
export function mobileOf({
  applicant,
  contact,
  agent,
}: Message<'case.submitted'>['data']): { readonly name?: string; readonly mobile: string } | undefined {
  for (const person of [applicant, contact, agent])
    if (person?.mobile !== undefined)
      return { mobile: person.mobile, ...(person.name === undefined ? {} : { name: person.name }) }
  return undefined
}

/** The facts after a message, for `CaseRow.facts`; other facts are kept. */
export function clockFactsAfter<Facts extends object>(
  facts: Facts & ClockFacts,
  message: Message,
): Facts & ClockFacts {
  if (message.type === 'procedure.started') return { ...facts, procedureStartedAt: message.time }
  if (message.type !== 'procedure.ended') return facts
  const { procedureStartedAt: _, ...rest } = facts
  return rest as Facts & ClockFacts
}

export interface ClockedMessage {
  readonly message: Message
  /** The case before the message; for a submission, the row it opens. `facts` hold `ClockFacts`. */
  readonly row: Pick<CaseRow, 'caseNo' | 'origin' | 'decider' | 'facts'>
  /** The case's clocks so far. */
  readonly deadlines: readonly Deadline[]
  readonly item: Pick<Item, 'promisedDays' | 'excludesPublicity' | 'materials'>
  readonly calendar: readonly CalendarYear[]
}

/** The clocks that the message starts or changes, each replacing the one of the same name; empty for most messages. */
export function deadlinesAfter(clocked: ClockedMessage): Deadline[] {
  const { message } = clocked
  switch (message.type) {
    case 'case.submitted':
      return [...startPosting(clocked, message as Message<'case.submitted'>), ...startAcceptance(clocked)]
    case 'case.supplemented':
      return clockOf(clocked, 'T3b')?.state === 'overdue' ? [] : startAcceptance(clocked)
    case 'paper.posted':
      return end(clocked, ['T1'], 'met')
    case 'correction.requested':
      return answered(clocked)
    case 'case.accepted':
      return [...answered(clocked), ...startNotice(clocked)]
    case 'procedure.started':
      return pause(clocked, message as Message<'procedure.started'>)
    case 'procedure.ended':
      return resume(clocked, message as Message<'procedure.ended'>)
    case 'case.decided':
      return end(clocked, ['T4'], 'met')
    case 'case.refused':
    case 'case.returned':
      return [...end(clocked, ['T2', 'T3b'], 'met'), ...end(clocked, ['T1', 'T4'], 'void')]
    case 'case.withdrawn':
      return end(clocked, ['T1', 'T2', 'T3b', 'T4'], 'void')
    case 'deadline.warned':
      return told(clocked, message as Message<'deadline.warned'>)
    case 'deadline.overdue':
      return ranOut(clocked, message as Message<'deadline.overdue'>)
    case 'notice.requested':
      return end(clocked, ['N1'], 'met')
    case 'case.redirected':
      return handOver(clocked, message as Message<'case.redirected'>)
    default:
      return []
  }
}

function startPosting(clocked: ClockedMessage, { data }: Message<'case.submitted'>): Deadline[] {
  const paper = data.materials.filter((material) => {
    const listed = clocked.item.materials.find(({ code }) => code === material.code)
    return material.collected && listed !== undefined && needsPaper(listed)
  })
  if (paper.length === 0) return []
  const clock = start(clocked, 'T1', clocked.row.origin, data.receiving.receivedAt, POSTING_DAYS)
  const posted = paper.map((material) => material.paper?.shippedAt)
  if (posted.includes(undefined)) return [clock]
  return [ended(clock, dateOf((posted as string[]).sort().at(-1) as string), 'met')]
}

function startAcceptance(clocked: ClockedMessage): Deadline[] {
  const { row, message } = clocked
  return [
    start(clocked, 'T2', row.decider, message.recordedat, ACCEPTANCE_DAYS),
    start(clocked, 'T3b', row.decider, message.recordedat, DEEMED_DAYS),
  ]
}

/** @param startedAt the acceptance, or the receipt of what counts as accepted */
function startDecision(clocked: ClockedMessage, startedAt: string): Deadline {
  return start(clocked, 'T4', clocked.row.decider, startedAt, clocked.item.promisedDays)
}

/** The decider accepted or asked for correction: T2 and T3b end, and T4 is what follows from it. */
function answered(clocked: ClockedMessage): Deadline[] {
  const { message, deadlines } = clocked
  const ended = end(clocked, ['T2', 'T3b'], 'met')
  const before = clockOf(clocked, 'T3b')
  const deemed = ended.find(({ clock }) => clock === 'T3b') ?? before
  if (deemed?.state === 'overdue') {
    const runs = deadlines.some((clock) => clock.clock === 'T4' && isOpen(clock))
    return runs ? ended : [...ended, startDecision(clocked, deemed.startedAt)]
  }
  if (message.type === 'case.accepted') return [...ended, startDecision(clocked, message.time)]
  // Found overdue before the report of what was done in time came: what ran since never ran.
  return before?.state === 'overdue' ? [...ended, ...end(clocked, ['T4'], 'void')] : ended
}

/** Mock cases reach nobody's telephone (art. 7). */
function startNotice({ message, row }: ClockedMessage): Deadline[] {
  const { reachable } = row.facts as ClockFacts
  if (reachable !== true || message.simulated === true) return []
  const day = dateOf(message.recordedat)
  const { caseNo } = row
  return [
    {
      clock: 'N1',
      caseNo,
      owner: HUB_OWNER,
      startedAt: message.time,
      dueDate: day,
      provisional: false,
      state: 'running',
    },
  ]
}

/** The watcher's messages speak of one run of a clock; the clock may have been started anew since. */
function meant(clocked: ClockedMessage, data: Message<'deadline.warned' | 'deadline.overdue'>['data']) {
  const clock = clockOf(clocked, data.clock)
  const { startedAt, dueDate } = data
  return clock?.state === 'running' && clock.startedAt === startedAt && clock.dueDate === dueDate
    ? clock
    : undefined
}

function told(clocked: ClockedMessage, { data }: Message<'deadline.warned'>): Deadline[] {
  const clock = meant(clocked, data)
  return clock === undefined ? [] : [{ ...clock, warned: true }]
}

function ranOut(clocked: ClockedMessage, { data }: Message<'deadline.overdue'>): Deadline[] {
  const clock = meant(clocked, data)
  if (clock === undefined) return []
  const overdue: Deadline = { ...clock, state: 'overdue' }
  return clock.clock === 'T3b' ? [overdue, startDecision(clocked, clock.startedAt)] : [overdue]
}

/** The system that was replaced has nothing to answer for any more. */
function handOver({ deadlines }: ClockedMessage, { data }: Message<'case.redirected'>): Deadline[] {
  return deadlines
    .filter((clock) => clock.owner === data.from && isOpen(clock))
    .map((clock) => ({ ...clock, owner: data.to }))
}

function clockOf({ deadlines }: Pick<ClockedMessage, 'deadlines'>, name: string): Deadline | undefined {
  return deadlines.find(({ clock }) => clock === name)
}

function start(
  { row, calendar }: ClockedMessage,
  clock: string,
  owner: string,
  startedAt: string,
  days: number,
): Deadline {
  const { date: dueDate, provisional } = addWorkingDays(calendar, dateOf(startedAt), days)
  return { clock, caseNo: row.caseNo, owner, startedAt, dueDate, provisional, state: 'running' }
}

/** 行政许可法 art. 45 leaves hearings, inspections and expert reviews out of the limit; publicity only where the item says so (annex: 不含公示时间). */
function pause(
  { deadlines, item, message }: ClockedMessage,
  { data }: Message<'procedure.started'>,
): Deadline[] {
  if (data.kind === 'publicity' && !item.excludesPublicity) return []
  return end({ deadlines, message }, ['T4'], 'paused')
}

function resume(clocked: ClockedMessage, { data, time }: Message<'procedure.ended'>): Deadline[] {
  const paused = clocked.deadlines.find(({ clock, state }) => clock === 'T4' && state === 'paused')
  if (paused === undefined) return []
  const { procedureStartedAt } = clocked.row.facts as ClockFacts
  if (procedureStartedAt === undefined)
    throw new TypeError(`The facts of case ${paused.caseNo} do not say when its procedure started.`)
  const ending = dateOf(time)
  const span = workingDaysBetween(clocked.calendar, dateOf(procedureStartedAt), ending)
  const shift = data.kind === 'extension' ? Math.min(span.days, EXTENSION_DAYS) : span.days
  const shifted = dueAfter(clocked.calendar, paused.dueDate, shift, ending)
  const { warned, ...clock } = paused
  return [
    {
      ...clock,
      // A warning was of the due date.
      ...(warned === true && shifted.date === paused.dueDate ? { warned } : {}),
      state: 'running',
      dueDate: shifted.date,
      provisional: paused.provisional || shifted.provisional,
    },
  ]
}

/** A procedure within a weekend shifts nothing, but a clock paused on its last day must not end before it runs again (民法典 art. 203). */
function dueAfter(
  calendar: readonly CalendarYear[],
  dueDate: string,
  shift: number,
  ending: string,
): { readonly date: string; readonly provisional: boolean } {
  if (shift > 0) return addWorkingDays(calendar, dueDate, shift)
  if (ending > dueDate) return addWorkingDays(calendar, ending, 1)
  return { date: dueDate, provisional: false }
}

function end(
  { deadlines, message }: Pick<ClockedMessage, 'deadlines' | 'message'>,
  clocks: readonly string[],
  state: 'met' | 'void' | 'paused',
): Deadline[] {
  return deadlines
    .filter((clock) => clocks.includes(clock.clock) && isOpen(clock))
    .map((clock) => ended(clock, dateOf(message.time), state))
    .filter((after) => !deadlines.includes(after))
}

/** A clock that the watcher found overdue is open still: the act may have been in time and only its report late. */
function isOpen({ state }: Deadline): boolean {
  return state === 'running' || state === 'paused' || state === 'overdue'
}

/** What `date` makes of a clock: the state asked for, or overdue where its last day had passed by then. A paused clock cannot run out. */
function ended(clock: Deadline, date: string, state: 'met' | 'void' | 'paused'): Deadline {
  if (clock.state !== 'paused' && date > clock.dueDate)
    return clock.state === 'overdue' ? clock : { ...clock, state: 'overdue' }
  return { ...clock, state }
}

/** Beijing date of an RFC 3339 time with offset +08:00. */
function dateOf(time: string): string {
  return time.slice(0, 10)
}
