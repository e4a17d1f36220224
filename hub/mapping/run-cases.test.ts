import assert from 'node:assert/strict'
import { loadValidator } from '../canonical/validator.ts'
import { loadPackage } from './load-package.ts'
import { readCanonicalSchemas } from './load-packages.ts'
import { type CaseResult, runCases } from './run-cases.ts'

const validator = loadValidator()
const canonicalSchemas = readCanonicalSchemas()
const yaml = `
id: demo
version: 1.0.0
title: { zh: 示例, en: Demo }
media: json
charset: utf-8
identify: kind
in: { W: { type: case.withdrawn, schema: W } }
out: { case.withdrawn: { schema: W } }
answer: { taken: 'body.ok = true', words: body.words }
codes: { way: { canonical: [online] } }
`
const files = {
  'format.yaml': yaml,
  'in/W.jsonata': '{ "data": { "withdrawnAt": $readTime(at, "yyyyMMdd"), "reason": why } }',
  'out/case.withdrawn.jsonata':
    '{ "kind": "W", "at": $writeTime(data.withdrawnAt, "yyyyMMdd"), "why": $toPartner("way", data.reason) }',
  'codes/way.csv': 'partner,canonical,label,note\n1,online,,\n',
}
const partnerSchemas = {
  $defs: {
    W: {
      type: 'object',
      required: ['at'],
      properties: { kind: {}, at: { type: 'string' }, why: { type: 'string' } },
    },
  },
}

async function run(
  caseFiles: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, string>> = {},
): Promise<CaseResult> {
  const cases = Object.entries(caseFiles).map(([name, content]): [string, string] => [
    `cases/one/${name}`,
    typeof content === 'string' ? content : JSON.stringify(content),
  ])
  const all = new Map([...Object.entries({ ...files, ...changes }), ...cases])
  const { package: format, faults } = loadPackage({
    folder: 'demo',
    files: all,
    shared: new Map(),
    partnerSchemas,
    canonicalSchemas,
  })
  assert.deepEqual(faults, [])
  const results = await runCases(format ?? assert.fail(), { validator })
  assert.equal(results.length, 1)
  return results[0] ?? assert.fail()
}

const into = 'about: 撤回\ndirection: in\nmessage: W\n'
const out = 'about: 撤回\ndirection: out\nmessage: case.withdrawn\n'
const draft = { data: { withdrawnAt: '2026-09-30T00:00:00+08:00', reason: '不办了' } }
const message = {
  specversion: '1.0',
  id: '01993a1e-7c00-7abc-8def-0123456789ab',
  source: '/systems/city-411300',
  type: 'case.withdrawn',
  subject: 'N1',
  time: '2026-09-30T00:00:00+08:00',
  datacontenttype: 'application/json',
  dataschema: 'urn:hub:canonical:case.withdrawn:1',
  sequence: 2,
  recordedat: '2026-09-30T00:00:00+08:00',
}

