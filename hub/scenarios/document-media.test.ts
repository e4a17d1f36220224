import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import iconv from 'iconv-lite'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'
import { WATER_PERMIT, WELL } from '../testing/water-permit.ts'

const root = new URL('../..', import.meta.url).pathname

/** A department that speaks XML in GBK, with another XML document as text in one field, and answers so too. */
const filesOf = (door: string): Record<string, string> => ({
  'topology/systems/water-resources.yaml': `
id: water-resources
name: { zh: 河南省水利厅取水许可系统, en: Water abstraction permits }
role: department
region: '410000'
format: water-xml
keys:
  - { id: water-resources-k1, algorithm: hmac-sha256, secret: WATER_RESOURCES_KEY }
outbound:
  adapter: rest
  dedupes: true
  config: { url: '${door}' }
`,
  ...WATER_PERMIT,
  'mappings/water-xml/format.yaml': `
id: water-xml
version: 1.0.0
title: { zh: 取水许可系统, en: Water permits }
media: xml
charset: gbk
lists: [receiveCase.xmlStr.CASE.PAPERS.PAPER]
embedded:
  - { path: receiveCase.xmlStr, media: xml, declares: UTF-8 }
nullWords: ['']
identify: $keys($)[0]
in:
  received: { type: case.received }
  accept: { type: case.accepted }
  refuse: { type: case.refused }
  correct: { type: correction.requested }
  decide: { type: case.decided }
  complete: { type: case.completed }
  return: { type: case.returned }
out:
  case.submitted: { hints: { path: /applications } }
  case.supplemented: { hints: { path: /supplements } }
  case.withdrawn: { hints: { path: /withdrawals } }
answer:
  embedded: [{ path: reply.return, media: xml }]
  taken: body.reply.return.RESULT.STATUS = "200"
  refused: $exists(body.reply.return.RESULT.STATUS)
  reference: body.reply.return.RESULT.DATA.YWLSH
`,
  'mappings/water-xml/out/case.submitted.jsonata': `
{ "receiveCase": { "accessToken": "DEMO", "xmlStr": { "CASE": {
  "SBLSH": subject, "SQRMC": data.applicant.name, "PAPERS": { "PAPER": [data.materials.{ "@code": code, "#text": name }] }
} } } }`,
  'mappings/water-xml/out/case.supplemented.jsonata': '{ "supplement": { "id": id } }',
  'mappings/water-xml/out/case.withdrawn.jsonata': '{ "withdrawal": { "id": id } }',
  ...Object.fromEntries(
    Object.entries({
      received: '{ "receivedAt": $readTime(received.at, "yyyyMMddHHmmss") }',
      accept: '{ "acceptedAt": $readTime(accept.at, "yyyyMMddHHmmss"), "org": { "name": accept.org } }',
      refuse: '{ "refusedAt": $readTime(refuse.at, "yyyyMMddHHmmss"), "reasons": [refuse.why] }',
      correct: '{ "requestedAt": $readTime(correct.at, "yyyyMMddHHmmss"), "items": [] }',
      decide: '{ "decidedAt": $readTime(decide.at, "yyyyMMddHHmmss"), "result": "granted" }',
      complete: '{ "completedAt": $readTime(complete.at, "yyyyMMddHHmmss"), "result": "granted" }',
      return: '{ "returnedAt": $readTime(return.at, "yyyyMMddHHmmss"), "reason": return.why }',
    }).map(([name, data]) => [
      `mappings/water-xml/in/${name}.jsonata`,
      `{ "externalId": ${name}.id, "caseNo": ${name}.case, "data": ${data} }`,
    ]),
  ),
})

const RESULT =
  '<RESULT><STATUS>200</STATUS><DESC>请求成功</DESC><DATA><YWLSH>000900719925474099288</YWLSH></DATA></RESULT>'

interface Arrival {
  readonly contentType: string
  readonly text: string
}

