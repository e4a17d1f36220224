/** A whole hub between a city and a department that both speak SOAP, in files of topology and mappings alone. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { submission } from '../../hub/testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../../hub/testing/running-hub.ts'
import { WATER_PERMIT, WELL } from '../../hub/testing/water-permit.ts'
import { WSDL_FOLDER } from './bench.ts'
import { envelope, PASSWORD, post, submit, token, USERNAME } from './sender-bench.ts'

const root = new URL('../..', import.meta.url).pathname
const REPORT = 'sendCase.xmlStr.REPORT'

function files(departmentUrl: string): Record<string, string> {
  return {
    'topology/systems/city-411300.yaml': `
id: city-411300
name: { zh: 南阳市统一受理系统, en: Nanyang acceptance system }
role: acceptance
region: '411300'
format: gateway-json
inbound:
  - adapter: soap
    config:
      authentication: { scheme: username-token, username: ${USERNAME}, secret: CITY_SOAP_PASSWORD }
outbound:
  adapter: rest
  dedupes: true
  config: { url: '\${SIMULATORS_URL}/city-411300' }
`,
    'topology/systems/water-resources.yaml': `
id: water-resources
name: { zh: 河南省水利厅取水许可系统, en: Water abstraction permits }
role: department
region: '410000'
format: water-xml
inbound:
  - adapter: soap
    config:
      path: /services/CaseReport
      authentication: { scheme: element, element: accessToken, secret: WATER_TOKEN }
      operations:
        - namespace: http://ws.demo.gov/
          element: sendCase
          answer: { namespace: 'http://ws.demo.gov/', element: sendCaseResponse, string: return }
outbound:
  adapter: soap
  dedupes: true
  config: { url: '${departmentUrl}', wsdl: legacy-department.wsdl, wsdlFolder: '${WSDL_FOLDER}' }
`,
    ...WATER_PERMIT,
    'mappings/water-xml/format.yaml': `
id: water-xml
version: 1.0.0
title: { zh: 取水许可系统, en: Water permits }
media: xml
charset: utf-8
nullWords: ['']
identify: ${REPORT}.KIND
embedded:
  - { path: receiveCase.xmlStr, media: xml, declares: GBK }
  - { path: sendCase.xmlStr, media: xml }
in:
  received: { type: case.received }
  accept: { type: case.accepted }
  refuse: { type: case.refused }
  correct: { type: correction.requested }
  decide: { type: case.decided }
  complete: { type: case.completed }
  return: { type: case.returned }
out:
  case.submitted: { hints: { operation: receiveCase } }
  case.supplemented: { hints: { operation: receiveCase } }
  case.withdrawn: { hints: { operation: receiveCase } }
answer:
  taken: body.receiveCaseResponse.return.RESULT.STATUS = "200"
  refused: $exists(body.receiveCaseResponse.return.RESULT.STATUS)
  reference: body.receiveCaseResponse.return.RESULT.YWLSH
  embedded:
    - { path: receiveCaseResponse.return, media: xml }
`,
    'mappings/water-xml/out/case.submitted.jsonata': `
{ "receiveCase": { "accessToken": "DEMO", "xmlStr": { "D": { "SBLSH": subject, "SQRMC": data.applicant.name, "SQRZJHM": data.applicant.certificate.number } } } }`,
    'mappings/water-xml/out/case.supplemented.jsonata':
      '{ "receiveCase": { "xmlStr": { "D": { "SBLSH": subject } } } }',
    'mappings/water-xml/out/case.withdrawn.jsonata':
      '{ "receiveCase": { "xmlStr": { "D": { "SBLSH": subject } } } }',
    ...Object.fromEntries(
      Object.entries({
        received: '"receivedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "departmentCaseNo": NUMBER',
        accept: '"acceptedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "org": { "name": "河南省水利厅" }',
        refuse: '"refusedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "reasons": [WHY]',
        correct:
          '"requestedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "items": [{ "materialName": PAPER, "requirement": WHAT }], "ways": [{ "kind": "online" }]',
        decide:
          '"decidedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "result": "granted", "handler": { "name": BY }',
        complete: '"completedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "result": "granted"',
        return: '"returnedAt": $readTime(AT, "yyyy-MM-dd HH:mm:ss"), "reason": WHY',
      }).map(([name, data]) => [
        `mappings/water-xml/in/${name}.jsonata`,
        `{ "externalId": ${REPORT}.ID, "caseNo": ${REPORT}.CASE, "data": ${REPORT}.{ ${data} } }`,
      ]),
    ),
  }
}

function formatsIn(systems: string): ReadonlySet<string> {
  const texts = readdirSync(systems).map((name) => readFileSync(join(systems, name), 'utf8'))
  return new Set(texts.flatMap((text) => /^format: (\S+)/m.exec(text)?.[1] ?? []))
}

describe('a hub between a city and a department that both speak SOAP', () => {
  let folder: string
  let partners: Partners
  let hub: RunningHub
  let department: http.Server
  const calls: string[] = []
  let called: () => void = () => {}

  before(async function () {
    // A hub runs the cases of every package before it starts.
    this.timeout(180_000)
    department = http.createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      calls.push(Buffer.concat(chunks).toString())
      const result =
        '<?xml version="1.0" encoding="GBK"?><RESULT><STATUS>200</STATUS><YWLSH>ZJ2609300088</YWLSH></RESULT>'
      response.setHeader('content-type', 'text/xml; charset=utf-8')
      response.end(
        `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><ns2:receiveCaseResponse xmlns:ns2="http://ws.demo.gov/"><return><![CDATA[${result}]]></return></ns2:receiveCaseResponse></S:Body></S:Envelope>`,
      )
      called()
    })
    await new Promise<void>((resolve) => department.listen(0, '127.0.0.1', resolve))
    folder = mkdtempSync(join(tmpdir(), 'hub-soap-'))
    cpSync(join(root, 'topology'), join(folder, 'topology'), { recursive: true })
    for (const format of ['_shared', ...formatsIn(join(folder, 'topology', 'systems'))])
      cpSync(join(root, 'mappings', format), join(folder, 'mappings', format), { recursive: true })
    const { port } = department.address() as AddressInfo
    for (const [file, text] of Object.entries(files(`http://127.0.0.1:${port}/services/CaseService`))) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    partners = await openPartners()
    hub = await openHub({
      partnersUrl: partners.url,
      environment: {
        HUB_TOPOLOGY_DIR: join(folder, 'topology'),
        HUB_MAPPINGS_DIR: join(folder, 'mappings'),
        CITY_SOAP_PASSWORD: PASSWORD,
        WATER_TOKEN: 'synthetic-token',
      },
    })
  })

  after(async () => {
    await hub?.stop()
    await partners?.stop()
    department.closeAllConnections()
    department.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function application(requestNo: string, body: Record<string, unknown> = {}): string {
    const materials = [
      {
        materialName: '取水许可申请书',
        getType: '2',
        getNum: '1',
        files: [{ fileId: 'F1', name: '申请书.ofd' }],
      },
    ]
    return JSON.stringify(
      submission({ requestNo, body: { taskCode: WELL, taskHandleItem: `${WELL}02`, materials, ...body } }),
    )
  }

  const fromCity = (text: string, header = token()) =>
    post(`${hub.address}/soap/city-411300`, envelope(submit(text, 'application/json'), header))

  const fromDepartment = (report: string) =>
    post(
      `${hub.address}/services/CaseReport`,
      envelope(
        `<w:sendCase><accessToken>synthetic-token</accessToken><xmlStr><![CDATA[<?xml version="1.0" encoding="GBK"?><REPORT>${report}</REPORT>]]></xmlStr></w:sendCase>`,
        '',
      ),
    )

  it('carries a case from one to the other and the acceptance back', async () => {
    const delivered = new Promise<void>((resolve) => (called = resolve))
    const requestNo = randomUUID()
    const submitted = await fromCity(application(requestNo))
    assert.equal(submitted.status, 200, submitted.text)
    const caseNo = /<hub:caseNo>([^<]+)</.exec(submitted.text)?.[1] ?? ''
    await delivered
    assert.match(
      calls[0] ?? '',
      new RegExp(
        `<op:receiveCase xmlns:op="http://ws.demo.gov/"><accessToken>DEMO</accessToken><xmlStr>&lt;\\?xml version="1.0" encoding="GBK"\\?&gt;&lt;D&gt;&lt;SBLSH&gt;${caseNo}&lt;/SBLSH&gt;&lt;SQRMC&gt;测试甲&lt;/SQRMC&gt;&lt;SQRZJHM&gt;410101190001010015&lt;`,
      ),
    )

    const report = `<KIND>accept</KIND><ID>${randomUUID()}</ID><CASE>${caseNo}</CASE><AT>2026-10-08 09:00:00</AT>`
    const answer = await fromDepartment(report)
    assert.equal(answer.status, 200, answer.text)
    assert.match(answer.text, /<a:sendCaseResponse [^>]*><return>&lt;hub:receipt .*case.accepted/s)
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'city-411300'))
    assert.equal(partners.arrivals.at(-1)?.document.body?.acceptDate, '2026-10-08 09:00:00')

    const again = await fromDepartment(report)
    assert.match(again.text, /hub:repeated&gt;true&lt;/)
    const repeated = await fromCity(application(requestNo))
    assert.match(repeated.text, /<hub:repeated>true<.*/)
  })

  it('tells each what is wrong in its own fields', async () => {
    const refused = await fromCity(application(randomUUID(), { applyerPageCode: '410101190001010016' }))
    assert.equal(refused.status, 500)
    assert.match(refused.text, /<faultcode>soap:Client<.*<hub:source>body\.applyerPageCode<.*xml:lang="en"/s)
    assert.ok(!refused.text.includes('410101190001010016'), 'personal data in a Fault')

    const submitted = await fromCity(application(randomUUID()))
    const caseNo = /<hub:caseNo>([^<]+)</.exec(submitted.text)?.[1] ?? ''
    const odd = await fromDepartment(
      `<KIND>accept</KIND><ID>${randomUUID()}</ID><CASE>${caseNo}</CASE><AT>2026-02-30 09:00:00</AT>`,
    )
    assert.match(odd.text, /<hub:code>DATE_INVALID<.*<hub:source>sendCase\.xmlStr\.REPORT\.AT</s)
  })

  it('asks a message to come back that is early', async () => {
    const submitted = await fromCity(application(randomUUID()))
    const caseNo = /<hub:caseNo>([^<]+)</.exec(submitted.text)?.[1] ?? ''
    const early = await fromDepartment(
      `<KIND>complete</KIND><ID>${randomUUID()}</ID><CASE>${caseNo}</CASE><AT>2026-10-08 09:00:00</AT>`,
    )
    assert.equal(early.status, 500)
    assert.match(early.text, /<faultcode>soap:Server<.*<hub:code>CASE_STATE<.*<hub:retryAfterSeconds>/s)
    assert.notEqual(early.headers['retry-after'], undefined)
  })

  it('lets nobody in who is not the system, and each only at its own address', async () => {
    const header = token()
    assert.equal((await fromCity(application(randomUUID()), header)).status, 200)
    assert.match((await fromCity(application(randomUUID()), header)).text, /AUTH_FAILED/)
    const elsewhere = await post(
      `${hub.address}/services/CaseReport`,
      envelope(submit(application(randomUUID()), 'application/json')),
    )
    assert.match(elsewhere.text, /AUTH_FAILED/)
    assert.equal((await fetch(`${hub.address}/soap?wsdl`)).status, 200)
    assert.equal((await fetch(`${hub.address}/soap/nobody`, { method: 'POST', body: 'x' })).status, 404)
  })

  it('says how its listeners are', async () => {
    const { body } = await hub.ask('duty-operator', 'GET', '/v1/ops/listeners')
    assert.ok(JSON.stringify(body).includes('"soap"'), JSON.stringify(body))
  })
})
