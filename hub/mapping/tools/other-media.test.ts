import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { systemClock } from '../../main.ts'
import { openTools, type Tools } from '../../testing/captured-tools.ts'

const YAML = `
id: city-xml
version: 1.0.0
title: { zh: 示例, en: Demo }
media: xml
charset: gbk
embedded: [{ path: call.xmlStr, media: xml, declares: GB2312 }]
nullWords: ['']
identify: '$exists(call.xmlStr.WITHDRAW) ? "withdraw"'
in:
  withdraw: { type: case.withdrawn }
out:
  case.withdrawn: {}
answer: { taken: 'body.R.STATUS = "200"' }
lossy: []
`
const IN =
  '{ "externalId": call.id, "caseNo": call.xmlStr.WITHDRAW.NO, "data": { "withdrawnAt": $readTime(call.xmlStr.WITHDRAW.AT, "yyyyMMddHHmmss"), "reason": $present(call.xmlStr.WITHDRAW.WHY), "regionCode": $present(call.xmlStr.WITHDRAW.REGION) } }'
const OUT =
  '{ "call": { "id": id, "xmlStr": { "WITHDRAW": { "NO": subject, "AT": $writeTime(data.withdrawnAt, "yyyyMMddHHmmss"), "WHY": data.reason, "REGION": data.regionCode } } } }'

const MESSAGE = {
  specversion: '1.0',
  id: '01993a1e-7c00-7abc-8def-0123456789ab',
  source: '/systems/city-411300',
  type: 'case.withdrawn',
  subject: '0041',
  time: '2026-09-30T00:00:00+08:00',
  datacontenttype: 'application/json',
  dataschema: 'urn:hub:canonical:case.withdrawn:1',
  sequence: 2,
  recordedat: '2026-09-30T00:00:00+08:00',
  data: { withdrawnAt: '2026-09-30T10:00:00+08:00', reason: '不办了 <1&2>' },
}

describe('tools on a package in XML', () => {
  let tools: Tools
  before(() => {
    tools = openTools()
    const base = 'mappings/city-xml'
    tools.write(`${base}/format.yaml`, YAML)
    tools.write(`${base}/in/withdraw.jsonata`, IN)
    tools.write(`${base}/out/case.withdrawn.jsonata`, OUT)
    tools.write(`${base}/cases/out/case.yaml`, 'about: 撤回\ndirection: out\nmessage: case.withdrawn\n')
    tools.write(`${base}/cases/out/input.json`, JSON.stringify(MESSAGE))
    tools.write(`${base}/cases/out/expected.xml`, '<call/>\n')
    tools.write('message.json', JSON.stringify(MESSAGE))
  })
  after(() => tools.remove())

  const SENT =
    '<?xml version="1.0" encoding="GBK"?><call><id>01993a1e-7c00-7abc-8def-0123456789ab</id><xmlStr>&lt;?xml version="1.0" encoding="GB2312"?&gt;&lt;WITHDRAW&gt;&lt;NO&gt;0041&lt;/NO&gt;&lt;AT&gt;20260930100000&lt;/AT&gt;&lt;WHY&gt;不办了 &amp;lt;1&amp;amp;2&amp;gt;&lt;/WHY&gt;&lt;/WITHDRAW&gt;</xmlStr></call>'

  it('test --update writes what is sent, and a second run agrees', async () => {
    const first = await tools.run(['test', 'city-xml', '--update', '--yes'])
    assert.match(first.out, /written: mappings\/city-xml\/cases\/out\/expected\.xml/)
    assert.equal(tools.read('mappings/city-xml/cases/out/expected.xml'), `${SENT}\n`)
    const again = await tools.run(['test', 'city-xml'])
    assert.equal(again.code, 0, again.out)
  })

  it('preview shows what is sent, and reads what a partner sent, in its own charset or in UTF-8', async () => {
    const out = await tools.run(
      ['preview', 'city-xml', 'out', 'case.withdrawn', '--input', join(tools.root, 'message.json')],
      { clock: systemClock },
    )
    assert.equal(out.code, 0, out.out)
    assert.ok(out.out.includes(`\nsent:\n${SENT}\n`), out.out)
    writeFileSync(join(tools.root, 'gbk.xml'), iconv.encode(`${SENT}\n`, 'gbk'))
    tools.write('utf8.xml', SENT)
    for (const file of ['gbk.xml', 'utf8.xml']) {
      const into = await tools.run(
        ['preview', 'city-xml', 'in', 'withdraw', '--input', join(tools.root, file), '--json'],
        { clock: systemClock },
      )
      assert.equal(into.code, 0, into.out)
      assert.deepEqual(into.json.result.output.data, MESSAGE.data)
      assert.equal(into.json.result.output.caseNo, '0041')
    }
    tools.write('broken.xml', '<call><xmlStr>&lt;WITHDRAW&gt;</xmlStr></call>')
    const broken = await tools.run(
      ['preview', 'city-xml', 'in', 'withdraw', '--input', join(tools.root, 'broken.xml')],
      { clock: systemClock },
    )
    assert.equal(broken.code, 1)
    assert.match(broken.out, /REQUEST_NOT_XML: call\.xmlStr: the element WITHDRAW is not closed/)
  }).timeout(60_000)

  it('roundtrip goes over the wire: what XML makes of a value is found', async () => {
    const sound = await tools.run(['roundtrip', 'city-xml', '--runs', '50', '--json'])
    const paths = (json: { packages?: unknown }) => JSON.stringify(json)
    assert.match(paths(sound.json), /data\.withdrawnAt/, sound.out)
    // A number is a text after the trip: the mapping has to say so.
    tools.write(
      'mappings/city-xml/in/withdraw.jsonata',
      IN.replace('$present(call.xmlStr.WITHDRAW.WHY)', 'call.n'),
    )
    tools.write('mappings/city-xml/out/case.withdrawn.jsonata', OUT.replace('"id": id,', '"id": id, "n": 7,'))
    const { code, out } = await tools.run(['roundtrip', 'city-xml', '--runs', '5'])
    assert.equal(code, 1)
    assert.match(out, /data\.reason/)
    assert.match(out, /"7"/)
  }).timeout(60_000)
})