describe('a department that speaks XML in GBK, with XML in a field', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'hub-'))
  const folder = mkdtempSync(join(tmpdir(), 'hub-media-'))
  let partners: Partners
  let hub: RunningHub
  let door: Server
  let arrived: Promise<Arrival>

  before(async () => {
    let arrive: (arrival: Arrival) => void
    arrived = new Promise((resolve) => (arrive = resolve))
    door = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const contentType = String(request.headers['content-type'])
      arrive({ contentType, text: new TextDecoder('gbk', { fatal: true }).decode(Buffer.concat(chunks)) })
      const answer = `<?xml version="1.0" encoding="GBK"?><reply><return><![CDATA[${RESULT}]]></return></reply>`
      response.writeHead(200, { 'content-type': 'text/xml' }).end(iconv.encode(answer, 'gbk'))
    })
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    for (const room of ['topology', 'mappings'])
      cpSync(join(root, room), join(folder, room), { recursive: true })
    const files = filesOf(`http://127.0.0.1:${(door.address() as AddressInfo).port}`)
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    partners = await openPartners()
    hub = await openHub({
      partnersUrl: partners.url,
      dataDir,
      environment: { HUB_TOPOLOGY_DIR: join(folder, 'topology'), HUB_MAPPINGS_DIR: join(folder, 'mappings') },
    })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    door?.closeAllConnections()
    await new Promise((resolve) => door.close(resolve))
    rmSync(dataDir, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  })

  const say = (bytes: Uint8Array, contentType: string) =>
    hub.ask('water-resources', 'POST', '/v1/messages', { bytes, headers: { 'content-type': contentType } })

  it('gets cases so, is understood when it takes them, and answers so', async () => {
    const paper = {
      materialName: '取水许可申请书',
      getType: '2',
      getNum: '1',
      files: [{ fileId: 'F1', name: 'a.ofd' }],
    }
    const body = submission({
      requestNo: randomUUID(),
      body: { taskCode: WELL, taskHandleItem: `${WELL}02`, materials: [paper] },
    })
    const submitted = await hub.ask('city-411300', 'POST', '/v1/cases', { body })
    assert.equal(submitted.status, 201, JSON.stringify(submitted.body))
    const { caseNo } = submitted.body
    const inner = `<?xml version="1.0" encoding="UTF-8"?><CASE><SBLSH>${caseNo}</SBLSH><SQRMC>测试甲</SQRMC><PAPERS><PAPER code="W1">取水许可申请书</PAPER></PAPERS></CASE>`
    const escaped = inner.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    assert.deepEqual(await arrived, {
      contentType: 'application/xml; charset=gbk',
      text: `<?xml version="1.0" encoding="GBK"?><receiveCase><accessToken>DEMO</accessToken><xmlStr>${escaped}</xmlStr></receiveCase>`,
    })

    // The transport says UTF-8, the declaration GBK: the bytes are what the transport says.
    const accept = `<?xml version="1.0" encoding="GBK"?>\r\n<w:accept xmlns:w="urn:w"><id>000123</id><case>${caseNo}</case><at>20261008090000</at><org>河南省水利厅</org></w:accept>`
    const answer = await say(Buffer.from(accept), 'text/xml; charset=UTF-8')
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'city-411300'))
    assert.equal(partners.arrivals.at(-1)?.document.body?.acceptDate, '2026-10-08 09:00:00')
  })

  it('is refused by line and column, in its own terms', async () => {
    const broken = await say(
      iconv.encode('<?xml version="1.0" encoding="GBK"?>\n<accept><org>水利厅</accept>', 'gbk'),
      'text/xml',
    )
    assert.equal(broken.status, 400)
    assert.equal(broken.body.code, 'REQUEST_NOT_XML')
    assert.match(broken.body.faults[0].reason.zh, /^第 2 行第 17 列：此处应为 <\/org>/)
    const attack = await say(
      Buffer.from('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
      'text/xml',
    )
    assert.equal(attack.body.code, 'REQUEST_NOT_XML')
    const wrong = await say(
      iconv.encode('<accept><org>水利厅</org></accept>', 'gbk'),
      'text/xml; charset=utf-8',
    )
    assert.equal(wrong.body.code, 'REQUEST_CHARSET')
    const unknown = await say(Buffer.from('<other/>'), 'text/xml')
    assert.equal(unknown.body.code, 'MESSAGE_KIND_UNKNOWN')
    const missing = await say(
      Buffer.from('<accept><id>9</id><case>1</case><at>20260230090000</at></accept>'),
      'text/xml',
    )
    assert.equal(missing.body.code, 'CASE_NOT_HELD', JSON.stringify(missing.body))
  })

  it('leaves what was read and what was answered in the store, digit for digit', async () => {
    // Whatever was under way is settled then.
    await hub.stop()
    const database = new DatabaseSync(join(dataDir, 'hub.sqlite'), { readOnly: true })
    try {
      const rows = database
        .prepare("select details from audit where action = 'message.accepted' order by rowid")
        .all()
      assert.deepEqual(JSON.parse(String(rows.at(-1)?.details)).charset, {
        declaredInside: 'gbk',
        readAs: 'utf-8',
      })
      const [delivery] = database
        .prepare("select state, reference from delivery where destination = 'water-resources'")
        .all()
      // More digits than a number holds: an id stays what was written.
      assert.deepEqual({ ...delivery }, { state: 'delivered', reference: '000900719925474099288' })
    } finally {
      database.close()
    }
  })
})
