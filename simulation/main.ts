/**
 * `npm run simulate -- --seeds 1000 [--seed 1] [--json]`: runs seeds in worker processes and says what they showed.
 * `--seed 42 [--cases 0,3] [--faults 2,7] [--trace]` replays one exactly. Exit code 1 where anything was violated.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FAULT_KINDS } from './plan.ts'
import { SABOTAGES } from './sabotage.ts'
import type { ViolationKind } from './witness.ts'
import type { Question, Reply } from './worker.ts'

/** Runs spent on making one failing seed smaller, and how many failing seeds are made smaller. */
const SHRINK_BUDGET = 80
const SHRUNK_SEEDS = 3

const USAGE = `npm run simulate -- [--seeds N] [--seed FIRST] [--workers W] [--json]
npm run simulate -- --seed S [--cases 0,3] [--faults 2,7] [--trace] [--sabotage ${Object.keys(SABOTAGES).join('|')}]`

interface Wishes {
  readonly seeds: readonly number[]
  readonly workers: number
  readonly json: boolean
  readonly trace: boolean
  readonly sabotage: string | undefined
  readonly kept: Question['kept']
}

function readWishes(): Wishes {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      workers: { type: 'string' },
      cases: { type: 'string' },
      faults: { type: 'string' },
      sabotage: { type: 'string' },
      trace: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const first = wholeNumber(values.seed ?? '1')
  const count = wholeNumber(values.seeds ?? (values.seed === undefined ? '100' : '1'))
  if (values.sabotage !== undefined && SABOTAGES[values.sabotage] === undefined)
    throw new TypeError(`There is no sabotage ${values.sabotage}.`)
  return {
    seeds: Array.from({ length: count }, (_, index) => first + index),
    workers: Math.min(count, wholeNumber(values.workers ?? String(Math.min(2, availableParallelism())))),
    json: values.json,
    trace: values.trace,
    sabotage: values.sabotage,
    kept:
      values.cases === undefined && values.faults === undefined
        ? undefined
        : {
            ...(values.cases === undefined ? {} : { cases: numbers(values.cases) }),
            ...(values.faults === undefined ? {} : { faults: numbers(values.faults) }),
          },
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new TypeError(`${text} is not a whole number.`)
  return Number(text)
}

function numbers(text: string): number[] {
  return text === '' ? [] : text.split(',').map(wholeNumber)
}

/** Asks until there are no more questions; several of these take from one list. */
async function work(questions: Question[], told: (reply: Reply) => void): Promise<void> {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)))
  await once(child)
  for (let next = questions.shift(); next !== undefined; next = questions.shift()) {
    const reply = once(child)
    child.send(next)
    told((await reply) as Reply)
  }
  child.disconnect()
}

function once(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void => reject(new Error(`A worker ended with ${code}.`))
    child.once('exit', died)
    child.once('message', (message) => {
      child.off('exit', died)
      resolve(message)
    })
  })
}

async function askAll(
  questions: readonly Question[],
  workers: number,
  told: (reply: Reply) => void,
): Promise<void> {
  const left = [...questions]
  await Promise.all(Array.from({ length: workers }, () => work(left, told)))
}

const count = (replies: readonly Reply[], ...kinds: readonly ViolationKind[]): number =>
  replies.flatMap(({ result }) => result.violations).filter(({ kind }) => kinds.includes(kind)).length
const sum = (
  replies: readonly Reply[],
  figure:
    | 'deliveries'
    | 'messages'
    | 'cases'
    | 'faults'
    | 'repeated'
    | 'parkedUnsent'
    | 'steps'
    | 'virtualMs',
): number => replies.reduce((total, { result }) => total + result[figure], 0)

function figuresOf(replies: readonly Reply[]) {
  const lost = count(replies, 'lost', 'premature')
  const doubled = count(replies, 'doubled')
  const misordered = count(replies, 'misordered')
  const stuck = count(replies, 'stuck')
  const all = replies.reduce((total, { result }) => total + result.violations.length, 0)
  return {
    seeds: replies.length,
    cases: sum(replies, 'cases'),
    messages: sum(replies, 'messages'),
    deliveries: sum(replies, 'deliveries'),
    faults: sum(replies, 'faults'),
    lost,
    doubled,
    misordered,
    stuck,
    other: all - lost - doubled - misordered - stuck,
    repeatedWhereNobodyCanTell: sum(replies, 'repeated'),
    parkedThoughNeverSent: sum(replies, 'parkedUnsent'),
  }
}

function struckByKind(replies: readonly Reply[]): string {
  return FAULT_KINDS.map((kind) => {
    const times = replies.reduce((total, { result }) => total + (result.struck[kind] ?? 0), 0)
    return `${kind} ${times}`
  }).join(', ')
}

function tellFailure({ result, kept, faults }: Reply, sabotage: string | undefined): void {
  for (const { kind, words } of result.violations.slice(0, 5)) console.log(`  ${kind}: ${words}`)
  for (const fault of faults ?? []) console.log(`  fault: ${fault}`)
  const parts = kept === undefined ? '' : ` --cases ${kept.cases.join()} --faults "${kept.faults.join()}"`
  const bug = sabotage === undefined ? '' : ` --sabotage ${sabotage}`
  console.log(`  replay: npm run simulate -- --seed ${result.seed}${parts}${bug} --trace\n`)
}

async function main(): Promise<void> {
  const { seeds, workers, json, trace, sabotage, kept } = readWishes()
  const startedAt = performance.now()
  const replies: Reply[] = []
  const ask = (seed: number, shrinkBudget: number): Question => ({
    seed,
    shrinkBudget,
    trace,
    sabotage,
    kept,
  })
  await askAll(
    seeds.map((seed) => ask(seed, 0)),
    workers,
    (reply) => {
      replies.push(reply)
      for (const line of reply.trace) console.log(line)
      if (!json && process.stderr.isTTY) process.stderr.write(`\r${replies.length} of ${seeds.length} seeds`)
    },
  )
  if (!json && process.stderr.isTTY) process.stderr.write('\n')

  const failed = replies
    .filter(({ result }) => result.violations.length > 0)
    .sort((one, other) => one.result.seed - other.result.seed)
  if (failed.length > 0)
    console.log(
      `${failed.length} of ${seeds.length} seeds failed: ${failed.map(({ result }) => result.seed).join(', ')}\n`,
    )
  const chosen = failed
    .slice(0, SHRUNK_SEEDS)
    .map(({ result }) => ask(result.seed, trace ? 0 : SHRINK_BUDGET))
  if (chosen.length > 0)
    await askAll(chosen, Math.min(workers, chosen.length), (reply) => {
      console.log(`seed ${reply.result.seed}`)
      tellFailure(reply, sabotage)
    })

  const figures = figuresOf(replies)
  if (json) console.log(JSON.stringify(figures))
  else {
    const seconds = (performance.now() - startedAt) / 1000
    const days = sum(replies, 'virtualMs') / 86_400_000
    console.log(
      Object.entries(figures)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    )
    console.log(`faults that struck: ${struckByKind(replies)}`)
    console.log(`${days.toFixed(0)} simulated days in ${seconds.toFixed(1)} s`)
    if (seeds.length === 1) console.log(`trace ${replies[0]?.result.trace}`)
  }
  if (failed.length > 0) process.exitCode = 1
}

main().catch((error: unknown) => {
  console.error(error instanceof TypeError ? `${error.message}\n${USAGE}` : error)
  process.exitCode = 2
})
