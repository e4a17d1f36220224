import assert from 'node:assert/strict'
import { compose } from '../../composed-source.ts'
import { parse } from '../../engine/parse.ts'
import type { Finding } from './finding.ts'
import { inferMapping } from './infer-mapping.ts'
import { lintAll, lintPackage } from './lint.ts'
import { withoutSilenced } from './lint-ok.ts'
import { type PackageSource, readSource, readSources, SHIPPED } from './package-source.ts'
import { requirementFindings } from './requirements.ts'
import { syntaxTraps } from './rules-syntax.ts'
import { type JsonSchema, plainTree } from './schema-tree.ts'

const sources = readSources(SHIPPED)
const gateway = sources.packages.find(({ folder }) => folder === 'gateway-json') as PackageSource

/** The package with some texts replaced: `[file, from, to]`. */
function spoilt(
  source: PackageSource,
  changes: readonly (readonly [string, string, string])[],
): PackageSource {
  const files = new Map(source.files)
  for (const [file, from, to] of changes) {
    const text = files.get(file) ?? ''
    assert.ok(text.includes(from), `${file} has no ${from}`)
    files.set(file, text.replace(from, to))
  }
  return readSource({ ...source, files })
}

function added(before: readonly Finding[], after: readonly Finding[]): readonly Finding[] {
  const known = new Set(before.map(({ rule, file, reason }) => JSON.stringify([rule, file, reason])))
  return after.filter(({ rule, file, reason }) => !known.has(JSON.stringify([rule, file, reason])))
}

describe('lint on the shipped packages', () => {
  it('finds no error in any of them', () => {
    assert.ok(sources.packages.length >= 4)
    assert.deepEqual(
      lintAll(sources).filter(({ severity }) => severity === 'error'),
      [],
    )
  })

  it('says what, where and what was meant, once for each of five injected faults', () => {
    const broken = spoilt(gateway, [
      ['in/CASE_WITHDRAW.jsonata', 'body.withdrawDate', 'body.withdrawDat'],
      ['in/CASE_WITHDRAW.jsonata', '"operatorName":', '"operatorNmae":'],
      ['in/DEPT_RETURN.jsonata', '$present(body.reason)', '$presnt(body.reason)'],
      [
        'in/PAPER_POST.jsonata',
        '"operatorId": $present(body.operatorId)',
        '"operatorId": $present(body.remark)',
      ],
      ['codes/get-way.csv', '4,terminal,自助终端打印,\n', ''],
    ])
    const found = added(lintPackage(gateway), lintPackage(broken))
    assert.deepEqual(
      found.map(({ rule, severity, file, line, column, expression, suggestion = '' }) =>
        [
          rule,
          severity,
          `${file.replace('mappings/gateway-json/', '')}:${line}:${column}`,
          expression,
          suggestion,
        ].join(' | '),
      ),
      [
        'CODE_MISSING | error | codes/get-way.csv:5:1 | terminal | ',
        'SOURCE_PATH | error | in/CASE_WITHDRAW.jsonata:7:35 | withdrawDat | withdrawDate',
        'TARGET_PATH | error | in/CASE_WITHDRAW.jsonata:10:5 | "operatorNmae": $present(body.operatorName) | operatorName',
        'UNKNOWN_FUNCTION | error | in/DEPT_RETURN.jsonata:8:15 | $presnt | $present',
        'TARGET_LENGTH | warning | in/PAPER_POST.jsonata:13:19 | $present(body.remark) | ',
      ],
    )
    for (const { reason, remedy } of found) {
      assert.match(reason.zh, /[\u4e00-\u9fff]/)
      assert.match(remedy.zh, /[\u4e00-\u9fff]/)
      assert.ok(reason.en && remedy.en)
    }
    assert.match(found[4]?.reason.en ?? '', /takes 64 characters; body\.remark can have \d+/)
  })

  it('finds the same in a package that the loader refuses altogether', () => {
    const broken = spoilt(gateway, [['in/CASE_WITHDRAW.jsonata', 'body.reason)', 'body.reason']])
    const [syntax, ...others] = added(lintPackage(gateway), lintPackage(broken))
    assert.equal(syntax?.rule, 'SYNTAX')
    assert.equal(syntax?.file, 'mappings/gateway-json/in/CASE_WITHDRAW.jsonata')
    assert.equal(syntax?.line, 9)
    assert.deepEqual(others, [])
  })

  it('names code tables and functions that nothing uses, and what the loader refuses', () => {
    const files = new Map(gateway.files)
    files.set('shared/idle.jsonata', '$idle := function($x) { $x }')
    files.set('in/NOBODY.jsonata', '{}')
    files.set('codes/idle.csv', 'partner,canonical,label,note\n1,a,甲,\n')
    files.set(
      'format.yaml',
      (files.get('format.yaml') ?? '').replace(
        'codes:\n',
        'codes:\n  idle: { canonical: [a], title: { zh: 无, en: idle } }\n',
      ),
    )
    const found = added(lintPackage(gateway), lintPackage(readSource({ ...gateway, files })))
    assert.deepEqual(
      found.map(({ rule, file }) => `${rule} ${file.replace('mappings/gateway-json/', '')}`),
      [
        'CODE_UNUSED codes/idle.csv',
        'FORMAT_FILE_UNLISTED in/NOBODY.jsonata',
        'FUNCTION_UNUSED shared/idle.jsonata',
      ],
    )
  })

  it('places an expression of format.yaml in that file', () => {
    const yaml = gateway.files.get('format.yaml') ?? ''
    const broken = spoilt(gateway, [['format.yaml', 'taken: $string(', 'taken: $strin(']])
    const [found, ...others] = added(lintPackage(gateway), lintPackage(broken))
    assert.deepEqual(others, [])
    assert.equal(found?.rule, 'UNKNOWN_FUNCTION')
    assert.equal(found?.suggestion, '$string')
    assert.equal(found?.line, yaml.slice(0, yaml.indexOf('taken:')).split('\n').length)
    assert.equal(found?.column, '  taken: '.length + 1)
  })
})

