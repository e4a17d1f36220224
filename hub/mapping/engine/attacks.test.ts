/**
 * Expressions that take a server down, or its neighbours' data over, when they are run by an ordinary interpreter in
 * the process of the hub. All of them run here in one process, which has to be well afterwards.
 */
import assert from 'node:assert/strict'
import { compile } from './compile.ts'
import { ExpressionError } from './expression-error.ts'

const ENVIRONMENT = { nowMs: 1_700_000_000_000 }
const LIMIT = /^MAPPING_(STEP_BUDGET|STRING_TOO_LONG|ARRAY_TOO_LONG|TOO_DEEP)$/

/** Far above what any attack needs here, far below what it would take without limits. */
const PATIENCE_MS = 3000

function attempt(source: string, input: unknown = {}): unknown {
  return compile(source).evaluate(input, ENVIRONMENT)
}

function assertFails(source: string, code: RegExp, input: unknown = {}): ExpressionError {
  let failure: unknown
  const start = performance.now()
  try {
    attempt(source, input)
  } catch (error) {
    failure = error
  }
  const elapsed = performance.now() - start
  assert.ok(failure instanceof ExpressionError, `${source.slice(0, 80)} gave ${String(failure)}`)
  assert.match(failure.code, code)
  assert.ok(elapsed < PATIENCE_MS, `${source.slice(0, 80)} took ${elapsed} ms`)
  return failure
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = { a: value }
  return value
}

/** Loops, recursion and growth: each must end at a limit. */
const EXHAUSTING: Readonly<Record<string, string>> = {
  'tail recursion without end': '($f := function($x) { $f($x + 1) }; $f(0))',
  'mutual tail recursion without end':
    '($even := function($n) { $odd($n + 1) }; $odd := function($n) { $even($n + 1) }; $even(0))',
  'recursion without end': '($f := function($n) { $n + $f($n - 1) }; $f(5))',
  'recursion through $map': '($f := function($n) { $map([1], function($x) { 1 + $f($x) }) }; $f(1))',
  'recursion through a path': '($f := function($n) { [1].(1 + $f(1)) }; $f(1))',
  'recursion through $reduce':
    '($f := function($n) { $reduce([1, 2], function($a, $b) { 1 + $f(1) }) }; $f(1))',
  'recursion through $sort':
    '($f := function($n) { $sort([2, 1], function($a, $b) { $f(1) + 1 > 0 }) }; $f(1))',
  'the Y combinator without end': '(function($f) { $f($f) })(function($f) { 1 + $f($f) })',
  'a cross product': '[1..10000].([1..10000])',
  'nested $map over ranges': '$map([1..9999], function($x) { $map([1..9999], function($y) { $x * $y }) })',
  'an array that doubles': '$reduce([1..40], function($a, $i) { $append($a, $a) }, [1, 2])',
  'nested $zip': '$zip([1..100000], [1..100000], [1..100000], [1..100000], [1..100000])',
  'a range of ten million': '[1..10000000]',
  'a string that doubles': '$reduce([1..40], function($s, $i) { $s & $s }, "0123456789")',
  'a string that doubles, bound again and again': `($s := "0123456789"; ${'$s := $s & $s; '.repeat(40)} $length($s))`,
  'a joined string that doubles': '$reduce([1..40], function($s, $i) { $join([$s, $s]) }, "0123456789")',
  '$pad to 400 million': '$pad("x", 400000000)',
  '$pad to the left, long filler': '$pad("x", -300000000, "abc")',
  '$pad beyond all numbers': '$pad("x", 1e300)',
  'many padded strings': '[1..5000].$pad("x", 900000)',
  '$replace that grows': '$reduce([1..30], function($s, $i) { $replace($s, "a", "aaaaaaaaaa") }, "a")',
  '$replace by a regex that grows':
    '$reduce([1..30], function($s, $i) { $replace($s, /a/, "aaaaaaaaaa") }, "a")',
  '$string that grows': '$reduce([1..60], function($s, $i) { $string([$s, $s]) }, "x")',
  '$split into too many': '$split($pad("x", 900000, ","), ",")',
  '$match of too many': '$match($pad("x", 900000, "y"), /y/)',
  '$encodeUrlComponent that grows':
    '$reduce([1..40], function($s, $i) { $encodeUrlComponent($s & $s) }, "%%%%%%%%")',
  '$formatInteger in Roman numerals': '$formatInteger(1e15, "I")',
  'a date with a width of a billion': '$fromMillis(0, "[Y,999999999]")',
  'a date picture that fits in very many ways': '$toMillis($pad("", 800, "1"), "[f1][f1][f1][f1]x")',
  'a picture of endless length': '$formatNumber(1, $pad("0", 900000, "0"))',
  'a date picture of endless length': '$fromMillis(0, $pad("[Y]", 90000, "[Y]"))',
  'sharing that explodes when written out': `($a := "0123456789"; ${'$a := {"l": $a, "r": $a}; '.repeat(60)} $string($a))`,
  'equality of shared trees': `($a := {"x": 1}; $b := {"x": 1}; ${'$a := {"l": $a, "r": $a}; $b := {"l": $b, "r": $b}; '.repeat(60)} $a = $b)`,
  'descendants of shared trees': `($a := {"x": 1}; ${'$a := {"l": $a, "r": $a}; '.repeat(60)} $count($a.**))`,
  'distinct of many structures': '$count($distinct([1..20000].{"a": $, "b": [$]}))',
  'sorting with a comparison that loops':
    '$sort([1..1000], function($a, $b) { $count($map([1..1000], function($x) { $x })) > 0 })',
  'a transform that holds itself': '{"a": {"b": 1}} ~> |$.a|{"self": $}|',
}

