/** `npm start -- --once`: all cases, one verdict, bounded in time. */
import type { WindowCase } from '../acceptance/window.ts'
import { machineTime } from '../time.ts'
import { annexCases, departmentCases } from './cases.ts'
import { awaitEnding, type Ending, endingOf } from './ending.ts'
import { handIn } from './hand-in.ts'
import { kindsAtWork } from './kinds.ts'
import type { Running } from './running.ts'

/** From the start of the process, the hub's start included. */
const LIMIT_MS = 60_000

/**
 * Stops hub and province, prints the summary as the last line of stdout, and answers the exit code.
 * @throws Error, after the summary, that says in words what is not as it should be
 */
export async function runOnce(running: Running, asked: AbortSignal): Promise<number> {
  const { province } = running
  const limit = AbortSignal.timeout(Math.max(0, Math.round(LIMIT_MS - performance.now())))
  const signal = AbortSignal.any([asked, limit])
  const cases: WindowCase[] = []
  const wrong: string[] = []
  let ending: Ending | undefined
  try {
    const done = handIn(province, cases, signal).then(() => awaitEnding(province, cases, machineTime, signal))
    const gone = running.hub().exited.then(() => Promise.reject(new Error('The hub has ended by itself.')))
    gone.catch(() => undefined)
    ending = await Promise.race([done, gone])
  } catch (error) {
    wrong.push(limit.aborted ? `Not done within ${LIMIT_MS / 1000} s.` : wordsOf(error))
    ending = await endingOf(province, cases).catch(() => undefined)
  }
  await running.stop()
  const { deployment } = province
  const expected = annexCases(deployment).length + departmentCases(deployment).length
  if (cases.length !== expected) wrong.push(`The hub took ${cases.length} of ${expected} cases.`)
  wrong.push(...(ending?.stuck ?? []))
  const { submitted = 0, closed = 0, refused = 0, deliveries, lost } = ending ?? {}
  console.log(
    JSON.stringify({ submitted, closed, refused, deliveries, lost, kinds: kindsAtWork(deployment) }),
  )
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return 0
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