const SOURCE: JsonSchema = {
  type: 'object',
  required: ['id', 'kind', 'rows'],
  properties: {
    id: { type: 'string', maxLength: 20 },
    kind: { type: 'string', enum: ['paper', 'electronic'] },
    note: { type: 'string', maxLength: 100 },
    maybe: { type: ['string', 'null'], maxLength: 10 },
    count: { type: 'integer' },
    either: { type: ['string', 'integer'] },
    rows: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', maxLength: 10 }, size: { type: 'integer' } },
      },
    },
    part: { type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: { type: 'string' } } },
  },
}

const TARGET: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    text: { type: 'string', maxLength: 500 },
    short: { type: 'string', maxLength: 50 },
    code: { type: 'string', enum: ['1', '2'] },
    day: { type: 'string', pattern: '^\\d{8}$' },
    time: { type: 'string', format: 'beijing-date-time' },
    number: { type: 'integer', maximum: 9 },
    list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    inner: {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    },
  },
}

/** `RULE at "text"` for everything that is remarked about an outgoing expression. */
function remarks(text: string, direction: 'in' | 'out' = 'out'): readonly string[] {
  const source = { ...compose({ file: 'x', text }, new Map()), ast: parse(text) }
  const mapping = {
    name: 'out/x',
    direction: 'out' as const,
    type: 'case.received' as const,
    source,
    reads: plainTree(SOURCE),
    makes: plainTree(TARGET),
  }
  const { remarks: found, conformity } = inferMapping(mapping, { ...gateway, tables: [] })
  const required = requirementFindings(conformity?.requirements ?? [], { ...mapping, direction })
  return [...found, ...required].map(({ rule, column }) => {
    const at = text.slice(column - 1)
    return `${rule} ${/^[$\w".]+/.exec(at)?.[0] ?? at.slice(0, 1)}`
  })
}