/** Regular expressions and pictures that backtrack without end elsewhere: here they answer. */
const BACKTRACKING: readonly (readonly [string, unknown])[] = [
  ['$contains($pad("", 29, "a") & "!", /^(a+)+$/)', false],
  ['$contains($pad("", 5000, "a") & "!", /^(a+)+$/)', false],
  ['$contains($pad("", 200, "a") & "!", /^(a|a)*$/)', false],
  ['$contains($pad("", 200, "a") & "!", /^(a|aa)+$/)', false],
  ['$contains($pad("", 200, "x") & "y", /(x+x+)+z/)', false],
  ['$contains($pad("", 200, "1") & "a", /^(\\d+)*$/)', false],
  ['$contains($pad("", 100, "ab") & "c", /^(?:a?b?)*$/)', false],
  ['$contains($pad("", 3000, " ") & "x", /\\s+$/)', false],
  ['$count($split($pad("", 200, "a") & "!", /(a+)+,/))', 1],
  ['$replace($pad("", 60, "a") & "!", /(?:a*)*b/, "")', `${'a'.repeat(60)}!`],
  ['$toMillis($pad("", 100, "1"), "[f1][f1][f1][f1]x")', undefined],
  ['$toMillis($pad("", 60, "1") & "x", "[Y][M][D][H][m][s][f]")', undefined],
  ['$toMillis($pad("", 60, "one "), "[Yw][Mw][Dw]x")', undefined],
  ['$exists($toMillis($pad("2026", 4000, "0") & "x", "[Y0001][M01]"))', false],
]

/** What the reference does wrong when a regular expression stands on the left of `??` and `?:`. */
const REGEX_DEFAULTS: readonly (readonly [string, unknown])[] = [
  ['$replace(phone, /[^0-9]/, "") ?? ""', '13800000000'],
  ['$replace(phone, /[^0-9]/, "") ?: "none"', '13800000000'],
  ['$split(tags, /[,;] */) ?? []', ['a', 'b', 'c']],
  ['$match(id, /[A-Z]+/).match ?? ""', 'AB'],
  ['$contains(id, /^X/) ?: "no"', 'no'],
  ['($replace(phone, /-/, "") ?? "") ?: ($match(id, /[A-Z]+/).match ?? "x")', '13800000000'],
]
const REGEX_INPUT = { phone: '138-0000-0000', tags: 'a, b;c', id: 'AB12' }

