import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'
import { WATER_PERMIT, WELL } from '../testing/water-permit.ts'

const root = new URL('../..', import.meta.url).pathname

/** Everything that connecting the water department takes: files under topology/ and mappings/, and nothing else. */
const FILES: Record<string, string> = {
  'topology/systems/water-resources.yaml': `
id: water-resources
name: { zh: 河南省水利厅取水许可系统, en: Water abstraction permits }
role: department
region: '410000'
format: water-json
keys:
  - { id: water-resources-k1, algorithm: hmac-sha256, secret: WATER_RESOURCES_KEY }
outbound:
  adapter: rest
  dedupes: true
  config: { url: '\${SIMULATORS_URL}/water-resources' }
`,
  ...WATER_PERMIT,
  'mappings/water-json/format.yaml': `
id: water-json
version: 1.0.0
title: { zh: 取水许可系统, en: Water permits }
media: json
charset: utf-8
nullWords: ['']
identify: kind
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
  taken: body.ok = true
  refused: body.ok = false
  reference: body.number
`,
  'mappings/water-json/out/case.submitted.jsonata': `
{ "kind": "application", "id": id, "case": subject, "who": data.applicant.name, "region": data.jurisdiction.regionCode, "papers": [data.materials.{ "code": code, "name": name }] }`,
  'mappings/water-json/out/case.supplemented.jsonata': '{ "kind": "supplement", "id": id, "case": subject }',
  'mappings/water-json/out/case.withdrawn.jsonata':
    '{ "kind": "withdrawal", "id": id, "case": subject, "why": data.reason }',
  'mappings/water-json/in/received.jsonata': `{ "externalId": id, "caseNo": case, "data": { "receivedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "departmentCaseNo": number } }`,
  'mappings/water-json/in/accept.jsonata': `{ "externalId": id, "caseNo": case, "data": { "acceptedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "org": { "name": "河南省水利厅" } } }`,
  'mappings/water-json/in/refuse.jsonata': `{ "externalId": id, "caseNo": case, "data": { "refusedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "reasons": [why] } }`,
  'mappings/water-json/in/correct.jsonata': `{ "externalId": id, "caseNo": case, "data": { "requestedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "items": [{ "materialName": paper, "requirement": what }], "ways": [{ "kind": "online" }] } }`,
  'mappings/water-json/in/decide.jsonata': `{ "externalId": id, "caseNo": case, "data": { "decidedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "result": "granted", "handler": { "name": by } } }`,
  'mappings/water-json/in/complete.jsonata': `{ "externalId": id, "caseNo": case, "data": { "completedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "result": "granted" } }`,
  'mappings/water-json/in/return.jsonata': `{ "externalId": id, "caseNo": case, "data": { "returnedAt": $readTime(at, "yyyy-MM-dd HH:mm:ss"), "reason": why } }`,
}

describe('a department system that nobody had heard of', () => {
  let folder: string
  let partners: Partners
  let hub: RunningHub

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-new-system-'))
    for (const room of ['topology', 'mappings'])
      cpSync(join(root, room), join(folder, room), { recursive: true })
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    partners = await openPartners()
    partners.behave(({ system }) =>
      system === 'water-resources' ? { status: 200, body: { ok: true, number: 'W-1' } } : undefined,
    )
    hub = await openHub({
      partnersUrl: partners.url,
      environment: { HUB_TOPOLOGY_DIR: join(folder, 'topology'), HUB_MAPPINGS_DIR: join(folder, 'mappings') },
    })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('gets cases in its own format and answers them in its own format, with no line of code', async () => {
    const body = submission({
      requestNo: randomUUID(),
      body: {
        taskCode: WELL,
        taskHandleItem: `${WELL}02`,
        materials: [
          {
            materialName: '取水许可申请书',
            getType: '2',
            getNum: '1',
            files: [{ fileId: 'F1', name: '申请书.ofd' }],
          },
        ],
      },
    })
    const submitted = await hub.ask('city-411300', 'POST', '/v1/cases', { body })
    assert.equal(submitted.status, 201, JSON.stringify(submitted.body))
    const { caseNo, messageId } = submitted.body
    await partners.until(({ length }) => length === 1)
    const [application] = partners.arrivals
    assert.equal(`${application?.system} ${application?.path}`, 'water-resources /applications')
    assert.deepEqual(application?.document, {
      kind: 'application',
      id: messageId,
      case: caseNo,
      who: '测试甲',
      region: '411300',
      papers: [{ code: 'W1', name: '取水许可申请书' }],
    })

    const accept = { kind: 'accept', id: randomUUID(), case: caseNo, at: '2026-10-08 09:00:00' }
    const answer = await hub.ask('water-resources', 'POST', '/v1/messages', { body: accept })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'city-411300'))
    assert.equal(partners.arrivals.at(-1)?.path, '/case/accept')
    assert.equal(partners.arrivals.at(-1)?.document.body?.acceptDate, '2026-10-08 09:00:00')

    const wrong = await hub.ask('water-resources', 'POST', '/v1/messages', {
      body: { ...accept, id: randomUUID(), kind: 'decide', at: '2026-02-30 09:00:00' },
    })
    assert.deepEqual(
      wrong.body.faults.map(({ code, source }: Record<string, string>) => [code, source]),
      [
        ['DATE_INVALID', 'at'],
        ['FIELD_REQUIRED', 'by'],
      ],
    )
  })
})
