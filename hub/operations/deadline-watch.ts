/**
 * Watches the statutory clocks of all cases (art. 31). Every minute it asks the store which are near or past, and says
 * so in messages of the hub's own: `deadline.warned`, `deadline.overdue`, and `notice.requested` for clock N1. Such a
 * message and the new state of its clock are one transaction, and its key is the run of the clock: several nodes may
 * watch at once, and whoever comes second writes nothing.
 */
import type { Topology } from '../config/topology.ts'
import type { CanonicalData } from '../contract/canonical.ts'
import { beijingTime, type Clock, type Timer } from '../contract/clock.ts'
import type { Message } from '../contract/message.ts'
import type { CaseRow, Deadline, Store } from '../contract/store.ts'
import { itemOfCase } from '../intake/judge.ts'
import { type OwnMessage, type OwnMessageParts, ownAcceptance } from '../intake/own-message.ts'
import { limitOf, mobileOf } from '../lifecycle/deadlines.ts'
import { warnUntil } from '../lifecycle/warning-time.ts'
import { addDays, workingDaysBetween } from '../lifecycle/working-days.ts'
import { turn } from './turn.ts'

export interface WatchParts extends OwnMessageParts {
  readonly store: Pick<Store, 'deadlineFind' | 'deadlineList' | 'caseGet' | 'caseTimeline' | 'messageAccept'>
  readonly topology: Topology
  readonly clock: Clock
  /** Called after a message is on disk, with the destinations that have something to fetch. */
  readonly announce: (destinations: readonly string[]) => void
  readonly log: {
    info(fields: object, words: string): void
    error(fields: object, words: string): void
  }
  /** Working days before the end of the last day, in halves; 0 = no warnings. */
  readonly leadDays: number
}

export interface DeadlineWatch {
  /** Looks now, and then every minute. */
  start(): void
  /** One look; answers how many messages it issued. A clock that cannot be told of is logged and left for the next look. */
  look(): Promise<number>
  /** A look under way ends after the message it is at. Safe twice. */
  stop(): Promise<void>
}

const PAUSE_MS = 60_000
const PAGE = 200
/** Others' messages of the same case may come first. */
const CONFLICT_ROUNDS = 5
/** Clocks that an act has to stop in time, in the order in which they are looked at: T2 is past before T3b. */
const LIMITS = ['T1', 'T2', 'T3b', 'T4', 'T5'] as const

type Kind = 'overdue' | 'warned' | 'notice'

export function makeDeadlineWatch(parts: WatchParts): DeadlineWatch {
  const { clock, log } = parts
  let timer: Timer | undefined
  let stopped = false
  let looking: Promise<unknown> = Promise.resolve()

  async function look(): Promise<number> {
    const now = beijingTime(clock.now())
    const today = now.slice(0, 10)
    const nearUntil = warnUntil(parts.topology.calendar, now, parts.leadDays)
    let issued = 0
    for (const name of LIMITS) {
      const past = { clock: name, dueUntil: addDays(today, -1) }
      issued += await lookFor('overdue', { ...past, warned: false })
      issued += await lookFor('overdue', { ...past, warned: true })
      if (nearUntil !== undefined)
        issued += await lookFor('warned', { clock: name, warned: false, dueUntil: nearUntil })
    }
    issued += await lookFor('notice', { clock: 'N1', warned: false, dueUntil: today })
    if (issued > 0) log.info({ issued }, 'deadlines told')
    return issued
  }

  async function lookFor(
    kind: Kind,
    wanted: Omit<Parameters<Store['deadlineFind']>[0], 'after' | 'limit'>,
  ): Promise<number> {
    let issued = 0
    for (let after: Deadline | undefined; ; ) {
      const found = await parts.store.deadlineFind({
        ...wanted,
        ...(after === undefined ? {} : { after }),
        limit: PAGE,
      })
      for (const deadline of found) {
        if (stopped) return issued
        try {
          if (await issue(parts, kind, deadline)) issued += 1
        } catch (error) {
          // One case that cannot be told of must not hide the others.
          log.error({ error, caseNo: deadline.caseNo, clock: deadline.clock, kind }, 'deadline not told')
        }
      }
      after = found.at(-1)
      if (after === undefined || found.length < PAGE) return issued
      await turn()
    }
  }

  function again(): void {
    looking = look()
      .catch((error: unknown) => log.error({ error }, 'deadlines not looked at; tried again in a minute'))
      .then(() => {
        if (!stopped) timer = clock.after(PAUSE_MS, again)
      })
  }

  return {
    start: again,
    look,
    async stop() {
      stopped = true
      timer?.cancel()
      await looking
    },
  }
}

