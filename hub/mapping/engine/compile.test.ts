import assert from 'node:assert/strict'
import { type CompileOptions, compile } from './compile.ts'
import { ExpressionError } from './expression-error.ts'
import type { Environment } from './state.ts'

const NOW_MS = Date.UTC(2026, 10, 23, 0, 30)
const ENVIRONMENT: Environment = { nowMs: NOW_MS }

function run(source: string, input: unknown = {}, options: CompileOptions = {}): unknown {
  return compile(source, options).evaluate(input, ENVIRONMENT)
}

function failure(source: string, input: unknown = {}, options: CompileOptions = {}): ExpressionError {
  try {
    run(source, input, options)
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error))
    return error
  }
  return assert.fail(`${source} gave a result`)
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

describe('compile', () => {
  it('answers $now and $millis from the environment', () => {
    assert.equal(run('$millis()'), NOW_MS)
    assert.equal(run('$now()'), '2026-11-23T00:30:00.000Z')
    assert.equal(run('$now("[Y]年[M]月[D]日 [H01]:[m]", "+0800")'), '2026年11月23日 08:30')
  })

  it('gives plain objects and arrays without marks', () => {
    const input = frozen({ items: [{ id: 1 }, { id: 2 }], one: [{ id: 3 }] })
    const sources = [
      'items.id',
      'items.{"id": id}',
      'one.id[]',
      '{"ids": items.id}',
      '[items.[id]]',
      'items{$string(id): $}',
    ]
    for (const source of [
      ...sources,
      '$map(items, $keys)',
      '($x := {"a": items.id}; {"b": $x})',
      '$merge(items)',
    ]) {
      const result = run(source, input)
      assert.deepEqual(structuredClone(result), result, source)
      assert.deepEqual(result, JSON.parse(JSON.stringify(result)), source)
    }
    assert.deepEqual(run('one.id[]', input), [3])
  })

  it('keeps functions out of results', () => {
    assert.deepEqual(run('{"f": $sum, "a": [1, $sum], "b": function($x) { $x }}'), { a: [1] })
    assert.deepEqual(run('($x := {"a": [[$sum, 1]], "f": $sum}; {"x": $x})'), { x: { a: [[1]] } })
    assert.equal(run('$sum'), undefined)
  })

  it('never changes its input', () => {
    const input = frozen({ a: [{ b: [3, 1, 2] }], c: { d: 1 } })
    const before = JSON.stringify(input)
    for (const source of [
      'a.b[]',
      'a.b^($)',
      '$sort(a.b)',
      '$ ~> |c|{"d": 2}, "e"|',
      '$append(a, 1)',
      '$reverse(a.b)',
    ]) {
      run(source, input)
      assert.equal(JSON.stringify(input), before, source)
    }
  })

  it('uses regular expressions that are bound, chosen or passed on', () => {
    const input = { s: 'a1b22', t: true }
    assert.equal(run('($re := /[0-9]+/; $replace(s, $re, "-"))', input), 'a-b-')
    assert.equal(run('$replace(s, t ? /[0-9]+/ : /b/, "-")', input), 'a-b-')
    assert.equal(run('$contains(s, missing ? /[0-9]+/)', input), undefined)
    assert.equal(run('(function($re) { $replace(s, $re, "<$0>") })(/[0-9]+/)', input), 'a<1>b<22>')
    assert.deepEqual(run('$map(["a1", "b"], function($x) { $contains($x, /[0-9]/) })', input), [true, false])
    assert.equal(failure('$replace(5, /a/, "b")').code, 'T0410')
    assert.equal(failure('$replace(s, /a|/, "b")', input).code, 'D1004')
  })

  it('takes arrays as input', () => {
    assert.deepEqual(run('$', [1, 2]), [1, 2])
    assert.deepEqual(run('id', [{ id: 1 }, { id: 2 }]), [1, 2])
    assert.equal(run('$count($)', [1, 2, 3]), 3)
    assert.deepEqual(run('{"ids": id}', [{ id: 1 }, { id: 2 }]), { ids: [1, 2] })
  })

  it('lets the environment bind variables, also in place of functions', () => {
    const compiled = compile('$tenant & $string(1)')
    assert.equal(compiled.evaluate({}, { nowMs: 0, bindings: { tenant: 'x' } }), 'x1')
    assert.equal(compiled.evaluate({}, { nowMs: 0 }), '1')
    assert.throws(() => compiled.evaluate({}, { nowMs: 0, bindings: { string: 'not a function' } }), {
      code: 'T1006',
    })
  })

  describe('errors', () => {
    it('say where and what', () => {
      const error = failure(
        '{\n  "name": name,\n  "total": price * "3"\n}',
        { price: 2 },
        { file: 'case.jsonata' },
      )
      assert.equal(error.code, 'T2002')
      assert.equal(error.file, 'case.jsonata')
      assert.deepEqual([error.line, error.column], [3, 18])
      assert.equal(error.subExpression, '* "3"')
      assert.equal(error.value, '3')
    })

    it('point at the call of a builtin', () => {
      const error = failure('1 + $uppercase(5)')
      assert.deepEqual([error.code, error.offset, error.subExpression], ['T0410', 4, '$uppercase(5)'])
      assert.match(error.message, /Argument 1 of function uppercase/)
    })

    it('carry syntax errors of the parser', () => {
      const error = failure('{"a": }')
      assert.equal(error.code, 'S0211')
      assert.equal(error.line, 1)
    })

    it('do not spill documents', () => {
      const error = failure('$uppercase($)', { secret: 'x' })
      assert.equal(error.value, 'object')
    })
  })

  describe('registered functions', () => {
    const functions = [
      {
        name: 'code',
        signature: '<s-s:s>',
        apply: ([table, value]: readonly unknown[]) => `${String(table)}:${String(value)}`,
      },
      { name: 'where', apply: (_: readonly unknown[], call: { offset: number }) => call.offset },
      {
        name: 'context',
        apply: (_: readonly unknown[], call: { environment: Environment }) => call.environment.context,
      },
      {
        name: 'fail',
        apply: () => {
          throw Object.assign(new Error('no such row'), { code: 'CODE_UNMAPPED' })
        },
      },
      { name: 'later', apply: async () => 1 },
      { name: 'uppercase', signature: '<s:s>', apply: () => 'replaced' },
      { name: 'spread', apply: (args: readonly unknown[]) => JSON.stringify(args) },
    ]

    it('are called with their arguments, the environment and the place', () => {
      assert.equal(run('$code("sex", a)', { a: '1' }, { functions }), 'sex:1')
      assert.equal(run('  $where()', {}, { functions }), 2)
      const compiled = compile('$context()', { functions })
      assert.equal(compiled.evaluate({}, { nowMs: 0, context: 'mine' }), 'mine')
    })

    it('have their signature checked', () => {
      assert.equal(failure('$code("sex", 1)', {}, { functions }).code, 'T0410')
      assert.equal(run('("sex").$code("1")', {}, { functions }), 'sex:1')
    })

    it('take precedence over builtins and can be passed on', () => {
      assert.equal(run('$uppercase("x")', {}, { functions }), 'replaced')
      assert.deepEqual(run('$map(["a"], $uppercase)', {}, { functions }), 'replaced')
    })

    it('see no marks and no functions', () => {
      assert.equal(run('$spread(a.b)', { a: [{ b: 1 }, { b: 2 }] }, { functions }), '[[1,2]]')
      assert.equal(run('$spread($sum)', {}, { functions }), '[null]')
    })

    it('have their errors wrapped, with code and cause', () => {
      const error = failure('{"a": $fail()}', {}, { functions })
      assert.deepEqual([error.code, error.offset], ['CODE_UNMAPPED', 6])
      assert.equal((error.cause as Error).message, 'no such row')
    })

    it('must be synchronous', () => {
      assert.equal(failure('$later()', {}, { functions }).code, 'MAPPING_PROFILE')
    })
  })

  it('counts branches when asked to', () => {
    const compiled = compile('{\n"a": x ? 1 : 2,\n"b": y ?? 3\n}', { coverage: true })
    compiled.evaluate({ x: true }, ENVIRONMENT)
    compiled.evaluate({ x: true, y: 5 }, ENVIRONMENT)
    const counts = compiled.coverage?.() ?? []
    const found = counts.map(({ kind, line, hits }) => [kind, line, hits])
    assert.deepEqual(found, [
      ['condition-then', 2, 2],
      ['condition-else', 2, 0],
      ['condition-then', 3, 1],
      ['default', 3, 1],
    ])
    assert.equal(compile('1').coverage, undefined)
  })

  it('cuts large mappings into functions that still see their variables', () => {
    const leaf = (i: number): string => `"k${i}": $prefix & a.f${i} & (b.f${i} ?? "-")`
    const group = (i: number): string =>
      `"g${i}": { ${Array.from({ length: 30 }, (_, j) => leaf(j)).join(', ')} }`
    const source = `($prefix := "x"; { ${Array.from({ length: 20 }, (_, i) => group(i)).join(', ')} })`
    const result = run(source, { a: { f3: 'v' }, b: { f4: 'w' } }) as Record<string, Record<string, string>>
    assert.equal(Object.keys(result).length, 20)
    assert.deepEqual([result.g7?.k3, result.g7?.k4, result.g19?.k5], ['xv-', 'xw', 'x-'])
  })

  it('hashes what decides its behaviour', () => {
    const base = compile('1').hash
    assert.match(base, /^[0-9a-f]{64}$/)
    assert.equal(compile('1', { file: 'x' }).hash, base)
    assert.notEqual(compile('2').hash, base)
    assert.notEqual(compile('1', { limits: { steps: 7 } }).hash, base)
    assert.notEqual(compile('1', { functions: [{ name: 'f', apply: () => 1 }] }).hash, base)
  })

  it('charges the same work the same', () => {
    const steps = (limit: number): string => {
      try {
        run('$map([1..10], function($x) { $x })', {}, { limits: { steps: limit } })
        return 'enough'
      } catch (error) {
        return (error as ExpressionError).code
      }
    }
    assert.equal(steps(30), 'enough')
    assert.equal(steps(29), 'MAPPING_STEP_BUDGET')
  })
})
