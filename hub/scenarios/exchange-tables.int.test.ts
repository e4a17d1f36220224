/** P4 of the partners' payloads, over real databases: rows with versions and flags, in both directions. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  aCounterpart,
  type Counterpart,
  type EngineName,
  needsDatabase,
} from '../../adapters/table/counterpart.ts'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const TASK = '11410000005180055Y2410715001000'
const CITY = 'city-411300'
const DEPARTMENT = 'natural-resources'
const SHIPPED = new URL('../../topology', import.meta.url).pathname
const TABLES = new URL('../../schemas/formats/exchange-tables', import.meta.url).pathname
/** Longer than any row waits for one that comes before it in these tests, and short enough to see what follows. */
const PATIENCE_MS = 600
const APPLICANT = 'O\'Neil 测试"甲"; -- \\ 100%'

type Row = Readonly<Record<string, string | null>>

const OFFICE: Row = {
  PROCUNIT: '11410000005180055Y',
  PROCUNITNAME: '河南省自然资源厅',
  NODEPROCER: 'ZR0017',
  NODEPROCERNAME: '李测试',
}
const NODE: Row = { ...OFFICE, NODESTATE: '02', NODETYPE: '2', NODEADV: '材料齐全' }

for (const engine of ['postgresql', 'mariadb'] as const) {
  describe(`a department behind exchange tables of ${engine}`, function () {
    this.timeout(40_000)
    before(needsDatabase(engine))

    let partners: Partners
    let database: Counterpart
    let hub: RunningHub
    let topology: string

    beforeEach(async () => {
      partners = await openPartners()
      database = await aCounterpart(engine)
      await makeTables(database, engine)
      topology = impatientTopology()
      hub = await openHub({
        partnersUrl: partners.url,
        environment: { FRONT_DB_URL: database.url(database.port), HUB_TOPOLOGY_DIR: topology },
      })
    })

    afterEach(async () => {
      await hub?.stop()
      await database.drop()
      await partners.stop()
      rmSync(topology, { recursive: true })
    })

    async function until<Found>(look: () => Promise<Found | undefined | false>): Promise<Found> {
      for (;;) {
        const found = await look()
        if (found !== undefined && found !== false) return found
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    }

    async function rows(table: string, columns: readonly string[], order: string): Promise<Row[]> {
      const { quote, exec } = database
      const found = await exec(
        `select ${columns.map(quote).join(', ')} from ${quote(table)} order by ${quote(order)}`,
      )
      return found.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])))
    }

    /** As the department's own program would write it, at once visible. */
    async function write(table: string, row: Row): Promise<void> {
      const columns = Object.keys(row)
      const marks = columns.map((_, index) => (engine === 'postgresql' ? `$${index + 1}` : '?'))
      await database.exec(
        `insert into ${database.quote(table)} (${columns.map(database.quote).join(', ')}) values (${marks.join(', ')})`,
        Object.values(row),
      )
    }

    async function submit(): Promise<{ readonly caseNo: string; readonly messageId: string }> {
      const names = ['测绘作业证申请表', '测绘人员身份证明', '测绘单位资质证书']
      const document = submission({
        requestNo: randomUUID(),
        jurisdiction: '410526',
        body: {
          taskCode: TASK,
          taskHandleItem: `${TASK}01`,
          taskName: '测绘作业证办理',
          applyerName: APPLICANT,
          materials: names.map((materialName, index) => ({
            materialName,
            getType: '2',
            getNum: '1',
            files: [{ fileId: `F${index + 1}`, name: `${materialName}'1'.ofd`, size: 182044 }],
          })),
        },
      })
      const { status, body } = await hub.ask(CITY, 'POST', '/v1/cases', { body: document })
      assert.equal(status, 201, JSON.stringify(body))
      return body
    }

    const of = (caseNo: string, own: Row): Row => ({ ORGBUSNO: '410000202609300017', PROJID: caseNo, ...own })
    const received = (caseNo: string): Promise<void> =>
      write('EA_JC_STEP_BASICINFO', of(caseNo, { ...OFFICE, RECEIVETIME: '2026-10-08 09:00:00' }))
    const step = (caseNo: string, sn: string, own: Row): Promise<void> =>
      write(
        'EA_JC_STEP_PROC',
        of(caseNo, {
          ...NODE,
          SN: sn,
          NODESTARTTIME: '2026-10-09 16:40:11',
          NODEENDTIME: '2026-10-09 16:40:11',
          ...own,
        }),
      )
    const accepted = (caseNo: string, own: Row = {}): Promise<void> =>
      step(caseNo, '1', { NODENAME: '受理', NODERESULT: '4', PROMISEDATE: '2026-10-23', ...own })

    /** Flag and words of every row of the table, once none waits any more. */
    async function judged(table: string, count: number): Promise<Row[]> {
      return until(async () => {
        const found = await rows(table, ['DATAVER', 'SIGNSTATE', 'ISOK', 'EXT1'], 'MAKETIME')
        return found.length === count && found.every(({ SIGNSTATE }) => SIGNSTATE !== '0') && found
      })
    }

    async function messages(caseNo: string): Promise<Record<string, unknown>[]> {
      const { body } = await hub.ask(DEPARTMENT, 'GET', `/v1/cases/${caseNo}/messages`)
      return body.messages.filter(({ type }: { type: string }) => !type.startsWith('notice.'))
    }

    const types = async (caseNo: string): Promise<unknown[]> =>
      (await messages(caseNo)).map(({ type }) => type)

    it('finds the application in its tables, every character and digit as it was given', async () => {
      const { caseNo, messageId } = await submit()
      const [application] = await until(async () => {
        const columns = [
          'row_guid',
          'project_no',
          'task_code',
          'applyer_name',
          'applyer_page_code',
          'apply_date',
          'accept_area_code',
          'handle_area_code',
          'cd_operation',
          'data_source',
          'is_sync',
        ]
        const found = await rows('UP_PRO_ACCEPT', columns, 'row_guid')
        return found.length > 0 && found
      })
      assert.deepEqual(application, {
        row_guid: messageId,
        project_no: caseNo,
        task_code: TASK,
        applyer_name: APPLICANT,
        applyer_page_code: '410101190001010015',
        apply_date: '2026-09-30 10:12:05',
        accept_area_code: '411300000000',
        handle_area_code: '410526000000',
        cd_operation: 'I',
        data_source: 'p41',
        is_sync: '0',
      })
      const [stamp] = await rows('UP_PRO_ACCEPT', ['cd_time', 'cd_batch'], 'row_guid')
      assert.match(String(stamp?.cd_time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
      assert.match(
        String(stamp?.cd_batch),
        new RegExp(`^${String(stamp?.cd_time).slice(0, 10).replaceAll('-', '')}-\\d\\d$`),
      )
      assert.deepEqual(
        await rows('UP_PRO_MATERIAL', ['parent_guid', 'sn', 'material_code', 'material_name'], 'sn'),
        [
          { parent_guid: messageId, sn: '1', material_code: 'S01', material_name: '测绘作业证申请表' },
          { parent_guid: messageId, sn: '2', material_code: 'S02', material_name: '测绘人员身份证明' },
          { parent_guid: messageId, sn: '3', material_code: 'S03', material_name: '测绘单位资质证书' },
        ],
      )
      const attached = await rows(
        'UP_PRO_ATTACH',
        ['material_sn', 'material_attach_name', 'file_size'],
        'material_sn',
      )
      assert.deepEqual(attached[0], {
        material_sn: '1',
        material_attach_name: "测绘作业证申请表'1'.ofd",
        file_size: '182044',
      })
    })

    it('decides a case in rows, and the window hears of each once', async () => {
      const { caseNo } = await submit()
      await received(caseNo)
      await accepted(caseNo)
      await step(caseNo, '2', { NODENAME: '审批', NODETYPE: '3', NODERESULT: '1', NODEADV: '同意发证' })
      await write(
        'EA_JC_STEP_DONE',
        of(caseNo, {
          ...OFFICE,
          DONETIME: '2026-10-22 09:00:00',
          DONERESULT: '0',
          CERTNAME: '测绘作业证',
          CERTNO: 'TEST-CH-0001',
          CERTDATE: '2026-10-22',
          CERTUNTIL: '2099-12-31',
        }),
      )
      await partners.until((arrivals) => arrivals.some(({ path }) => path === '/case/complete'))
      const heard = partners.arrivals.filter(({ system }) => system === CITY).map(({ path }) => path)
      assert.deepEqual(heard, ['/case/receive', '/case/accept', '/case/decide', '/case/complete'])
      assert.deepEqual(await judged('EA_JC_STEP_DONE', 1), [
        { DATAVER: '1', SIGNSTATE: '1', ISOK: null, EXT1: null },
      ])
    })

    it('sends a row again with the next version: of an open step it says more, and both are on record', async () => {
      const { caseNo } = await submit()
      await received(caseNo)
      await accepted(caseNo)
      await until(async () => (await types(caseNo)).includes('case.accepted'))
      await step(caseNo, '2', { NODENAME: '审核', NODESTATE: '01', NODEADV: null })
      await until(async () => (await types(caseNo)).filter((type) => type === 'step.recorded').length === 1)
      await step(caseNo, '2', {
        NODENAME: '审核',
        DATAVER: '2',
        NODERESULT: '1',
        NODEENDTIME: '2026-10-13 10:00:00',
      })
      await until(async () => (await types(caseNo)).filter((type) => type === 'step.recorded').length === 2)
      const steps = (await messages(caseNo)).filter(({ type }) => type === 'step.recorded')
      assert.deepEqual(
        steps.map(({ externalId }) => externalId),
        ['410000202609300017-P2', '410000202609300017-P2'],
      )
      await partners.until((arrivals) => arrivals.filter(({ path }) => path === '/case/step').length === 2)
    })

    it('sends a row again with the next version: of a turn that the case has taken it is refused, with words', async () => {
      const { caseNo } = await submit()
      await received(caseNo)
      await accepted(caseNo)
      await judged('EA_JC_STEP_PROC', 1)
      await accepted(caseNo, { DATAVER: '2', PROMISEDATE: '2026-10-30' })
      const [first, second] = (await judged('EA_JC_STEP_PROC', 2)).sort((one, other) =>
        String(one.DATAVER).localeCompare(String(other.DATAVER)),
      )
      assert.deepEqual(first, { DATAVER: '1', SIGNSTATE: '1', ISOK: null, EXT1: null })
      assert.equal(`${second?.SIGNSTATE} ${second?.ISOK}`, '2 2')
      assert.match(String(second?.EXT1), /case\.accepted/)
      assert.deepEqual(await types(caseNo), ['case.submitted', 'case.received', 'case.accepted'])
    })

    it('cannot delete what it has reported: the row comes back with the reason, and the case stands', async () => {
      const { caseNo } = await submit()
      await received(caseNo)
      await accepted(caseNo)
      await judged('EA_JC_STEP_PROC', 1)
      await accepted(caseNo, { DATAVER: '2', CD_OPERATION: 'D' })
      const deletion = (await judged('EA_JC_STEP_PROC', 2)).find(({ DATAVER }) => DATAVER === '2')
      assert.equal(`${deletion?.SIGNSTATE} ${deletion?.ISOK}`, '2 2')
      assert.match(String(deletion?.EXT1), /不能删除/)
      assert.match(String(deletion?.EXT1), /CD_OPERATION/)
      assert.deepEqual(await types(caseNo), ['case.submitted', 'case.received', 'case.accepted'])
    })

    it('asks for a correction in a special node, and finds what the applicant adds in a table of its own', async () => {
      const { caseNo } = await submit()
      await received(caseNo)
      await write(
        'EA_JC_STEP_SPECIALNODE',
        of(caseNo, {
          ...OFFICE,
          SN: '11',
          NODENAME: '补齐补正',
          NODESTATE: '01',
          NODERESULT: '1',
          NODEADV: '须加盖单位公章',
          LISTS: '测绘作业证申请表;测绘单位资质证书',
          CORRECTWAYS: '1,3',
          NODESTARTTIME: '2026-10-09 17:00:00',
          NODEENDTIME: '2026-10-09 17:00:00',
        }),
      )
      await partners.until((arrivals) => arrivals.some(({ path }) => path === '/case/correct'))
      const added = {
        unifiedNo: caseNo,
        supplementDate: '2026-10-12 09:30:00',
        round: '1',
        materials: [{ materialName: '测绘作业证申请表', getType: '2', getNum: '1' }],
      }
      const head = { requestNo: randomUUID(), apiCode: 'CASE_SUPPLEMENT', version: '1.0' }
      const { status, body } = await hub.ask(CITY, 'POST', '/v1/messages', { body: { head, body: added } })
      assert.equal(status, 202, JSON.stringify(body))
      const [supplement] = await until(async () => {
        const columns = ['row_guid', 'project_no', 'local_project_no', 'supplement_date', 'correct_times']
        const found = await rows('UP_PRO_SUPPLEMENT', columns, 'row_guid')
        return found.length > 0 && found
      })
      assert.deepEqual(supplement, {
        row_guid: body.messageId,
        project_no: caseNo,
        local_project_no: '410000202609300017',
        supplement_date: '2026-10-12 09:30:00',
        correct_times: '1',
      })
      const materials = await rows('UP_PRO_MATERIAL', ['parent_guid', 'material_name'], 'parent_guid')
      assert.deepEqual(
        materials.filter(({ parent_guid }) => parent_guid === body.messageId),
        [{ parent_guid: body.messageId, material_name: '测绘作业证申请表' }],
      )
    })

    it('stops the clock with an open node, whose end repeats its start, and starts it with the next version', async () => {
      const { caseNo } = await submit()
      await received(caseNo)
      await accepted(caseNo)
      await until(async () => (await types(caseNo)).includes('case.accepted'))
      const publicity = (own: Row): Promise<void> =>
        write(
          'EA_JC_STEP_SPECIALNODE',
          of(caseNo, {
            ...OFFICE,
            SN: '1',
            NODENAME: '公示',
            NODERESULT: '3',
            NODEADV: '拟发证人员公示',
            NODESTARTTIME: '2026-10-12 09:00:00',
            ...own,
          }),
        )
      await publicity({ NODESTATE: '01', NODEENDTIME: '2026-10-12 09:00:00' })
      const state = async (): Promise<string> =>
        (await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}`)).body.state
      await until(async () => (await state()) === 'paused')
      await publicity({
        NODESTATE: '02',
        DATAVER: '2',
        NODEENDTIME: '2026-10-19 09:00:00',
        NODEADV: '无异议',
      })
      await until(async () => (await state()) === 'accepted')
      assert.deepEqual((await types(caseNo)).slice(-2), ['procedure.started', 'procedure.ended'])
    })
  })
}

/** As the files beside the partner's schema say, with the rights that they name. */
async function makeTables({ exec, grant }: Counterpart, engine: EngineName): Promise<void> {
  const script = readFileSync(join(TABLES, `${engine}.sql`), 'utf8').replace(/--.*$/gm, '')
  for (const statement of script.split(';').filter((part) => part.trim() !== '')) await exec(statement)
  for (const [, name = ''] of script.matchAll(/create table .(\w+)/g))
    await grant(name.startsWith('UP_') ? 'select, insert' : 'select, update', name)
}

/** The shipped topology, with a listener that does not wait an hour for a row that comes before another. */
function impatientTopology(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hub-tables-'))
  cpSync(SHIPPED, folder, { recursive: true })
  const file = join(folder, 'systems', 'natural-resources.table.yaml')
  const text = readFileSync(file, 'utf8')
  const edited = text.replace('pollEveryMs: 200', `pollEveryMs: 100\n      orderPatienceMs: ${PATIENCE_MS}`)
  assert.notEqual(edited, text)
  writeFileSync(file, edited)
  return folder
}