/** Ways to the prototype, to code or to the process: they find nothing. */
const ESCAPES: readonly (readonly [string, unknown])[] = [
  ['constructor', undefined],
  ['constructor.constructor', undefined],
  ['__proto__', undefined],
  ['__proto__.polluted', undefined],
  ['a.constructor', undefined],
  ['"text".constructor', undefined],
  ['"text".length', undefined],
  ['[1, 2].length', undefined],
  ['toString', undefined],
  ['hasOwnProperty', undefined],
  ['$lookup($, "constructor")', undefined],
  ['$lookup({}, "__proto__")', undefined],
  ['$lookup($lookup($, "constructor"), "constructor")', undefined],
  ['$lookup("text", "constructor")', undefined],
  ['$lookup([1], "constructor")', undefined],
  ['$lookup(function($x) { $x }, "constructor")', undefined],
  ['$string.constructor', undefined],
  ['$string.run', undefined],
  ['$string.signature', undefined],
  ['(function($x) { $x }).arity', undefined],
  ['$globalThis', undefined],
  ['$process', undefined],
  ['$S', undefined],
  ['$ROOT', undefined],
  ['{"_jsonata_x": 1}._jsonata_x', 1],
  ['$type(evil)', 'object'],
  ['$string(/a/)', ''],
  ['$keys({"__proto__": {"polluted": 1}})', '__proto__'],
]

