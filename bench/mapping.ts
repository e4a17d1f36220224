/**
 * How fast the mapping engine is: two realistic mappings, against the same mapping written by hand in JavaScript and
 * against the `jsonata` interpreter with the same functions registered. The three take turns in short rounds, so that
 * whatever else the machine does slows all of them alike.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import jsonata from 'jsonata'
import { type CompiledExpression, compile } from '../hub/mapping/engine/compile.ts'
import { aCase } from './mapping/documents.ts'
import { fromDepartment } from './mapping/from-department-by-hand.ts'
import { FUNCTIONS } from './mapping/functions.ts'
import { toDepartment } from './mapping/to-department-by-hand.ts'

const MATERIALS = 12
const DEFAULT_SECONDS = 4
/** How long each contestant runs in one round. */
const ROUND_MS = 12
const ENVIRONMENT = { nowMs: 1_763_856_000_000 }

interface Subject {
  readonly name: string
  readonly source: string
  readonly input: unknown
  readonly byHand: (input: unknown) => unknown
  readonly compiled: CompiledExpression
}

interface Figures {
  readonly handUs: number
  readonly compiledUs: number
  readonly interpreterUs: number
  readonly p99Us: number
}

/** Prints a table and returns the figures. `seconds` is about how long the rounds take. */
export async function run(options: { json: boolean; seconds?: number }): Promise<Record<string, unknown>> {
  const subjects = makeSubjects()
  const rounds = roundsFor(options.seconds ?? DEFAULT_SECONDS, subjects.length)
  const rows: { subject: Subject; figures: Figures }[] = []
  for (const subject of subjects) rows.push({ subject, figures: await measure(subject, rounds) })
  const sizes = compileMany(subjects)
  const result = {
    name: 'mapping',
    ratio_to_hand: rounded(Math.max(...rows.map(({ figures }) => figures.compiledUs / figures.handUs))),
    speedup_vs_interpreter: rounded(
      Math.min(...rows.map(({ figures }) => figures.interpreterUs / figures.compiledUs)),
    ),
    p99_us: rounded(Math.max(...rows.map(({ figures }) => figures.p99Us))),
    compile_200_ms: rounded(sizes.compileMs),
    kb_per_mapping: rounded(sizes.kbPerMapping),
    ...Object.assign({}, ...rows.map(({ subject, figures }) => flat(subject.name, figures))),
  }
  if (!options.json) print(rows, result)
  return result
}

function flat(name: string, figures: Figures): Record<string, number> {
  const prefix = name.replaceAll('-', '_')
  return {
    [`${prefix}_hand_us`]: rounded(figures.handUs),
    [`${prefix}_us`]: rounded(figures.compiledUs),
    [`${prefix}_interpreter_us`]: rounded(figures.interpreterUs),
  }
}

function makeSubjects(): Subject[] {
  const theCase = aCase(MATERIALS)
  const there = subject('to-department', theCase, toDepartment)
  return [there, subject('from-department', toDepartment(theCase), fromDepartment)]
}

function subject(name: string, input: unknown, byHand: (input: unknown) => unknown): Subject {
  const source = readFileSync(new URL(`mapping/${name}.jsonata`, import.meta.url), 'utf8')
  const compiled = compile(source, { file: `${name}.jsonata`, functions: FUNCTIONS })
  return { name, source, input: JSON.parse(JSON.stringify(input)), byHand, compiled }
}

/** Three contestants take turns in each round; a quarter more rounds come first to warm up. */
function roundsFor(seconds: number, subjects: number): number {
  return Math.max(8, Math.round((seconds * 1000) / (subjects * 3 * ROUND_MS * 1.25)))
}

async function measure({ source, input, byHand, compiled }: Subject, rounds: number): Promise<Figures> {
  const interpreter = jsonata(source)
  const call = { environment: ENVIRONMENT, offset: 0 }
  for (const fn of FUNCTIONS) {
    interpreter.registerFunction(fn.name, (...args: unknown[]) => fn.apply(args, call), fn.signature)
  }
  const expected = byHand(input)
  assert.deepEqual(compiled.evaluate(input, ENVIRONMENT), expected)
  assert.equal(JSON.stringify(await interpreter.evaluate(input)), JSON.stringify(expected))

  const hand: number[] = []
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = -Math.ceil(rounds / 4); round < rounds; round++) {
    const times = [
      perCall(() => byHand(input)),
      perCall(() => compiled.evaluate(input, ENVIRONMENT)),
      await perAsyncCall(() => interpreter.evaluate(input)),
    ] as const
    // The first rounds let the optimizing compiler settle.
    if (round < 0) continue
    hand.push(times[0])
    ours.push(times[1])
    theirs.push(times[2])
    await setImmediate()
  }
  return {
    handUs: median(hand),
    compiledUs: median(ours),
    interpreterUs: median(theirs),
    p99Us: tail(() => compiled.evaluate(input, ENVIRONMENT)),
  }
}

function perCall(work: () => unknown): number {
  const start = performance.now()
  let calls = 0
  let elapsed = 0
  while (elapsed < ROUND_MS) {
    for (let i = 0; i < 20; i++) work()
    calls += 20
    elapsed = performance.now() - start
  }
  return (elapsed * 1000) / calls
}

async function perAsyncCall(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  let calls = 0
  let elapsed = 0
  while (elapsed < ROUND_MS) {
    await work()
    calls++
    elapsed = performance.now() - start
  }
  return (elapsed * 1000) / calls
}

/** The 99th percentile of single calls, in microseconds. */
function tail(work: () => unknown): number {
  const samples: number[] = []
  for (let i = 0; i < 20_000; i++) {
    const start = performance.now()
    work()
    samples.push((performance.now() - start) * 1000)
  }
  samples.sort((a, b) => a - b)
  return samples[Math.floor(samples.length * 0.99)] as number
}

/** Compiles each mapping a hundred times, as if they were two hundred. */
function compileMany(subjects: readonly Subject[]): { compileMs: number; kbPerMapping: number } {
  const kept: CompiledExpression[] = []
  const before = heapUsed()
  const start = performance.now()
  for (let i = 0; i < 100; i++) {
    // A comment makes each text its own, so that no cache of the machine's answers for it.
    for (const { source } of subjects) {
      kept.push(compile(`/* ${i} */ ${source}`, { functions: FUNCTIONS }))
    }
  }
  const compileMs = performance.now() - start
  for (const [i, one] of kept.entries()) one.evaluate(subjects[i % subjects.length]?.input, ENVIRONMENT)
  const kbPerMapping = (heapUsed() - before) / 1024 / kept.length
  return { compileMs, kbPerMapping }
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function print(
  rows: readonly { readonly subject: Subject; readonly figures: Figures }[],
  result: Readonly<Record<string, unknown>>,
): void {
  console.log('mapping             by hand   compiled   interpreter   ratio   speed-up       p99')
  for (const { subject, figures } of rows) {
    const { handUs, compiledUs, interpreterUs, p99Us } = figures
    console.log(
      `${subject.name.padEnd(17)} ${us(handUs)} ${us(compiledUs, 10)} ${us(interpreterUs, 13)} ` +
        `${(compiledUs / handUs).toFixed(2).padStart(7)} ${(interpreterUs / compiledUs).toFixed(0).padStart(8)} × ${us(p99Us, 9)}`,
    )
  }
  console.log(
    `200 compilations: ${result.compile_200_ms} ms; one compiled mapping keeps ${result.kb_per_mapping} kB (exact only with --expose-gc)`,
  )
}

function us(value: number, width = 9): string {
  return `${value.toFixed(1)} µs`.padStart(width)
}
