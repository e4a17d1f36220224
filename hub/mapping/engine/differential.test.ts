/**
 * Made-up expressions on made-up documents, run by this engine and by the reference. ENGINE_FUZZ_RUNS and
 * ENGINE_FUZZ_SEED make it longer and different.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import jsonata from 'jsonata'
import { compile } from './compile.ts'
import { ExpressionError } from './expression-error.ts'

const RUNS = Number(process.env.ENGINE_FUZZ_RUNS ?? 6000)
const SEED = Number(process.env.ENGINE_FUZZ_SEED ?? 20261123)
const NOW_MS = 1_700_000_000_000

const name = fc.constantFrom('a', 'b', 'c', 'n', 's', 'list', 'items', 'constructor')
const text = fc.constantFrom('""', '"x"', '"a b"', '"12"', '"x,y"', '"中文"')
const num = fc.constantFrom('0', '1', '-1', '2', '2.5', '10')
const regex = fc.constantFrom('/x/', '/[a-z]+/', '/,\\s*/', '/(a)(b)?/', '/\\d+/i')

const literal = fc.oneof(text, num, fc.constantFrom('true', 'false', 'null'))

const { expression } = fc.letrec<{ expression: string; path: string; lambda: string; test: string }>(
  (tie) => {
    const e = tie('expression')
    const p = tie('path')
    const t = tie('test')
    const of = (parts: TemplateStringsArray, ...holes: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
      fc.tuple(...holes).map((values) => parts.reduce((all, part, i) => all + part + (values[i] ?? ''), ''))
    const sized = (options: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
      fc.oneof({ maxDepth: 3, depthSize: 'small' }, ...(options as [fc.Arbitrary<string>]))
    return {
      path: sized([
        name,
        of`${p}.${name}`,
        of`${p}[${t}]`,
        of`${p}[${num}]`,
        of`${p}[]`,
        of`$.${name}`,
        of`$$.${name}`,
        of`$v.${name}`,
        of`(${p}).${name}`,
        of`${p}.(${e})`,
        of`${p}.{"k": ${e}, "m": ${e}}`,
        of`${p}.[${e}, ${e}]`,
        of`[${e}].${name}`,
        of`${p}.*`,
        of`${p}.**`,
        of`${p}^(${name})`,
        of`${p}^(>${name}, ${name})`,
        of`${p}{${name} & "": $count(${name})}`,
        fc.constantFrom('$', '$$', '$v', '*', '**'),
      ]),
      test: sized([
        of`${p} = ${e}`,
        of`${p} != ${literal}`,
        of`${p} > ${num}`,
        of`${p} <= ${text}`,
        of`${p} in [${literal}, ${literal}]`,
        of`$exists(${p})`,
        of`$not(${e})`,
        of`$boolean(${p})`,
        of`${t} and ${t}`,
        of`(${t} or ${t})`,
        of`$contains(${p}, ${text})`,
        of`$contains(${text}, ${regex})`,
        e,
      ]),
      lambda: sized([
        of`function($x) { ${e} }`,
        of`function($x) { $x.${name} }`,
        of`function($x, $i) { $x & $string($i) }`,
        of`function($x, $i, $a) { $count($a) - $i }`,
        of`function($x) { $keys($x) }`,
        of`function($x) { $append($x, $x) }`,
        of`function($x) { ${t} }`,
        fc.constantFrom('$string', '$keys', '$count', '$uppercase', '$f', '$type'),
      ]),
      expression: sized([
        literal,
        p,
        p,
        p,
        of`${e} & ${e}`,
        of`${e} + ${e}`,
        of`${p} * ${num}`,
        of`${p} / ${num}`,
        of`-${p}`,
        of`${t} ? ${e} : ${e}`,
        of`${t} ? ${e}`,
        of`(${e} ?? ${e})`,
        of`(${e} ?: ${e})`,
        of`{"p": ${e}, "q": ${e}}`,
        of`{"p": {"r": ${e}}, ${name} & "": ${e}}`,
        of`[${e}, ${e}]`,
        of`[[${e}], ${e}]`,
        of`[1..${num}]`,
        of`($v := ${e}; ${e})`,
        of`($v := ${e}; $w := $v; [$w, $v])`,
        of`($f := ${tie('lambda')}; $f(${e}))`,
        of`($f := ${tie('lambda')}; ${p}.$f($))`,
        of`$map(${p}, ${tie('lambda')})`,
        of`$filter(${p}, ${tie('lambda')})`,
        of`$reduce(${p}, function($x, $y) { $x & $y })`,
        of`$reduce(${p}, function($x, $y) { $append($x, $y) }, [])`,
        of`$each(${p}, ${tie('lambda')})`,
        of`$sift(${p}, ${tie('lambda')})`,
        of`$single(${p}, ${tie('lambda')})`,
        of`$sort(${p})`,
        of`$string(${e})`,
        of`$length(${e})`,
        of`$substring(${e}, ${num}, ${num})`,
        of`$substringBefore(${e}, ${text})`,
        of`$substringAfter(${e}, ${text})`,
        of`$join(${e}, ${text})`,
        of`$split(${e}, ${text})`,
        of`$split(${e}, ${regex})`,
        of`$match(${e}, ${regex})`,
        of`$replace(${e}, ${text}, ${text})`,
        of`$pad(${e}, ${num})`,
        of`$trim(${e})`,
        of`$uppercase(${e})`,
        of`$number(${e})`,
        of`$round(${e}, ${num})`,
        of`$sum(${e})`,
        of`$max(${e})`,
        of`$average(${e})`,
        of`$count(${e})`,
        of`$append(${e}, ${e})`,
        of`$reverse(${e})`,
        of`$distinct(${e})`,
        of`$zip(${e}, ${e})`,
        of`$keys(${e})`,
        of`$lookup(${e}, ${text})`,
        of`$merge(${e})`,
        of`$spread(${e})`,
        of`$type(${e})`,
        of`${e} ~> $string`,
        of`${e} ~> $append(${e})`,
        of`$map(${e}, $append(?, 1))`,
        of`${p} ~> |${name}|{"z": ${e}}|`,
        of`${p} ~> |$[$type($) = "object"]|{}, ["a"]|`,
      ]),
    }
  },
)

const leaf = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  1,
  2,
  -1,
  2.5,
  '',
  'x',
  'a b',
  'x,y',
  '12',
  '中文',
)
const { node: document } = fc.letrec<{ node: unknown }>((tie) => {
  const record = fc.dictionary(name, tie('node'), { maxKeys: 5, noNullPrototype: true })
  const array = fc.oneof(
    fc.constant([]),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.array(record, { maxLength: 3 }),
  )
  return { node: fc.oneof({ maxDepth: 4 }, leaf, record, record, array) }
})

/** The values that the reference gives, as JSON text; its marks and prototypes do not show there. */
function textOf(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) => {
    // A function has no place in a result; the reference shows the inside of its own.
    if (typeof inner === 'function') return undefined
    if (typeof inner !== 'object' || inner === null) return inner
    const isFunction = '_jsonata_lambda' in inner || '_jsonata_function' in inner
    return isFunction ? undefined : inner
  })
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

function assertPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value))
    assert.deepEqual(Object.keys(value), [...value.keys()].map(String), 'array has marks')
  else assert.equal(Object.getPrototypeOf(value), Object.prototype)
  for (const inner of Object.values(value)) assertPlain(inner)
}

interface Outcome {
  readonly text?: string | undefined
  readonly code?: string
}

/** Undefined when the reference fell over its own feet, or changed its input: what follows from that is its own. */
async function reference(source: string, document: unknown): Promise<Outcome | undefined> {
  const input = structuredClone(document)
  let outcome: Outcome
  try {
    const guards = { timeout: 500, sequence: 50_000, stack: 5000 }
    outcome = { text: textOf(await jsonata(source, guards).evaluate(input)) }
  } catch (error) {
    outcome = { code: String((error as { code?: string }).code ?? error) }
  }
  if (OWN_FAULT.test(outcome.code ?? '')) return undefined
  return JSON.stringify(input) === JSON.stringify(document) ? outcome : undefined
}

/**
 * In tail position the reference hands a builtin on as a bare record, which `$map` and its like cannot call; and it
 * marks a path that starts with a missing block as one to keep.
 */
const OWN_FAULT = /func\.apply is not a function|setting 'keepSingleton'/

function ours(source: string, input: unknown): Outcome {
  try {
    const result = compile(source).evaluate(frozen(input), { nowMs: NOW_MS })
    assertPlain(result)
    if (result !== undefined) structuredClone(result)
    return { text: textOf(result) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return { code: error.code }
  }
}

/** Codes with which either side only says that the work was too much for it. */
const LIMIT_CODES = /^(MAPPING_|D1011|D1012|D2015)/

/** The reference loses regular expressions on the left of `??` and `?:`, and may then never end. */
function isBrokenThere(source: string): boolean {
  return /\?[?:]/.test(source) && /\/[x[,(\\]/.test(source)
}

describe('against the reference', function () {
  this.timeout(Math.max(60_000, RUNS * 20))

  it('gives the same result or also an error, for any expression and document', async () => {
    await fc.assert(
      fc.asyncProperty(expression, document, async (source, input) => {
        if (isBrokenThere(source)) return
        const theirs = await reference(source, input)
        if (theirs === undefined) return
        const mine = ours(source, input)
        if (LIMIT_CODES.test(theirs.code ?? '') || LIMIT_CODES.test(mine.code ?? '')) return
        assert.equal(mine.code === undefined, theirs.code === undefined, `${mine.code} versus ${theirs.code}`)
        assert.equal(mine.text, theirs.text)
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })
})