describe('lint rules', () => {
  const table: readonly (readonly [string, string, readonly string[]])[] = [
    ['an operand that may be missing', '{"text": id & note}', ['CONCAT_ABSENT note']],
    ['a guarded operand', '{"text": $exists(note) ? id & note}', []],
    [
      'an operand guarded by a test of its value',
      '{"text": note != "" and id & note = "x" ? note & "" : id}',
      [],
    ],
    ['an operand with a default', '{"text": id & (note ?? "")}', []],
    ['an operand guarded under a name', '{"text": ($n := $lookup(part, "b"); $exists($n) ? $n & id)}', []],
    [
      'the other branch of a guard',
      '{"text": $not($exists(note)) ? id & note : note & id}',
      ['CONCAT_ABSENT note'],
    ],
    ['a null that becomes a text', '{"text": $exists(maybe) ? id & maybe}', ['CONCAT_NULL maybe']],
    ['null into a function', '{"text": $uppercase(maybe)}', ['NULL_ARGUMENT maybe']],
    ['null taken away first', '{"text": $uppercase($present(maybe))}', []],
    ['a default that null passes by', '{"text": maybe ?? "x"}', ['TARGET_NULL maybe']],
    ['a number into a function of text', '{"text": $trim(count)}', ['ARGUMENT_TYPE count']],
    ['a number or text into a function of text', '{"text": $trim(either)}', ['ARGUMENT_TYPE either']],
    ['a number made a text', '{"text": $trim($string(either))}', []],
    ['text read by $number', '{"number": $number(id)}', ['NUMBER_TEXT $number']],
    ['a date read by $toMillis', '{"text": $string($toMillis(id))}', ['DATE_ROLLOVER $toMillis']],
    ['a field that the source has not', '{"text": rows[0].nmae}', ['SOURCE_PATH nmae']],
    ['a field that the target has not', '{"txt": id}', ['TARGET_PATH "txt"']],
    ['a number into a text', '{"text": count}', ['TARGET_TYPE count']],
    ['a text into a number', '{"number": id}', ['TARGET_TYPE id']],
    ['a constant that the target does not list', '{"code": "3"}', ['TARGET_ENUM "3"']],
    ['a constant that the target lists', '{"code": kind = "paper" ? "1" : "2"}', []],
    ['free text where the target lists values', '{"code": id}', ['TARGET_ENUM id']],
    ['a text that is too long', '{"short": $exists(note) ? note}', ['TARGET_LENGTH $exists']],
    ['a text cut to length', '{"short": $substring(note, 0, 50)}', []],
    ['two texts that are too long together', '{"short": id & id & id}', ['TARGET_LENGTH id']],
    ['a date of another shape', '{"day": $writeDate(id, "yyyy-MM-dd")}', ['TARGET_PATTERN $writeDate']],
    ['a date of the right shape', '{"day": $writeDate(id, "yyyyMMdd")}', []],
    ['a number out of range', '{"number": 12}', ['TARGET_TYPE 12']],
    ['a path where the target wants a list', '{"list": rows.{"name": name}}', ['SINGLETON rows.']],
    ['a date copied unread', '{"time": id}', ['TARGET_FORMAT id']],
    ['a date read', '{"time": $readTime(id, "yyyyMMdd")}', []],
    [
      'a day where the target wants a time',
      '{"time": $readDate(id, "yyyyMMdd")}',
      ['TARGET_PATTERN $readDate'],
    ],
    ['a list that vanishes', '{"list": rows[size > 1][].{"name": name}}', ['SINGLETON rows']],
    ['the first of a text in pieces', '{"inner": {"a": $split(id, "-")[0], "b": [id, note][-1]}}', []],
    [
      'the second of a text in pieces',
      '{"inner": {"a": $split(id, "-")[1], "b": id}}',
      ['TARGET_REQUIRED $split'],
    ],
    [
      'the first of rows that may be none',
      '{"inner": {"a": rows[0].name, "b": id}}',
      ['TARGET_REQUIRED rows'],
    ],
    ['a path in brackets', '{"list": [rows.{"name": name}]}', []],
    ['a list copied as it is', '{"list": rows}', ['TARGET_PATH rows']],
    ['several values where the target wants one', '{"text": rows.name}', ['SINGLETON rows.name']],
    ['a comparison that is never true', '{"text": kind = "papr" ? id}', ['COMPARE_NEVER "papr"']],
    ['a required member that may be missing', '{"inner": {"a": id, "b": note}}', ['TARGET_REQUIRED note']],
    ['a required member that is left out', '{"inner": {"a": id}}', ['TARGET_REQUIRED {']],
    [
      'one branch that leaves a member out',
      '{"inner": kind = "paper" ? {"a": id, "b": id} : {"a": id}}',
      ['TARGET_REQUIRED {'],
    ],
    ['members that are missing together', '{"inner": $part({"a": part.a, "b": part.a})}', []],
    [
      'members of a group that are missing alone',
      '{"inner": $part({"a": part.a, "b": part.b})}',
      ['TARGET_REQUIRED part.b'],
    ],
    [
      'a function of the mapping, by its arguments',
      '($f := function($x) { $x & "!" }; {"text": $f(id) & $f(note)})',
      ['CONCAT_ABSENT $x'],
    ],
  ]
  for (const [what, expression, expected] of table) {
    it(`says ${expected.length === 0 ? 'nothing' : expected.join(', ')} about ${what}`, () => {
      assert.deepEqual(remarks(expression), expected)
    })
  }

  it('comes to an end with functions that call themselves', () => {
    assert.deepEqual(remarks('($f := function($x) { $f($x) & $f($x & "a") }; {"text": $f(id)})'), [])
  })

  it('leaves an incomplete incoming group to the canonical schema', () => {
    assert.deepEqual(remarks('{"inner": $part({"a": part.a, "b": part.b})}', 'in'), [])
  })

  it('remarks on & beside ?? and ?:, and on a regular expression left of them', () => {
    const traps = (text: string) => syntaxTraps(parse(text)).map(({ remark }) => remark.rule)
    assert.deepEqual(traps('"p" & a ?? "d"'), ['PRECEDENCE'])
    assert.deepEqual(traps('a ?: "d" & "z"'), ['PRECEDENCE'])
    assert.deepEqual(traps('("p" & a) ?? ("d" & "z")'), [])
    assert.deepEqual(traps('a ? "d" & "z" : "x" & b'), [])
    assert.deepEqual(traps('$replace(a, /x/, "") ?? "d"'), ['REGEX_DEFAULT'])
    assert.deepEqual(traps('($x := $replace(a, /x/, ""); $x ?? "d")'), [])
  })
})

