import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import type { PathDiff } from './behaviour-diff.ts'

const OUT = 'mappings/gateway-json/out/case.accepted.jsonata'
const IN = 'mappings/gateway-json/in/CASE_APPLY.jsonata'

describe('hub mapping diff', () => {
  let tools: Tools
  beforeEach(async () => {
    tools = openTools('gateway-json')
    await tools.run(['activate', 'gateway-json'])
  })
  afterEach(() => tools.remove())

  const edit = (file: string, from: string, to: string): void => {
    const text = tools.read(file)
    assert.ok(text.includes(from))
    tools.write(file, text.replace(from, to))
  }
  const diff = (...more: string[]) => tools.run(['diff', 'gateway-json', 'active', 'working', ...more])

  it('finds none between versions that only read differently', async () => {
    edit(OUT, '"remark": data.remark', '"remark": (data.remark)')
    const { code, out } = await diff('--runs', '10')
    assert.equal(code, 0, out)
    assert.match(out, /1\.0\.0\+\w{12} → 1\.0\.0\+\w{12}, \d+ input\(s\), 0 path\(s\) differ/)
  })

  it('names the path, how many inputs differ there, and both values', async () => {
    edit(OUT, '"remark": data.remark', '"remark": $uppercase(data.remark)')
    edit(IN, '"projectName": $present(body.projectName)', '"projectName": "总是这样"')
    const { code, out, json } = await diff('--json')
    assert.equal(code, 1, out)
    const paths = json.paths as PathDiff[]
    assert.deepEqual(
      [...new Set(paths.map(({ mapping, path }) => `${mapping} ${path}`))],
      ['in/CASE_APPLY data.projectName', 'out/case.accepted body.remark'],
    )
    assert.equal(paths[0]?.example.new, '总是这样')
    assert.match(paths[0]?.first ?? '', /^case /)
    const text = (await diff()).out
    assert.match(text, /body\.remark {2}\d+ input\(s\), first: a made-up message\n {6}- "[^"]+/)
  })

  it('tells refusals that appear, and mappings that only one version has', async () => {
    edit('mappings/gateway-json/codes/project-type.csv', '\n9,', '\n8,')
    edit('mappings/gateway-json/format.yaml', '  procedure.ended: {', '  # procedure.ended: {')
    rmSync(join(tools.root, 'mappings/gateway-json/out/procedure.ended.jsonata'))
    const { code, out, err } = await diff()
    assert.equal(code, 1, out + err)
    assert.match(out, /- out\/procedure\.ended: only the old version has it/)
    assert.match(out, /body\.projectType {2}\d+ input\(s\)/)
  })

  it('compares kept versions by hash and plain folders', async () => {
    const { active } = (await tools.run(['versions', 'gateway-json', '--json'])).json
    cpSync(join(tools.root, 'mappings'), join(tools.root, 'branch'), { recursive: true })
    const folder = join(tools.root, 'branch/gateway-json')
    edit(OUT, '"remark": data.remark', '"remark": "新"')
    for (const old of [active, active.slice(-12), folder]) {
      const { code, json } = await tools.run([
        'diff',
        'gateway-json',
        old,
        'working',
        '--json',
        '--runs',
        '5',
      ])
      assert.equal(code, 1)
      assert.deepEqual(
        (json.paths as PathDiff[]).map(({ path }) => path),
        ['body.remark'],
      )
    }
  })

  it('is called wrongly with a version that there is not, or one that does not load', async () => {
    const { code, err } = await tools.run(['diff', 'gateway-json', '9.9.9', 'working'])
    assert.equal(code, 2)
    assert.match(err, /There is no version 9\.9\.9 .*1\.0\.0\+/)
    tools.write(OUT, '{')
    assert.equal((await diff()).code, 2)
  })
})
