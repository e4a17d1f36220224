import assert from 'node:assert/strict'
import { openTools, type Tools } from '../../testing/captured-tools.ts'

const RENEWAL = 'mappings/gateway-json/cases/延续注册-收件'
const APPLY = 'mappings/gateway-json/in/CASE_APPLY.jsonata'

describe('hub mapping test', () => {
  let tools: Tools
  beforeEach(() => {
    tools = openTools('gateway-json')
  })
  afterEach(() => tools.remove())

  const breakMapping = (): void =>
    tools.write(APPLY, tools.read(APPLY).replace('"remark": $present(body.remark)', '"remark": "总是这样"'))

  it('passes the shipped package, for people and as JSON', async () => {
    const { code, out } = await tools.run(['test'])
    assert.equal(code, 0)
    assert.match(out, /^✓ gateway-json 1\.0\.0\+[0-9a-f]{12}: \d+ case\(s\), all pass$/)
    const { json } = await tools.run(['test', 'gateway-json', '--json'])
    assert.equal(json.ok, true)
    assert.ok(json.packages[0].cases.every(({ passed }: { passed: boolean }) => passed))
  })

  it('tells the path of every difference, what was expected and what came', async () => {
    breakMapping()
    const { code, out } = await tools.run(['test', 'gateway-json'])
    assert.equal(code, 1)
    assert.match(
      out,
      /✗ 延续注册-收件 \(in CASE_APPLY\)\n {6}data\.remark\n {8}expected nothing\n {8}actual {3}"总是这样"/,
    )
  })

  it('tells faults of a package that does not load', async () => {
    tools.write(APPLY, '{ "data": $nothing(body) }')
    const { code, out, json } = await tools.run(['test', 'gateway-json', '--json'])
    assert.equal(code, 1, out)
    assert.equal(json.faults[0].code, 'FORMAT_VARIABLE')
  })

  it('is called wrongly with an unknown format or option: exit code 2', async () => {
    const unknown = await tools.run(['test', 'gateway'])
    assert.equal(unknown.code, 2)
    assert.match(unknown.err, /There is no format gateway in .*; there are: gateway-json\./)
    assert.equal((await tools.run(['test', '--fast'])).code, 2)
    assert.equal((await tools.run(['tset'])).code, 2)
  })

  it('rewrites expectations only when a person agrees, or with --yes', async () => {
    breakMapping()
    const before = tools.read(`${RENEWAL}/expected.json`)
    const mute = await tools.run(['test', 'gateway-json', '--update'])
    assert.equal(mute.code, 2)
    assert.match(mute.err, /needs --yes/)
    const questions: string[] = []
    const refused = await tools.run(['test', 'gateway-json', '--update'], {
      confirm: async (question) => {
        questions.push(question)
        return false
      },
    })
    assert.equal(refused.code, 1)
    assert.match(questions.join(), /Rewrite the expectation of 2 case/)
    assert.equal(tools.read(`${RENEWAL}/expected.json`), before)
    const { code, out } = await tools.run(['test', 'gateway-json', '--update', '--yes'])
    assert.equal(code, 0, out)
    assert.equal(JSON.parse(tools.read(`${RENEWAL}/expected.json`)).data.remark, '总是这样')
    assert.equal((await tools.run(['test', 'gateway-json'])).code, 0)
  })

  it('writes the faults of a refusal into case.yaml and keeps its comments', async () => {
    const file = 'mappings/gateway-json/cases/属地不予受理-没有理由/case.yaml'
    tools.write(file, `# 规程第十九条\n${tools.read(file).replace('FIELD_LENGTH', 'FIELD_TYPE')}`)
    const { code, out } = await tools.run(['test', 'gateway-json', '--update', '--yes'])
    assert.equal(code, 0, out)
    assert.match(tools.read(file), /^# 规程第十九条\n[\s\S]*code: FIELD_LENGTH/)
  })

  it('writes the first expectation of a new case, and leaves a case whose output is refused', async () => {
    const folder = 'mappings/gateway-json/cases/新用例'
    tools.write(`${folder}/case.yaml`, 'about: 新用例\ndirection: in\nmessage: CASE_APPLY\n')
    tools.write(`${folder}/input.json`, tools.read(`${RENEWAL}/input.json`))
    assert.equal((await tools.run(['test', 'gateway-json', '--update', '--yes'])).code, 0)
    assert.ok(JSON.parse(tools.read(`${folder}/expected.json`)).data.applicant)
    tools.write(`${folder}/input.json`, '{ "head": { "apiCode": "CASE_APPLY" }, "body": {} }')
    const { code, out } = await tools.run(['test', 'gateway-json', '--update', '--yes'])
    assert.equal(code, 1)
    assert.match(out, /left: 新用例: /)
  })
})
