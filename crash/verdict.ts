/** What a run came to, in the words of its last line. */
import type { Province } from '../simulators/province/province.ts'
import type { Books } from './books.ts'

export interface Verdict {
  /** Messages that the hub answered with a 2xx. */
  readonly accepted: number
  /** Effects of messages at receivers: each message once at each system that is due it. */
  readonly delivered: number
  /** Accepted, and then unknown to the hub or never seen by a system that is due it. */
  readonly lost: number
  /** Messages that changed a receiver twice, and sender's messages that became two. */
  readonly doubled: number
  /** Cases whose messages reached a destination in another order than the hub gave them. */
  readonly misordered: number
  /** Seen by a receiver though the hub never acknowledged it to its sender, who asked until it was answered. */
  readonly unacknowledged: number
  /** Deliveries that were not over at the end, answers that should not have been no. */
  readonly troubles: number
  /** In words; a selection. */
  readonly words: readonly string[]
}

const MOST_WORDS = 20

export function verdictOf(province: Province, books: Books): Verdict {
  const { ledger, refusals, troubles } = province
  const report = ledger.report()
  const lost = new Set([...books.missing, ...report.lost.map(({ messageId }) => messageId)])
  const wrong = troubles.filter(({ error }) => !isBrokenRequest(error))
  const words = [
    ...books.missing.map((id) => `the hub does not know ${id}, which it acknowledged`),
    ...report.lost.map(({ receiver, type, caseNo }) => `${receiver} never saw ${type} of ${caseNo}`),
    ...report.doubled.map(({ system, key, count }) => `${system}: ${key} took effect ${count} times`),
    ...report.misordered.map(
      ({ receiver, caseNo, sequences }) => `${receiver} saw ${caseNo} in the order ${sequences.join(', ')}`,
    ),
    ...report.unacknowledged.map(
      ({ receiver, type, caseNo }) =>
        `${receiver} saw ${type} of ${caseNo}, which was acknowledged to nobody`,
    ),
    ...refusals.map(
      ({ system, type, status, problem }) =>
        `the hub answered ${status} to ${type} of ${system}: ${JSON.stringify(problem)}`,
    ),
    ...wrong.map(({ system, error }) => `${system}: ${error instanceof Error ? error.stack : String(error)}`),
    ...books.open,
  ]
  return {
    accepted: report.acknowledged,
    delivered: report.effects,
    lost: lost.size,
    doubled: report.doubled.length,
    misordered: report.misordered.length,
    unacknowledged: report.unacknowledged.length,
    troubles: refusals.length + wrong.length + books.open.length,
    words: words.slice(0, MOST_WORDS),
  }
}

export function isClean({ lost, doubled, misordered, unacknowledged, troubles }: Verdict): boolean {
  return lost + doubled + misordered + unacknowledged + troubles === 0
}

/** A request that the bad network broke off, as the partner's server sees it. */
function isBrokenRequest(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNRESET' || code === 'ECONNABORTED'
}
