/**
 * The official JSONata test suite. It lies beside the repository, not in it; where it is missing, these tests are
 * skipped and say so.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { compile } from './compile.ts'
import { ExpressionError } from './expression-error.ts'

const SUITE = new URL('../../../../shared/jsonata-suite/', import.meta.url)

interface Case {
  readonly name: string
  readonly expr: string
  readonly data?: unknown
  readonly dataset?: string | null
  readonly bindings: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly undefinedResult?: boolean
  readonly unordered?: boolean
  readonly code?: string
  readonly error?: { readonly code: string; readonly message?: string }
  readonly depth?: number
}

/** Cases that the profile refuses: 42 tuple streams and 8 `$eval`. */
const REFUSED = 50

/** The suite has cases of ten million elements. */
const LIMITS = { steps: 20_000_000, stringLength: 10_000_000, arrayLength: 10_000_000, depth: 400 }

/** The code of the reference's test harness for its own time and depth boxes, which ours are counted unlike. */
const HARNESS_LIMIT = 'U1001'

/** Where the harness sets a box on depth, it counts nodes: about four for each call. */
const NODES_PER_CALL = 4

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, SUITE), 'utf8')) as T
}

function limitsFor(one: Case): typeof LIMITS {
  if (one.code !== HARNESS_LIMIT || one.depth === undefined) return LIMITS
  return { ...LIMITS, steps: 100_000, depth: Math.floor(one.depth / NODES_PER_CALL) }
}

function run(one: Case, datasets: Readonly<Record<string, unknown>>): unknown {
  const input = 'data' in one ? one.data : typeof one.dataset === 'string' ? datasets[one.dataset] : undefined
  const compiled = compile(one.expr, { limits: limitsFor(one) })
  return compiled.evaluate(input, { nowMs: 1_700_000_000_000, bindings: one.bindings })
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value
}

function check(one: Case, datasets: Readonly<Record<string, unknown>>): void {
  const code = one.code ?? one.error?.code
  if (code === undefined) {
    const result = run(one, datasets)
    if (one.undefinedResult) assert.equal(result, undefined)
    else if (one.unordered) assert.deepEqual(sorted(result), sorted(one.result))
    else assert.deepEqual(result, one.result)
    if (result !== undefined) assert.deepEqual(structuredClone(result), result)
    return
  }
  assert.throws(
    () => run(one, datasets),
    (error: unknown) => {
      assert.ok(error instanceof ExpressionError, String(error))
      if (error.code === 'MAPPING_PROFILE') throw error
      if (code === HARNESS_LIMIT) assert.match(error.code, /^MAPPING_(STEP_BUDGET|TOO_DEEP)$/)
      else assert.equal(error.code, code)
      if (one.error?.message !== undefined) assert.equal(error.message, one.error.message)
      return true
    },
  )
}

describe('the official suite', function () {
  this.timeout(60_000)

  before(function () {
    if (!existsSync(new URL('cases.json', SUITE))) {
      console.log('    skipped: the official suite is not at ../shared/jsonata-suite')
      this.skip()
    }
  })

  it('passes wholly, except for what the profile refuses', () => {
    const cases = load<Case[]>('cases.json')
    const datasets = load<Record<string, unknown>>('datasets.json')
    const refusals = new Map<string, number>()
    const failures: string[] = []
    for (const one of cases) {
      try {
        check(one, datasets)
      } catch (error) {
        if (error instanceof ExpressionError && error.code === 'MAPPING_PROFILE') {
          refusals.set(error.message, (refusals.get(error.message) ?? 0) + 1)
        } else failures.push(`${one.name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    const refused = [...refusals.values()].reduce((a, b) => a + b, 0)
    console.log(`    ${cases.length - refused - failures.length} passed, ${refused} refused by the profile:`)
    for (const [reason, count] of refusals) console.log(`      ${count} × ${reason}`)
    assert.deepEqual(failures, [])
    assert.equal(cases.length, 842)
    assert.equal(refused, REFUSED)
  })
})