describe('runCases', () => {
  it('passes a case whose output is as expected, in each direction', async () => {
    const incoming = await run({
      'case.yaml': into,
      'input.json': { kind: 'W', at: '20260930', why: '不办了' },
      'expected.json': draft,
    })
    assert.deepEqual([incoming.passed, incoming.about, incoming.message], [true, '撤回', 'W'])
    const data = { ...draft.data, reason: 'online' }
    const outgoing = await run({
      'case.yaml': out,
      'input.json': { ...message, data },
      'expected.json': { kind: 'W', at: '20260930', why: '1' },
    })
    assert.deepEqual([outgoing.passed, outgoing.problems], [true, []])
    const answer = await run({
      'case.yaml': 'about: 收下\ndirection: answer\n',
      'input.json': { body: { ok: true } },
      'expected.json': { verdict: 'taken' },
    })
    assert.equal(answer.passed, true)
  })

  it('names what differs by its path', async () => {
    const { passed, differences } = await run({
      'case.yaml': into,
      'input.json': { kind: 'W', at: '20260930', why: '改日再办' },
      'expected.json': draft,
    })
    assert.equal(passed, false)
    assert.deepEqual(differences, [{ path: 'data.reason', expected: '不办了', actual: '改日再办' }])
  })

  it('compares refusals, of the mapping and of the canonical schema, in any order', async () => {
    const faults =
      'faults:\n  - { code: FIELD_REQUIRED, pointer: /reason, source: why }\n  - { code: DATE_INVALID, pointer: /withdrawnAt, source: at }\n'
    assert.equal(
      (await run({ 'case.yaml': into + faults, 'input.json': { kind: 'W', at: '20260931' } })).passed,
      true,
    )
    const fewer = await run({ 'case.yaml': into + faults, 'input.json': { kind: 'W', at: '20260930' } })
    assert.equal(fewer.passed, false)
    const outgoing = 'faults:\n  - { code: CODE_UNMAPPED, pointer: /reason }\n'
    assert.equal(
      (await run({ 'case.yaml': out + outgoing, 'input.json': { ...message, ...draft } })).passed,
      true,
    )
  })

  it('holds inputs and outputs against their schemas, unless told that they do not fit', async () => {
    const wrong = { kind: 'W', at: 20260930, why: '不办了' }
    const strict = await run({ 'case.yaml': into, 'input.json': wrong, 'expected.json': draft })
    assert.match(strict.problems[0] ?? '', /input\.json, by the partner's schema: \/at/)
    const lenient = await run({
      'case.yaml': `${into}fits: false\n`,
      'input.json': wrong,
      'expected.json': draft,
    })
    assert.equal(lenient.passed, true)
    const incomplete = { ...message, data: { withdrawnAt: draft.data.withdrawnAt } }
    const bare = await run({
      'case.yaml': out,
      'input.json': incomplete,
      'expected.json': { kind: 'W', at: '20260930' },
    })
    assert.match(bare.problems[0] ?? '', /by the canonical schema: \/data\/reason FIELD_REQUIRED/)
  })

  it('tells what keeps a case from running', async () => {
    assert.match((await run({ 'input.json': {} })).problems[0] ?? '', /case\.yaml is missing/)
    assert.match((await run({ 'case.yaml': into })).problems[0] ?? '', /input\.json is missing/)
    assert.match(
      (await run({ 'case.yaml': into, 'input.json': '{', 'expected.json': {} })).problems[0] ?? '',
      /not JSON/,
    )
    assert.match(
      (await run({ 'case.yaml': 'about: x\n', 'input.json': {} })).problems[0] ?? '',
      /case\.yaml\/direction: direction is missing/,
    )
    assert.match(
      (await run({ 'case.yaml': into.replace('W', 'V'), 'input.json': {}, 'expected.json': {} }))
        .problems[0] ?? '',
      /no in\/V\.jsonata/,
    )
    assert.match(
      (
        await run({
          'case.yaml': into,
          'input.json': { kind: 'X', at: '20260930', why: '不办了' },
          'expected.json': draft,
        })
      ).problems[0] ?? '',
      /identify takes the document for X/,
    )
  })
})

describe('cases with raw text', () => {
  const xml = {
    'format.yaml': yaml
      .replace('media: json', 'media: xml\nembedded: [{ path: R.x, media: xml, declares: GBK }]')
      .replace('charset: utf-8', 'charset: gbk')
      .replace('identify: kind', 'identify: R.kind')
      .replaceAll(', schema: W', '')
      .replace('schema: W', ''),
    'in/W.jsonata': '{ "data": { "withdrawnAt": $readTime(R.x.I.at, "yyyyMMdd"), "reason": R.why } }',
    'out/case.withdrawn.jsonata':
      '{ "R": { "kind": "W", "n": 1, "x": { "I": { "at": "20260930" } }, "why": data.reason } }',
  }
  const sent =
    '<R>\n  <kind>W</kind><n>1</n>\n  <x>&lt;?xml version="1.0" encoding="GBK"?&gt;&lt;I&gt;&lt;at&gt;20260930&lt;/at&gt;&lt;/I&gt;</x><why>不办了</why>\n</R>\n'
  const data = { ...draft.data }

  it('go through the codec in the charset of the format, in and out', async () => {
    const incoming = await run({ 'case.yaml': into, 'input.xml': sent, 'expected.json': draft }, xml)
    assert.deepEqual([incoming.passed, incoming.problems, incoming.differences], [true, [], []])
    const outgoing = await run(
      { 'case.yaml': out, 'input.json': { ...message, data }, 'expected.xml': sent },
      xml,
    )
    assert.deepEqual([outgoing.passed, outgoing.problems, outgoing.differences], [true, [], []])
    assert.match(outgoing.sent ?? '', /^<\?xml version="1\.0" encoding="GBK"\?><R><kind>W<\/kind>/)
  })

  it('compare embedded documents as they are written', async () => {
    const other = sent.replace('encoding="GBK"', 'encoding="UTF-8"')
    const { passed, differences } = await run(
      { 'case.yaml': out, 'input.json': { ...message, data }, 'expected.xml': other },
      xml,
    )
    assert.equal(passed, false)
    assert.deepEqual(
      differences.map(({ path }) => path),
      ['R.x'],
    )
  })

  it('may be refused by the codec, which a case can expect', async () => {
    const refused = `${into}faults: [{ code: REQUEST_NOT_XML, source: R.x.I }]\n`
    const { passed, problems, actual } = await run(
      { 'case.yaml': refused, 'input.xml': '<R><x>&lt;I&gt;</x></R>' },
      xml,
    )
    assert.deepEqual([passed, problems], [true, []], JSON.stringify(actual))
  })

  it('say what the partner’s charset or medium cannot hold', async () => {
    for (const [reason, problem] of [
      ['𠮷', /MAPPING_CHARACTER: gbk has no 𠮷/],
      ['a\u0001', /MAPPING_UNWRITABLE: R\.why: XML cannot hold the character U\+0001/],
    ] as const) {
      const given = { ...message, data: { ...data, reason } }
      const { passed, problems } = await run(
        { 'case.yaml': out, 'input.json': given, 'expected.xml': sent },
        xml,
      )
      assert.equal(passed, false)
      assert.match(problems.join(), problem)
    }
  })

  it('may be about what cannot be written', async () => {
    const given = { ...message, data: { ...data, reason: '𠮷' } }
    const stopped = `${out}faults: [{ code: MAPPING_CHARACTER }]\n`
    const { passed, problems, actual } = await run({ 'case.yaml': stopped, 'input.json': given }, xml)
    assert.deepEqual([passed, problems], [true, []], JSON.stringify(actual))
  })

  it('are the body of an answer', async () => {
    const answers = {
      ...xml,
      'format.yaml': xml['format.yaml']
        .replace("'body.ok = true'", `'body.R.ok = "true"'`)
        .replace('body.words', 'body.R.words'),
    }
    const { passed, actual } = await run(
      {
        'case.yaml': 'about: 收下\ndirection: answer\n',
        'input.xml': '<R><ok>true</ok><words>已收</words></R>',
        'expected.json': { verdict: 'taken', words: '已收' },
      },
      answers,
    )
    assert.equal(passed, true, JSON.stringify(actual))
  })

  it('of forms are in the charset of their percent signs', async () => {
    const form = {
      'format.yaml': xml['format.yaml']
        .replace('media: xml', 'media: form')
        .replace(/embedded: .*/, '')
        .replace('R.kind', 'kind'),
      'in/W.jsonata': '{ "data": { "withdrawnAt": $readTime(at, "yyyyMMdd"), "reason": why } }',
      'out/case.withdrawn.jsonata': '{ "kind": "W", "why": data.reason }',
    }
    const why = '%B2%BB%B0%EC%C1%CB'
    const incoming = await run(
      { 'case.yaml': into, 'input.txt': `kind=W&at=20260930&why=${why}\n`, 'expected.json': draft },
      form,
    )
    assert.deepEqual([incoming.passed, incoming.problems, incoming.differences], [true, [], []])
    const sentOf = (expected: string) =>
      run({ 'case.yaml': out, 'input.json': { ...message, data }, 'expected.txt': expected }, form)
    assert.equal((await sentOf(`kind=W&why=${why}\n`)).passed, true)
    assert.equal((await sentOf('kind=W&why=不办了')).passed, true)
    assert.deepEqual((await sentOf('kind=W&why=x')).differences, [
      { path: 'why', expected: 'x', actual: '不办了' },
    ])
    assert.match((await sentOf('kind=𠮷')).problems.join(), /expected\.txt: gbk has no 𠮷/)
  })

  it('stand where they may, once', async () => {
    const problemsOf = async (caseFiles: Readonly<Record<string, unknown>>) =>
      (await run(caseFiles, xml)).problems.join()
    assert.match(
      await problemsOf({ 'case.yaml': into, 'input.xml': sent, 'input.json': {}, 'expected.json': draft }),
      /input\.json and input\.xml exclude each other/,
    )
    assert.match(
      await problemsOf({ 'case.yaml': out, 'input.xml': sent, 'expected.json': {} }),
      /canonical message; write it as JSON/,
    )
    assert.match(
      await problemsOf({ 'case.yaml': into, 'input.xml': sent, 'expected.xml': sent }),
      /only what is sent is expected as raw text/,
    )
    assert.match(
      await problemsOf({ 'case.yaml': out, 'input.json': { ...message, data }, 'expected.xml': '<R>' }),
      /expected\.xml: the element R is not closed/,
    )
  })
})
