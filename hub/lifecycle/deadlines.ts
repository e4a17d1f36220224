/**
 * The statutory clocks of a case (期限), started, paused, resumed and ended by its messages. Pure: what is near or past
 * is for the watcher to find; here a clock becomes `overdue` only when the act it waits for comes too late.
 *
 *   T1  art. 17  1 working day to post the paper, from receipt at the window        the origin
 *   T2  art. 19, 20  2 working days to accept, refuse or ask for correction         the decider
 *   T4  art. 21  the promised limit to decide, from acceptance                      the decider
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
/** Most working days by which a decision may be put off (行政许可法 art. 42). */
const EXTENSION_DAYS = 10

/** What the clocks must know of earlier messages; kept among the case's facts. */
export interface ClockFacts {
  /** RFC 3339, +08:00: when the procedure that is under way started. */
  readonly procedureStartedAt?: string
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
      return [...startPosting(clocked, message as Message<'case.submitted'>), startAcceptance(clocked)]
    case 'case.supplemented':
      return [startAcceptance(clocked)]
    case 'paper.posted':
      return end(clocked, ['T1'], 'met')
    case 'correction.requested':
      return end(clocked, ['T2'], 'met')
    case 'case.accepted':
      return [...end(clocked, ['T2'], 'met'), startDecision(clocked)]
    case 'procedure.started':
      return pause(clocked, message as Message<'procedure.started'>)
    case 'procedure.ended':
      return resume(clocked, message as Message<'procedure.ended'>)
    case 'case.decided':
      return end(clocked, ['T4'], 'met')
    case 'case.refused':
    case 'case.returned':
      return [...end(clocked, ['T2'], 'met'), ...end(clocked, ['T1', 'T4'], 'void')]
    case 'case.withdrawn':
      return end(clocked, ['T1', 'T2', 'T4'], 'void')
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

function startAcceptance(clocked: ClockedMessage): Deadline {
  return start(clocked, 'T2', clocked.row.decider, clocked.message.recordedat, ACCEPTANCE_DAYS)
}

function startDecision(clocked: ClockedMessage): Deadline {
  return start(clocked, 'T4', clocked.row.decider, clocked.message.time, clocked.item.promisedDays)
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
  return [
    {
      ...paused,
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