describe('lint-ok', () => {
  const finding: Finding = {
    rule: 'CONCAT_ABSENT',
    severity: 'warning',
    file: 'f',
    line: 2,
    column: 1,
    expression: 'a',
    reason: { zh: '甲', en: 'a' },
    remedy: { zh: '乙', en: 'b' },
  }
  const rulesLeft = (text: string) =>
    withoutSilenced([finding], new Map([['f', text]])).map(({ rule }) => rule)

  it('silences one rule on its own line, or on the next where it stands alone', () => {
    assert.deepEqual(rulesLeft('x\na & b /* lint-ok CONCAT_ABSENT: 必有 */\n'), [])
    assert.deepEqual(rulesLeft('/* lint-ok CONCAT_ABSENT: 必有 */\na & b\n'), [])
  })

  it('silences nothing on other lines, for other rules, or without a reason, and says so', () => {
    assert.deepEqual(rulesLeft('x\na & b\nc /* lint-ok CONCAT_ABSENT: 必有 */\n'), [
      'CONCAT_ABSENT',
      'LINT_OK_IDLE',
    ])
    assert.deepEqual(rulesLeft('x\na & b /* lint-ok TARGET_TYPE: 必有 */\n'), [
      'CONCAT_ABSENT',
      'LINT_OK_IDLE',
    ])
    assert.deepEqual(rulesLeft('x\na & b /* lint-ok CONCAT_ABSENT */\n'), ['CONCAT_ABSENT', 'LINT_OK_REASON'])
  })
})