describe('attacks', function () {
  this.timeout(60_000)

  for (const [name, source] of Object.entries(EXHAUSTING)) {
    it(`ends ${name}`, () => {
      const failure = assertFails(source, LIMIT)
      assert.ok(failure.offset >= -1)
    })
  }

  it('names the same place and verdict every time', () => {
    const source = '($f := function($x) { $f($x + 1) };\n $f(0))'
    const first = assertFails(source, LIMIT)
    const second = assertFails(source, LIMIT)
    assert.deepEqual([first.code, first.offset], [second.code, second.offset])
    assert.equal(first.line, 1)
  })

  for (const [source, expected] of BACKTRACKING) {
    it(`answers ${source}`, () => {
      const start = performance.now()
      assert.deepEqual(attempt(source), expected)
      assert.ok(performance.now() - start < PATIENCE_MS)
    })
  }

  it('spends the budget rather than the day on a long text and a hard pattern', () => {
    const input = { text: `${'a'.repeat(2_000_000)}!` }
    assertFails('$contains(text, /^(a+)+$/)', LIMIT, input)
    assertFails('$contains(text, /a+b/)', LIMIT, input)
    assertFails('$toMillis(text, "[f1][f1]")', LIMIT, { text: '1'.repeat(2_000_000) })
  })

  it('reads a regular expression on the left of ?? and ?: as written', () => {
    for (const [source, expected] of REGEX_DEFAULTS)
      assert.deepEqual(attempt(source, REGEX_INPUT), expected, source)
  })

  it('refuses sources that would harm the parser', () => {
    assertFails('('.repeat(100_000) + ')'.repeat(100_000), /^MAPPING_TOO_DEEP$/)
    assertFails(`${'('.repeat(40)}a${' ?? b)'.repeat(40)}`, /^MAPPING_TOO_DEEP$/)
    assertFails(`${'['.repeat(60)}a${' ?: b]'.repeat(60)}`, /^MAPPING_TOO_DEEP$/)
    assertFails('a ? '.repeat(50_000), /^MAPPING_TOO_DEEP$/)
    assertFails('-'.repeat(100_000), /^MAPPING_TOO_DEEP$/)
    assertFails(`a${'.a'.repeat(200_000)}`, /^MAPPING_PROFILE$/)
    assertFails(`"${'a'.repeat(100_000)}`, /^S0101$/)
  })

  it('takes a signature that would make a regular expression explode', () => {
    const plus = 's+'.repeat(15)
    const args = Array.from({ length: 29 }, () => '"a"').join(', ')
    assertFails(`(function($a)<${plus}>{ 1 })(${args}, 5)`, /^T0410$/)
  })

  it('refuses patterns that neither engine runs safely, with the reason', () => {
    for (const pattern of ['/(a)\\1/', '/(?=a)b/', '/(?<!a)b/', '/(a*)*b/', '/((a)|b)+/']) {
      const failure = assertFails(`$contains("a", ${pattern})`, /^MAPPING_PROFILE$/)
      assert.match(failure.message, /regular expression cannot be run in linear time: /)
    }
  })

  it('refuses $eval and tuple streams', () => {
    for (const source of [
      '$eval("1")',
      '($e := $eval; $e("1"))',
      'a@$x.b',
      'a#$i.b',
      'a.b.%',
      '$map(["1"], $eval)',
    ]) {
      assertFails(source, /^MAPPING_PROFILE$/)
    }
  })

  it('survives input that is nested beyond the stack', () => {
    const input = nested(100_000)
    assertFails('$string($)', LIMIT, input)
    assertFails('**', LIMIT, input)
    assertFails('$ = $clone($)', LIMIT, input)
    assertFails('($a := $; [1..6000].(1); {"a": $a})', LIMIT, input)
    assert.equal(attempt('$count(a)', input), 1)
  })

  it('finds no way to the prototype', () => {
    const input = JSON.parse(
      '{"a": {}, "evil": {"_jsonata_function": true, "_jsonata_lambda": true}}',
    ) as unknown
    for (const [source, expected] of ESCAPES) assert.deepEqual(attempt(source, input), expected, source)
  })

  it('does not call data that claims to be a function', () => {
    const input = { evil: { _jsonata_function: true, implementation: 'x', apply: 'x' } }
    assertFails('($f := evil; $f(1))', /^T1006$/, input)
    assertFails('$map([1], evil)', /^T0410$/, input)
  })

  it('keeps __proto__ as data, from the input and in the output', () => {
    const input = JSON.parse(
      '{"__proto__": {"polluted": true}, "a": {"__proto__": {"polluted": true}}}',
    ) as object
    for (const source of [
      '$',
      '$merge([$, {"x": 1}])',
      '$sift($, function($v) { true })',
      '$spread($)',
      '$clone($)',
    ]) {
      const result = attempt(source, input) as object
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
      for (const one of Array.isArray(result) ? result : [result]) {
        assert.equal(Object.getPrototypeOf(one), Object.prototype, source)
      }
    }
    const built = attempt('{"__proto__": {"polluted": true}, "x": 1}') as object
    assert.deepEqual(Object.keys(built), ['__proto__', 'x'])
    assert.equal(Object.getPrototypeOf(built), Object.prototype)
    attempt(
      '$ ~> |$|{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}|',
      {},
    )
    attempt('{"a": {}} ~> |a.constructor.prototype|{"polluted": true}|')
    attempt('{"a": {}} ~> |$lookup($, "__proto__")|{"polluted": true}|')
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  })

  it('writes what an author wrote as data, never as code', () => {
    const nasty = '`"]; throw 1; //`'
    assert.equal(attempt(nasty, { '"]; throw 1; //': 7 }), 7)
    const placeholder = `$${'{1}'}`
    const source = `{"\\"}; throw 1; //": "\\u2028${placeholder}\`"}`
    assert.deepEqual(attempt(source), { '"}; throw 1; //': `\u2028${placeholder}\`` })
    assert.equal(attempt('($constructor := 5; $constructor)'), 5)
    assert.equal(attempt('($__proto__ := 6; $__proto__)'), 6)
  })

  it('still answers a good mapping afterwards', () => {
    const mapping = compile('{ "name": applicant.name, "files": [materials.{ "id": id }] }')
    const input = { applicant: { name: '张三' }, materials: [{ id: 1 }, { id: 2 }] }
    assert.deepEqual(mapping.evaluate(input, ENVIRONMENT), { name: '张三', files: [{ id: 1 }, { id: 2 }] })
    assert.deepEqual(Object.keys(Object.prototype), [])
  })
})
