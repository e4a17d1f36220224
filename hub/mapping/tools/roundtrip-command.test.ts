import assert from 'node:assert/strict'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import type { PathTrip } from './round-trip-report.ts'

const OUT = 'mappings/gateway-json/out/case.withdrawn.jsonata'
const YAML = 'mappings/gateway-json/format.yaml'

describe('hub mapping roundtrip', () => {
  let tools: Tools
  before(() => {
    tools = openTools('gateway-json', 'housing-registry', 'national-gateway', 'pinyin-flat')
  })
  after(() => tools.remove())

  const withChanged = async (file: string, from: string, to: string, work: () => Promise<void>) => {
    const text = tools.read(file)
    assert.ok(text.includes(from), `${file} has no ${from}`)
    tools.write(file, text.replace(from, to))
    await work().finally(() => tools.write(file, text))
  }
  const pathsOf = (json: { packages: { paths: PathTrip[] }[] }): PathTrip[] => json.packages[0]?.paths ?? []

  it('finds no undeclared loss in the shipped packages', async () => {
    const { code, out } = await tools.run(['roundtrip', '--runs', '30'])
    assert.equal(code, 0, out)
    assert.equal(out.match(/^✓ /gm)?.length, 4)
  })

  it('says by path what is lost, with counts and one example', async () => {
    await withChanged(OUT, '"reason": data.reason', '"reason": $substring(data.reason, 0, 5)', async () => {
      const { code, out } = await tools.run(['roundtrip', 'gateway-json'])
      assert.equal(code, 1, out)
      assert.match(out, /✗ data\.reason {2}\d+ unchanged, \d+ changed\n +"[^"]+.* came back as "/)
      const { json } = await tools.run(['roundtrip', 'gateway-json', '--json'])
      const reason = pathsOf(json).find(
        ({ type, path }) => type === 'case.withdrawn' && path === 'data.reason',
      )
      assert.ok(reason !== undefined && reason.changed > 0 && reason.identical > 0)
    })
  })

  it('takes a loss that format.yaml declares, and notes one that does not happen', async () => {
    const lossy = 'lossy:\n  - { type: case.withdrawn, path: data.operatorName, reason: 测试 }\n'
    await withChanged(YAML, 'lossy:\n', lossy, async () => {
      assert.match(
        (await tools.run(['roundtrip', 'gateway-json'])).out,
        /note: case\.withdrawn data\.operatorName/,
      )
      await withChanged(OUT, '"operatorName": data.operatorName', '"operatorName": $lost', async () => {
        assert.equal(
          (await tools.run(['roundtrip', 'gateway-json'])).code,
          1,
          'an unknown variable is a fault',
        )
      })
      await withChanged(
        OUT,
        '"operatorName": data.operatorName',
        '"operatorName": data.reason[false]',
        async () => {
          const { code, out } = await tools.run(['roundtrip', 'gateway-json'])
          assert.equal(code, 0, out)
          assert.match(out, /· data\.operatorName .*by design: 测试/)
        },
      )
    })
  })

  it('repeats itself from a seed, and sends the stored cases of both directions', async () => {
    const twice = await Promise.all(
      [1, 2].map(() => tools.run(['roundtrip', 'pinyin-flat', '--seed', '9', '--json'])),
    )
    assert.equal(twice[0]?.out, twice[1]?.out)
    const stored = await tools.run(['roundtrip', 'gateway-json', '--runs', '0', '--json'])
    const { sent, paths } = stored.json.packages[0]
    assert.ok(sent >= 3 && sent < 60, `${sent} stored messages`)
    // Shown by a case of the other direction only: what came in is sent out too.
    assert.ok(paths.some(({ type }: PathTrip) => type === 'case.accepted'))
  })

  it('is called wrongly with a number that is none', async () => {
    assert.equal((await tools.run(['roundtrip', '--runs', 'many'])).code, 2)
  })
})
