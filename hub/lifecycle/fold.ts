/**
 * What the messages of a case add up to when they are told from the beginning: facts and clocks. A message that corrects
 * another (`replayof`) stands where that one stood: what was wrongly mapped then is right from then on.
 */
import type { CalendarYear, Item } from '../config/topology.ts'
import type { Message } from '../contract/message.ts'
import type { CaseRow, Deadline } from '../contract/store.ts'
import { advanceCase, factsOf, openCase } from './case-states.ts'
import { deadlinesAfter } from './deadlines.ts'

export interface Folded {
  readonly row: CaseRow
  /** By name of the clock. */
  readonly deadlines: ReadonlyMap<string, Deadline>
  /** Id of the message that brought the case into its state. */
  readonly movedBy: string
}

/**
 * @param messages of one case, by sequence, the submission first
 * @param row the case as it is: who its parties are
 * @throws TypeError where the messages do not follow one another
 */
export function foldCase(
  messages: readonly Message[],
  row: CaseRow,
  { item, calendar }: { readonly item: Item; readonly calendar: readonly CalendarYear[] },
): Folded {
  const [first, ...others] = corrected(messages)
  if (first?.type !== 'case.submitted')
    throw new TypeError(`Case ${row.caseNo} does not begin with a submission.`)
  const { origin, decider, copies, taskCode, scenario } = row
  let folded = openCase(
    first as Message<'case.submitted'>,
    { origin, decider, copies },
    { taskCode, scenario },
    factsOf(row).originNumber,
  )
  let movedBy = first.id
  const deadlines = new Map<string, Deadline>()
  const tick = (message: Message): void => {
    const before = { message, row: folded, deadlines: [...deadlines.values()], item, calendar }
    for (const deadline of deadlinesAfter(before)) deadlines.set(deadline.clock, deadline)
  }
  tick(first)
  for (const message of others) {
    tick(message)
    const after = advanceCase(folded, message)
    if (after.state !== folded.state) movedBy = message.id
    folded = after
  }
  return { row: folded, deadlines, movedBy }
}

/** Corrections in the places of what they correct, numbered anew. */
function corrected(messages: readonly Message[]): Message[] {
  const told: Message[] = []
  /** Place of a message, or of what it corrects, in `told`. */
  const places = new Map<string, number>()
  for (const message of messages) {
    const place = message.replayof === undefined ? told.length : places.get(message.replayof)
    if (place === undefined) throw new TypeError(`${message.id} corrects a message that is not before it.`)
    places.set(message.id, place)
    const before = told[place]
    // It reached the hub when its bytes did, not when they were mapped again.
    told[place] = { ...message, sequence: place + 1, recordedat: before?.recordedat ?? message.recordedat }
  }
  return told
}
