/** How a run ended: what the hub's own books say to each case's origin, held against the ledger. */
import type { WindowCase } from '../acceptance/window.ts'
import type { Report } from '../ledger.ts'
import { endOf } from '../plan.ts'
import type { Time } from '../time.ts'
import type { Province } from './province.ts'

export interface Ending {
  /** Cases that the hub took. */
  readonly submitted: number
  readonly closed: number
  readonly refused: number
  /** Deliveries of all cases by state; `waiting` counts those under way and those waiting alike. */
  readonly deliveries: {
    readonly delivered: number
    readonly waiting: number
    readonly unknown: number
    readonly dead: number
  }
  /** Acknowledged messages that a system due them never saw. */
  readonly lost: number
  readonly report: Report
  /** What is not as it should be, in words; empty where all is well. */
  readonly stuck: readonly string[]
}

interface MessageView {
  readonly messageId: string
  readonly type: string
  readonly deliveries: readonly {
    readonly destination: string
    readonly state: string
    readonly reason?: { readonly code: string; readonly words?: string }
  }[]
}

/** Whether the last message of the case's plan has reached the system it is meant for. */
export function hasEnded(
  { ledger }: Pick<Province, 'ledger'>,
  { caseNo = '', parties, visit }: WindowCase,
): boolean {
  const end = endOf(visit.plan)
  if (end === 'refused') return ledger.hasSeenType(parties.origin, caseNo, 'case.refused')
  if (end === 'completed') return ledger.hasSeenType(parties.origin, caseNo, 'case.completed')
  return ledger.hasSeenType(parties.decider, caseNo, 'result.delivered')
}

/** @throws HubUnreachable where the hub does not answer */
export async function endingOf(province: Province, cases: readonly WindowCase[]): Promise<Ending> {
  const counts = { delivered: 0, waiting: 0, unknown: 0, dead: 0 }
  const states = { closed: 0, refused: 0 }
  const stuck: string[] = []
  for (const theCase of cases) {
    const { state, messages } = await messagesOf(province, theCase)
    if (state === 'closed' || state === 'refused') states[state]++
    const wanted = endOf(theCase.visit.plan)
    if (state !== wanted)
      stuck.push(
        `${theCase.caseNo} (${theCase.visit.plan}) is ${state}, not ${wanted}; last message: ${messages.at(-1)?.type ?? 'none'}`,
      )
    for (const { messageId, type, deliveries } of messages) {
      for (const { destination, state: delivery, reason } of deliveries) {
        // Nobody stands behind the province's stream here.
        if (province.deployment.systems.has(destination)) province.ledger.owed(messageId, destination)
        if (delivery === 'delivered' || delivery === 'unknown' || delivery === 'dead') counts[delivery]++
        else if (delivery !== 'cancelled') counts.waiting++
        if (delivery !== 'delivered')
          stuck.push(
            `${theCase.caseNo} ${type} → ${destination} is ${delivery}${reason === undefined ? '' : ` (${reason.code}${reason.words === undefined ? '' : `: ${reason.words}`})`}`,
          )
      }
    }
  }
  const report = province.ledger.report()
  for (const { receiver, type, caseNo } of report.lost)
    stuck.push(`${receiver} never saw ${type} of ${caseNo}`)
  for (const { system, key, count } of report.doubled)
    stuck.push(`${system}: ${key} took effect ${count} times`)
  for (const { receiver, caseNo, sequences } of report.misordered)
    stuck.push(`${receiver} saw ${caseNo} in the order ${sequences.join(', ')}`)
  for (const { system, type, status, problem } of province.refusals)
    stuck.push(`the hub answered ${status} to ${type} of ${system}: ${JSON.stringify(problem)}`)
  for (const { system, error } of province.troubles)
    stuck.push(`${system}: ${error instanceof Error ? error.message : String(error)}`)
  return { submitted: cases.length, ...states, deliveries: counts, lost: report.lost.length, report, stuck }
}

/** Waiting on would not help: somebody said no, or could not read what came. */
export function hasFailed({ refusals, troubles }: Province): boolean {
  return refusals.length > 0 || troubles.length > 0
}

const LOOK_AGAIN_MS = 50

/**
 * Waits until every case has had its last message and every delivery, copies included, is over; or until something went
 * wrong for good. Rejects with the signal's reason when it fires first.
 * @throws HubUnreachable where the hub does not answer
 */
export async function awaitEnding(
  province: Province,
  cases: readonly WindowCase[],
  time: Time,
  signal: AbortSignal,
): Promise<Ending> {
  await province.ledger.until(
    () => hasFailed(province) || cases.every((theCase) => hasEnded(province, theCase)),
    signal,
  )
  for (;;) {
    const ending = await endingOf(province, cases)
    // A letter can be through to everybody before its sender has learnt of it.
    const isOver = ending.deliveries.waiting === 0 && province.underWay() === 0
    if (isOver || hasFailed(province)) return ending
    signal.throwIfAborted()
    await new Promise<void>((resolve) => time.after(LOOK_AGAIN_MS, resolve))
  }
}

async function messagesOf(
  province: Province,
  { caseNo, parties }: WindowCase,
): Promise<{ state: string; messages: readonly MessageView[] }> {
  const target = `/v1/cases/${encodeURIComponent(caseNo ?? '')}/messages`
  const { status, body } = await province.clientOf(parties.origin).call({ method: 'GET', target })
  if (status !== 200)
    throw new Error(`GET ${target} as ${parties.origin} was answered ${status}: ${body.toString('utf8')}`)
  return JSON.parse(body.toString('utf8')) as { state: string; messages: MessageView[] }
}
