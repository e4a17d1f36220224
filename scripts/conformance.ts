/**
 * `npm run conformance [-- --json]`: every adapter kind against every clause of the contract, out and in, with real
 * counterparts. Each cell is `pass`, `FAIL`, or the reason why the protocol has nothing to be tested there.
 */
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Mocha from 'mocha'
import { CLAUSES, type Clause } from '../adapters/clauses.ts'

interface Cell {
  passed: number
  readonly failed: string[]
  /** Titles of cases that the protocol lacks, each with its reason. */
  readonly lacking: string[]
}

interface Row {
  readonly kind: string
  readonly half: 'out' | 'in'
  readonly cells: Map<Clause, Cell>
}

const SUITE = /^adapter kind (.+) keeps the (adapter|listener) contract$/
const CASE = /^\[([a-z-]+)\] (.*)$/s

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const asJson = process.argv.includes('--json')
const rows = new Map<string, Row>()
const failures: string[] = []

function rowOf(test: Mocha.Test): Row | undefined {
  for (let suite: Mocha.Suite | undefined = test.parent; suite !== undefined; suite = suite.parent) {
    const [, kind, contract] = SUITE.exec(suite.title) ?? []
    if (kind === undefined) continue
    const half = contract === 'adapter' ? 'out' : 'in'
    const row = rows.get(`${kind} ${half}`) ?? { kind, half, cells: new Map() }
    rows.set(`${kind} ${half}`, row)
    return row
  }
  return undefined
}

function cellOf(test: Mocha.Test): Cell | undefined {
  const [, clause] = CASE.exec(test.title) ?? []
  const row = rowOf(test)
  if (row === undefined || clause === undefined) return undefined
  if (!Object.hasOwn(CLAUSES, clause))
    throw new Error(`${test.title} names no clause of adapters/clauses.ts.`)
  const cell = row.cells.get(clause as Clause) ?? { passed: 0, failed: [], lacking: [] }
  row.cells.set(clause as Clause, cell)
  return cell
}

function titleOf(test: Mocha.Test): string {
  return CASE.exec(test.title)?.[2] ?? test.title
}

function mark(cell: Cell | undefined): string {
  if (cell === undefined) return '–'
  if (cell.failed.length > 0) return 'FAIL'
  if (cell.passed === 0) return 'n/a'
  return cell.lacking.length > 0 ? 'pass*' : 'pass'
}

/** A skipped case says in brackets why. */
function reasonOf(title: string): string {
  return /\([^:()]+: (.*)\)$/s.exec(title)?.[1] ?? title
}

function print(): void {
  const clauses = (Object.keys(CLAUSES) as Clause[]).filter((clause) =>
    [...rows.values()].some(({ cells }) => cells.has(clause)),
  )
  const ordered = [...rows.values()].sort((one, other) =>
    `${one.kind} ${one.half}` < `${other.kind} ${other.half}` ? -1 : 1,
  )
  const head = ['kind', '', ...clauses]
  const lines = ordered.map(({ kind, half, cells }) => [
    kind,
    half,
    ...clauses.map((clause) => mark(cells.get(clause))),
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  for (const line of [head, ...lines])
    console.log(line.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  '))
  console.log('\nClauses')
  for (const clause of clauses) console.log(`  ${clause.padEnd(12)} ${CLAUSES[clause]}`)
  console.log(
    '\nWhat a protocol lacks (n/a: the whole clause; *: a part of it; –: the clause is of the other half)',
  )
  for (const { kind, half, cells } of ordered) {
    const reasons = Map.groupBy(
      [...cells].flatMap(([clause, { lacking }]) =>
        lacking.map((title) => ({ clause, reason: reasonOf(title) })),
      ),
      ({ reason }) => reason,
    )
    for (const [reason, all] of reasons)
      console.log(`  ${kind} ${half}: ${[...new Set(all.map(({ clause }) => clause))].join(', ')}: ${reason}`)
  }
}

const mocha = new Mocha({ timeout: 20_000, reporter: 'min', ui: 'bdd' })
for (const file of globSync('adapters/*/*.test.ts', { cwd: root }).sort()) mocha.addFile(join(root, file))
await mocha.loadFilesAsync()
mocha.grep(/keeps the (adapter|listener) contract/)
mocha.reporter(
  class Collect {
    constructor(runner: Mocha.Runner) {
      runner.on('pass', (test) => {
        const cell = cellOf(test)
        if (cell !== undefined) cell.passed++
      })
      runner.on('pending', (test) => {
        cellOf(test)?.lacking.push(titleOf(test))
      })
      runner.on('fail', (test, error) => {
        cellOf(test)?.failed.push(titleOf(test))
        failures.push(`${test.fullTitle()}\n    ${error.message}`)
      })
    }
  } as unknown as Mocha.ReporterConstructor,
)
const failed = await new Promise<number>((resolve) => mocha.run(resolve))
if (asJson) {
  const matrix = [...rows.values()].map(({ kind, half, cells }) => ({
    kind,
    half,
    clauses: Object.fromEntries([...cells].map(([clause, cell]) => [clause, mark(cell)])),
  }))
  console.log(JSON.stringify({ matrix, failed }))
} else {
  print()
  for (const failure of failures) console.log(`\nFAIL ${failure}`)
}
process.exit(failed === 0 ? 0 : 1)
