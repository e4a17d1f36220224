/** The benchmark's mappings on documents with something wrong in them: the engine and the interpreter must agree. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import jsonata from 'jsonata'
import { compile } from '../../hub/mapping/engine/compile.ts'
import { ExpressionError } from '../../hub/mapping/engine/expression-error.ts'
import { aCase } from './documents.ts'
import { fromDepartment } from './from-department-by-hand.ts'
import { FUNCTIONS } from './functions.ts'
import { toDepartment } from './to-department-by-hand.ts'

const RUNS = Number(process.env.ENGINE_FUZZ_RUNS ?? 300)
const SEED = Number(process.env.ENGINE_FUZZ_SEED ?? 20261123)
const ENVIRONMENT = { nowMs: 0 }

type Json = Record<string, unknown>

/** How a place in a document can be wrong. */
const FAULTS: readonly ((value: unknown) => unknown)[] = [
  () => undefined,
  () => null,
  () => [],
  () => ({}),
  () => '',
  () => 'x',
  () => 7,
  () => true,
  (value) => [value],
  (value) => [[value]],
  (value) => [value, value],
  (value) => ({ inner: value }),
]

function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((key) => [
    [...path, key],
    ...placesIn((value as Json)[key], [...path, key]),
  ])
}

function damaged(document: unknown, choices: readonly (readonly [number, number])[]): unknown {
  const copy = structuredClone(document)
  for (const [where, how] of choices) {
    const places = placesIn(copy)
    const place = places[where % places.length] as string[]
    let parent = copy as Json
    for (const key of place.slice(0, -1)) parent = parent[key] as Json
    const last = place[place.length - 1] as string
    parent[last] = (FAULTS[how % FAULTS.length] as (value: unknown) => unknown)(parent[last])
  }
  return JSON.parse(JSON.stringify(copy))
}

const subjects: readonly (readonly [string, unknown, (input: unknown) => unknown])[] = [
  ['to-department', aCase(3), toDepartment],
  ['from-department', toDepartment(aCase(3)), fromDepartment],
]

describe('the benchmark mappings', function () {
  this.timeout(Math.max(60_000, RUNS * 40))

  for (const [name, document, byHand] of subjects) {
    const source = readFileSync(new URL(`${name}.jsonata`, import.meta.url), 'utf8')
    const compiled = compile(source, { functions: FUNCTIONS })
    const interpreter = jsonata(source)
    for (const fn of FUNCTIONS) {
      const call = { environment: ENVIRONMENT, offset: 0 }
      interpreter.registerFunction(fn.name, (...args: unknown[]) => fn.apply(args, call), fn.signature)
    }

    it(`${name} gives what the hand-written one gives, for any number of materials`, () => {
      for (const count of [0, 1, 2, 12]) {
        const input = name === 'to-department' ? aCase(count) : toDepartment(aCase(count))
        assert.deepEqual(compiled.evaluate(input, ENVIRONMENT), byHand(input))
      }
    })

    it(`${name} agrees with the interpreter on damaged documents`, async () => {
      const choice = fc.tuple(fc.nat(100_000), fc.nat(100_000))
      await fc.assert(
        fc.asyncProperty(fc.array(choice, { minLength: 1, maxLength: 6 }), async (choices) => {
          const input = damaged(document, choices)
          const theirs = await interpreter.evaluate(structuredClone(input)).then(
            (result) => JSON.stringify(result),
            () => 'an error',
          )
          let mine: string
          try {
            mine = JSON.stringify(compiled.evaluate(input, ENVIRONMENT))
          } catch (error) {
            assert.ok(error instanceof ExpressionError, String(error))
            mine = 'an error'
          }
          assert.equal(mine, theirs)
        }),
        { numRuns: RUNS, seed: SEED },
      )
    })
  }
})
