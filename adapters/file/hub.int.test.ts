/** A whole hub with an agency that has no interface but folders: cases go out as files, and what it decides comes in as files. */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import iconv from 'iconv-lite'
import { submission } from '../../hub/testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../../hub/testing/running-hub.ts'
import { WATER_PERMIT, WELL } from '../../hub/testing/water-permit.ts'
import { until } from './inbox-bench.ts'
import { isTemporary } from './place/temporary.ts'

const root = new URL('../..', import.meta.url).pathname
const AGENCY = '11410000000000009U'

const filesOf = (folder: string): Record<string, string> => ({
  'topology/systems/water-resources.yaml': `
id: water-resources
name: { zh: 河南省水利厅取水许可系统, en: Water abstraction permits }
role: department
region: '410000'
format: water-lines
keys:
  - { id: water-resources-k1, algorithm: hmac-sha256, secret: WATER_RESOURCES_KEY }
inbound:
  - adapter: file
    config:
      place: { kind: local, folder: ${folder}/in }
      depth: 1
      names: ['HN_*.txt']
      digest: md5
      content: lines
      charset: gb18030
      records: { header: H, detail: D, trailer: T }
      counts: [{ record: T, field: 2 }, { record: H, field: 4 }]
      pollMs: 50
      patienceMs: 0
outbound:
  adapter: file
  queryable: true
  config:
    place: { kind: local, folder: ${folder}/out }
    folder: '{region}'
    name: 'HN_{region}_SB_{messageId}.txt'
    digests: [md5]
    ok: true
`,
  ...WATER_PERMIT,
  'mappings/water-lines/format.yaml': `
id: water-lines
version: 1.0.0
title: { zh: 取水许可系统, en: Water permits }
media: delimited
charset: gb18030
delimited:
  delimiter: '|'
  records:
    H: [type, sender, day, count]
    D: [type, seq, case, kind, at, org, note, until]
    T: [type, count]
  freeText: { D: note }
nullWords: ['']
identify: D.kind
in:
  received: { type: case.received }
  accept: { type: case.accepted }
  refuse: { type: case.refused }
  correct: { type: correction.requested }
  decide: { type: case.decided }
  complete: { type: case.completed }
  return: { type: case.returned }
out:
  case.submitted: { hints: { region: =data.jurisdiction.regionCode } }
  case.supplemented: { hints: { region: '410000' } }
  case.withdrawn: { hints: { region: '410000' } }
answer:
  taken: 'true'
`,
  ...Object.fromEntries(
    ['case.submitted', 'case.supplemented', 'case.withdrawn'].map((type) => [
      `mappings/water-lines/out/${type}.jsonata`,
      `{ "H": { "sender": "HUB", "day": "20261022", "count": "1" },
         "D": { "seq": "1", "case": subject, "kind": type, "at": "", "org": "", "note": ${type === 'case.submitted' ? 'data.applicant.name' : '""'}, "until": "2099/12/31" },
         "T": { "count": "1" } }`,
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      received: '{ "receivedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss") }',
      accept:
        '{ "acceptedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss"), "org": { "code": D.org, "name": "河南省水利厅" }, "remark": D.note != "" ? D.note }',
      refuse: '{ "refusedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss"), "reasons": [D.note] }',
      correct: '{ "requestedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss"), "items": [] }',
      decide:
        '{ "decidedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss"), "result": "granted", "handler": { "name": "李测试" } }',
      complete: '{ "completedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss"), "result": "granted" }',
      return: '{ "returnedAt": $readTime(D.at, "yyyy/MM/dd HH:mm:ss"), "reason": D.note }',
    }).map(([name, data]) => [
      `mappings/water-lines/in/${name}.jsonata`,
      `{ "externalId": D.seq, "caseNo": D.case, "data": ${data} }`,
    ]),
  ),
})

