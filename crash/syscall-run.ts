/**
 * Every write and sync of the store, in three short stages: a store is made, a hub works on it, and a store is opened whose
 * hub was killed. At exactly one call of a run the process dies, or the disk fails; each stage says what must hold then.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openingStage } from './opening-stage.ts'
import { pointsOf, sampleOf, shuffled } from './points.ts'
import type { Outcome, Stage } from './syscall-stage.ts'
import { callsIn, type Point } from './tracer.ts'
import { killedAtWork, openGround, workStage } from './work-stage.ts'

export interface SyscallOptions {
  /** Every point; otherwise every k-th, so that it takes about `seconds`. */
  readonly all: boolean
  readonly seconds: number
  readonly tell: (line: string) => void
}

export interface SyscallReport {
  /** Writes and syncs of the run, times what can happen at each. */
  readonly points: number
  readonly tried: number
  /** Of those tried, where the fault came about: a run may take a call or two less than the one that was counted. */
  readonly reached: number
  readonly survived: number
  /** By stage. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Messages that were acknowledged, over all runs. */
  readonly accepted: number
  /** Of them, those that a file did not hold afterwards. */
  readonly lost: number
  readonly seconds: number
  readonly words: readonly string[]
}

/** Runs at once: while one waits for its hub to come up, the others work. */
const AT_ONCE = 5
const MOST_WORDS = 20

interface Counted {
  readonly stage: Stage
  readonly calls: ReturnType<typeof callsIn>
  readonly points: readonly Point[]
}

/** @throws Error where a stage without any fault does not come to its end */
export async function runSyscalls({ all, seconds, tell }: SyscallOptions): Promise<SyscallReport> {
  const startedAt = performance.now()
  const elapsed = (): number => (performance.now() - startedAt) / 1000
  const folder = mkdtempSync(join(tmpdir(), 'hub-syscall-'))
  let work: ReturnType<typeof workStage> | undefined
  try {
    const ground = await openGround(folder)
    work = workStage(ground)
    const stages = [
      await openingStage('schema', folder),
      await openingStage('recovery', folder, await killedAtWork(ground)),
      work,
    ]
    const counted: Counted[] = []
    let lastSeconds = 0
    for (const stage of stages) {
      const before = elapsed()
      counted.push(await countCalls(stage, folder))
      lastSeconds = elapsed() - before
    }
    const affordable = ((seconds - elapsed()) / lastSeconds) * AT_ONCE
    const total = counted.reduce((sum, { points }) => sum + points.length, 0)
    const left = counted.flatMap(({ stage, points }) => {
      const share = Math.floor((affordable * points.length) / total)
      return shuffled(all ? points : sampleOf(points, share)).map((point) => ({ stage, point }))
    })
    const calls = Object.fromEntries(
      counted.map(({ stage, calls: ofStage }) => [stage.name, Object.fromEntries(ofStage)]),
    )
    tell(`${total} points (${JSON.stringify(calls)} calls); ${left.length} are tried`)
    const outcomes: Outcome[] = []
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          if (!all && elapsed() > seconds * 1.1) return
          outcomes.push(await tryPoint(next.stage, next.point, folder, tell))
        }
      }),
    )
    const sum = (value: (outcome: Outcome) => number): number =>
      outcomes.reduce((soFar, outcome) => soFar + value(outcome), 0)
    return {
      points: total,
      tried: outcomes.length,
      reached: sum(({ reached }) => Number(reached)),
      survived: sum(({ reached, words }) => Number(reached && words.length === 0)),
      calls,
      accepted: sum(({ accepted }) => accepted),
      lost: sum(({ lost }) => lost),
      seconds: Math.round(elapsed()),
      words: outcomes.flatMap(({ words }) => words).slice(0, MOST_WORDS),
    }
  } finally {
    await work?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

export function survivedAll({ tried, reached, survived, lost, words }: SyscallReport): boolean {
  return tried > 0 && reached > 0 && survived === reached && lost === 0 && words.length === 0
}

async function countCalls(stage: Stage, folder: string): Promise<Counted> {
  const log = join(folder, `count-${stage.name}.strace`)
  const { words } = await stage.run(undefined, log)
  if (words.length > 0) throw new Error(`${stage.name}, without any fault: ${words.join('\n')}`)
  const calls = callsIn(log)
  return { stage, calls, points: pointsOf(calls) }
}

async function tryPoint(
  stage: Stage,
  point: Point,
  folder: string,
  tell: SyscallOptions['tell'],
): Promise<Outcome> {
  const where = `${stage.name}: ${point.fault} at ${point.call} ${point.number}`
  const log = join(folder, `${stage.name}-${point.fault}-${point.call}-${point.number}.strace`)
  const outcome = await stage
    .run(point, log)
    .catch((error: unknown) => ({ reached: true, accepted: 0, lost: 0, words: [String(error)] }))
  rmSync(log, { force: true })
  const state = outcome.words.length > 0 ? 'FAILED' : outcome.reached ? 'survived' : 'not reached'
  tell(`${where}: ${state}, ${outcome.accepted} accepted`)
  return { ...outcome, words: outcome.words.map((line) => `${where}: ${line}`) }
}