/** False where somebody else said it, or the clock has moved on. */
async function issue(parts: WatchParts, kind: Kind, { caseNo, clock: name }: Deadline): Promise<boolean> {
  const { store, announce, clock } = parts
  for (let round = 0; round < CONFLICT_ROUNDS; round++) {
    const row = await store.caseGet({ caseNo })
    if (row === undefined) return false
    const deadlines = await store.deadlineList({ caseNo })
    // What was found is older than this; only what is read after the case's version counts.
    const deadline = deadlines.find((one) => one.clock === name)
    if (deadline === undefined || deadline.state !== 'running') return false
    const today = beijingTime(clock.now()).slice(0, 10)
    if (kind === 'overdue' ? deadline.dueDate >= today : deadline.warned === true) return false
    const own = await messageOf(parts, kind, { row, deadlines, deadline, today })
    const acceptance = ownAcceptance(parts, own)
    const { outcome } = await store.messageAccept(acceptance)
    if (outcome === 'accepted') announce(acceptance.deliveries.map(({ destination }) => destination))
    if (outcome !== 'conflict') return outcome === 'accepted'
  }
  return false
}

interface Found {
  readonly row: CaseRow
  readonly deadlines: readonly Deadline[]
  readonly deadline: Deadline
  /** `YYYY-MM-DD`, Beijing. */
  readonly today: string
}

async function messageOf(parts: WatchParts, kind: Kind, found: Found): Promise<OwnMessage> {
  const { row, deadlines, deadline } = found
  const { clock, startedAt, dueDate, owner } = deadline
  const about = { row, deadlines }
  // A clock that was started anew, or whose due date moved, is another run, and may be told of again.
  const run = `${row.caseNo}:${clock}:${startedAt}:${dueDate}`
  switch (kind) {
    case 'notice':
      return { ...about, type: 'notice.requested', key: `notice:${run}`, data: await noticeOf(parts, found) }
    case 'warned':
      return {
        ...about,
        type: 'deadline.warned',
        key: `warned:${run}`,
        deadlineOwner: owner,
        data: warningOf(parts, found),
      }
    case 'overdue':
      return {
        ...about,
        type: 'deadline.overdue',
        key: `overdue:${run}`,
        deadlineOwner: owner,
        // It is overdue since its last day ended, whenever somebody looked.
        time: `${addDays(dueDate, 1)}T00:00:00+08:00`,
        data: overrunOf(parts, found),
      }
  }
}

function sharedOf({ topology }: WatchParts, { row, deadline }: Found) {
  const { clock, owner, startedAt, dueDate, provisional } = deadline
  const limitDays = limitOf(clock, itemOfCase(topology, row))
  return {
    clock,
    owner,
    startedAt,
    dueDate,
    ...(limitDays === undefined ? {} : { limitDays }),
    ...(provisional ? { provisional } : {}),
  }
}

function warningOf(parts: WatchParts, found: Found): CanonicalData['deadline.warned'] {
  const left = workingDaysBetween(parts.topology.calendar, found.today, found.deadline.dueDate)
  return { ...sharedOf(parts, found), remainingDays: left.days }
}

function overrunOf(parts: WatchParts, found: Found): CanonicalData['deadline.overdue'] {
  const over = workingDaysBetween(parts.topology.calendar, found.deadline.dueDate, found.today)
  return {
    ...sharedOf(parts, found),
    overdueDays: over.days,
    ...(found.deadline.clock === 'T3b' ? { deemedAccepted: true } : {}),
  }
}

/** art. 19: 短信告知申请人相关信息. @throws TypeError where nobody can be told, which N1 excludes */
async function noticeOf(
  { store, topology }: WatchParts,
  { row, deadlines, deadline }: Found,
): Promise<CanonicalData['notice.requested']> {
  const messages = (await store.caseTimeline({ caseNo: row.caseNo })).map(({ message }) => message)
  const last = <Type extends Message['type']>(type: Type): Message<Type> | undefined =>
    messages.findLast((message) => message.type === type) as Message<Type> | undefined
  const submitted = last('case.submitted')
  const recipient = submitted === undefined ? undefined : mobileOf(submitted.data)
  if (submitted === undefined || recipient === undefined)
    throw new TypeError(`Nobody of case ${row.caseNo} has a mobile number.`)
  const accepted = last('case.accepted')?.data
  const decision = deadlines.find(({ clock }) => clock === 'T4')
  const item = itemOfCase(topology, row)
  return {
    channel: 'sms',
    template: 'case-accepted',
    recipient,
    parameters: {
      applicantName: submitted.data.applicant.name,
      caseNo: row.caseNo,
      itemName: submitted.data.item.name ?? item.name.zh,
      occurredAt: deadline.startedAt,
      ...(accepted?.org.name === undefined ? {} : { orgName: accepted.org.name }),
      ...(accepted?.noticeNo === undefined ? {} : { noticeNo: accepted.noticeNo }),
      ...(decision === undefined ? {} : { dueDate: decision.dueDate, days: item.promisedDays }),
    },
  }
}
