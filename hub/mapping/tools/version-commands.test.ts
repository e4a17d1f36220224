import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openTools, type Tools } from '../../testing/captured-tools.ts'

const OUT = 'mappings/gateway-json/out/case.accepted.jsonata'

describe('hub mapping activate, rollback and versions', () => {
  let tools: Tools
  beforeEach(() => {
    tools = openTools('gateway-json')
  })
  afterEach(() => tools.remove())

  const version = async (): Promise<string> =>
    (await tools.run(['versions', 'gateway-json', '--json'])).json.active
  const change = (words: string): void => tools.write(OUT, `${tools.read(OUT)}/* ${words} */\n`)

  it('checks, keeps and activates; a second time it is active already', async () => {
    const { code, out } = await tools.run(['activate', 'gateway-json'])
    assert.equal(code, 0, out)
    assert.match(
      out,
      /✓ lint: 0 error\(s\), \d+ warning\(s\)\n✓ cases: (\d+) of \1 pass\n✓ coverage: branches /,
    )
    const hash = (await version()).slice(-12)
    assert.ok(existsSync(join(tools.root, 'data/packages/gateway-json', hash, 'package/format.yaml')))
    assert.match((await tools.run(['activate', 'gateway-json'])).out, /is active already/)
    const { out: listed } = await tools.run(['versions', 'gateway-json'])
    assert.match(
      listed,
      /^2026-09-30T10:00:00\+08:00 {2}1\.0\.0\+[0-9a-f]{12} {2}activated by tester\nactive: /,
    )
  })

  it('activates nothing that does not load, fails a case, has a lint error or is hardly tested', async () => {
    const sound = tools.read(OUT)
    tools.write(OUT, '{')
    const broken = await tools.run(['activate', 'gateway-json'])
    assert.equal(broken.code, 1)
    assert.match(broken.out, /^✗ load: 1 fault\(s\)/)
    tools.write(OUT, sound)

    const expected = 'mappings/gateway-json/cases/属地受理/expected.json'
    const right = tools.read(expected)
    tools.write(expected, '{}')
    assert.match(
      (await tools.run(['activate', 'gateway-json'])).out,
      /✗ cases: \d+ of \d+ pass\n {4}属地受理 fails/,
    )
    tools.write(expected, right)

    tools.write(OUT, sound.replace('data.remark', 'data.remrak'))
    const typo = await tools.run(['activate', 'gateway-json', '--json'])
    assert.equal(typo.code, 1, typo.out)
    assert.ok(
      typo.json.checks.some(
        ({ name, passed }: { name: string; passed: boolean }) => name === 'lint' && !passed,
      ),
    )
    tools.write(OUT, sound)

    const strict = await tools.run(['activate', 'gateway-json', '--min-coverage', '100'])
    assert.equal(strict.code, 1)
    assert.match(strict.out, /✗ coverage: .*\n {4}At least 100 % of the branches/)
    assert.equal((await tools.run(['versions', 'gateway-json'])).code, 2)
  })

  it('goes one step back, and says where there is none', async () => {
    await tools.run(['activate', 'gateway-json'])
    const first = await version()
    const nothing = await tools.run(['rollback', 'gateway-json'])
    assert.equal(nothing.code, 2)
    assert.match(nothing.err, /none before it/)
    change('二')
    await tools.run(['activate', 'gateway-json'])
    const second = await version()
    const { code, out } = await tools.run(['rollback', 'gateway-json'])
    assert.equal(code, 0)
    assert.ok(out.includes(`${first} is active again, ${second} is given up`), out)
    assert.equal(await version(), first)
    assert.match((await tools.run(['versions', 'gateway-json'])).out, /rolled back from 1\.0\.0/)
  })

  it('is called wrongly with a format that there is not', async () => {
    for (const command of ['activate', 'rollback', 'versions'])
      assert.equal((await tools.run([command, 'nothing'])).code, 2, command)
  })
})