describe('an agency that has folders only', function () {
  this.timeout(30_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'hub-agency-'))
  let partners: Partners
  let hub: RunningHub
  const caseNos: string[] = []

  before(async () => {
    for (const room of ['topology', 'mappings'])
      cpSync(path.join(root, room), path.join(folder, room), { recursive: true })
    for (const room of ['in/411525', 'out']) mkdirSync(path.join(folder, room), { recursive: true })
    for (const [file, text] of Object.entries(filesOf(folder))) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      writeFileSync(path.join(folder, file), text)
    }
    partners = await openPartners()
    hub = await openHub({
      partnersUrl: partners.url,
      environment: {
        HUB_TOPOLOGY_DIR: path.join(folder, 'topology'),
        HUB_MAPPINGS_DIR: path.join(folder, 'mappings'),
      },
    })
  })

  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const names = (room: string): string[] => readdirSync(path.join(folder, room)).sort()

  function drop(name: string, lines: readonly string[]): void {
    const bytes = iconv.encode(`${lines.join('\r\n')}\r\n`, 'gb18030')
    const file = path.join(folder, 'in/411525', name)
    writeFileSync(file, bytes)
    writeFileSync(`${file}.md5`, createHash('md5').update(bytes).digest('hex'))
    writeFileSync(`${file}.ok`, '')
  }

  /** The rows of a report, below its headings; none where there is no report. */
  function reportOf(name: string): string[] {
    if (!names('in/411525').includes(`${name}.err`)) return []
    const bytes = readFileSync(path.join(folder, 'in/411525', `${name}.err`))
    return new TextDecoder('gb18030', { fatal: true }).decode(bytes).trim().split('\r\n').slice(3)
  }

  it('gets each case as a file of its own', async () => {
    const paper = {
      materialName: '取水许可申请书',
      getType: '2',
      getNum: '1',
      files: [{ fileId: 'F1', name: 'a.ofd' }],
    }
    for (let count = 0; count < 2; count++) {
      const body = submission({
        requestNo: randomUUID(),
        jurisdiction: '411525',
        body: { taskCode: WELL, taskHandleItem: `${WELL}02`, materials: [paper] },
      })
      const submitted = await hub.ask('city-411300', 'POST', '/v1/cases', { body })
      assert.equal(submitted.status, 201, JSON.stringify(submitted.body))
      caseNos.push(submitted.body.caseNo)
    }
    await until(
      'two files',
      () =>
        names('out').length === 1 &&
        names('out/411525').filter((name) => name.endsWith('.ok')).length === 2 &&
        // A file has both its names for a moment.
        !names('out/411525').some(isTemporary),
    )
    const texts = names('out/411525')
      .filter((name) => name.endsWith('.txt'))
      .map((name) => iconv.decode(readFileSync(path.join(folder, 'out/411525', name)), 'gb18030'))
    assert.equal(names('out/411525').length, 6)
    for (const caseNo of caseNos)
      assert.ok(
        texts.some((text) => text.split(/\r?\n/)[1] === `D|1|${caseNo}|case.submitted|||测试甲|2099/12/31`),
        texts.join(),
      )
  })

  it('has its good lines taken and its bad ones told, by its own field', async () => {
    const [first, second] = caseNos
    drop('HN_411525_BJ_20261022_0003.txt', [
      'H|HN|20261022|3',
      `D|0000017|${first}|accept|2026/10/22 09:00:00|${AGENCY}|同意|附条件|2099/12/31`,
      `D|0000018|${second}|accept|2026/13/22 09:00:00|${AGENCY}||2099/12/31`,
      `D|0000019|no-such-case|accept|2026/10/22 09:00:00|${AGENCY}||2099/12/31`,
      'T|3',
    ])
    await until(
      'it is put away',
      () => names('in/411525').includes('done') && names('in/411525/done').length === 3,
    )
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'city-411300'))
    assert.equal(partners.arrivals.length, 1)
    const report = new TextDecoder('gb18030', { fatal: true }).decode(
      readFileSync(path.join(folder, 'in/411525/HN_411525_BJ_20261022_0003.txt.err')),
    )
    const rows = report.trim().split('\r\n')
    assert.equal(rows[1], '# 明细 3 条，接收 1 条，退回 2 条 / 3 detail lines, 1 taken, 2 refused')
    assert.deepEqual(
      rows.slice(3).map((row) => row.split('|').slice(0, 4)),
      [
        ['3', '0000018', 'DATE_INVALID', 'D.at'],
        ['4', '0000019', 'CASE_NOT_HELD', ''],
      ],
      report,
    )
  })

  it('has nothing doubled by tomorrow’s file with the mended line', async () => {
    const [first, second] = caseNos
    drop('HN_411525_BJ_20261023_0004.txt', [
      'H|HN|20261022|3',
      `D|0000017|${first}|accept|2026/10/22 09:00:00|${AGENCY}|同意|附条件|2099/12/31`,
      `D|0000018|${second}|accept|2026/10/22 09:00:00|${AGENCY}||2099/12/31`,
      `D|0000020|${second}|decide|2026/10/23 09:00:00|${AGENCY}||2099/12/31`,
      'T|3',
    ])
    await until('it is put away', () => names('in/411525/done').length === 6)
    await partners.until((arrivals) => arrivals.length >= 2)
    assert.deepEqual(reportOf('HN_411525_BJ_20261023_0004.txt'), [])
    assert.equal(partners.arrivals.filter(({ document }) => document.body?.unifiedNo === first).length, 1)
  })

  it('has a file that is cut off put aside, and nothing of it taken', async () => {
    drop('HN_411525_BJ_20261024_0005.txt', [
      'H|HN|20261022|2',
      `D|0000030|${caseNos[0]}|decide|2026/10/24 09:00:00|${AGENCY}||2099/12/31`,
    ])
    await until(
      'it is put aside',
      () => names('in/411525').includes('rejected') && names('in/411525/rejected').length === 4,
    )
    const report = readFileSync(path.join(folder, 'in/411525/rejected/HN_411525_BJ_20261024_0005.txt.err'))
    assert.match(
      iconv.decode(report, 'gb18030'),
      /FILE_TRAILER_MISSING\|\|缺少尾记录，文件可能不完整：读到 1 条明细/,
    )
  })
})
