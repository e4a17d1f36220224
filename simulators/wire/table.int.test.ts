import assert from 'node:assert/strict'
import type { Fault } from '../faults.ts'
import { Misread } from '../formats/letter.ts'
import type { PartnerFormat, TableSide } from '../formats/partner-format.ts'
import { DATABASES, needsServers } from '../testing/servers.ts'
import { PLAIN, until, type WireBench, wireBench } from '../testing/wire-bench.ts'
import type { Ask, FrontDatabase } from './front-database.ts'
import { openTableCarrier, openTableReader } from './table.ts'

const table: TableSide = {
  statements: (engine) => {
    const mark = (name: string): string => (engine === 'mysql' ? `\`${name}\`` : `"${name}"`)
    const key = `${mark('ID')} varchar(60) primary key`
    return [
      `create table ${mark('MAIN')} (${key}, ${mark('CASE')} varchar(60), ${mark('TYPE')} varchar(40), ${mark('READ')} char(1))`,
      `create table ${mark('PART')} (${key}, ${mark('PARENT')} varchar(60), ${mark('CODE')} decimal(20,0))`,
      `create table ${mark('TOLD')} (${key}, ${mark('CASE')} varchar(60), ${mark('STATE')} char(1), ${mark('WHY')} varchar(200))`,
    ]
  },
  incoming: [
    {
      name: 'MAIN',
      key: ['ID'],
      flag: { column: 'READ', waiting: '0', taken: '1', refused: '2' },
      details: [{ table: 'PART', by: { PARENT: 'ID' }, as: 'parts', orderBy: 'ID' }],
    },
  ],
  outgoing: [
    { name: 'TOLD', key: ['ID'], flag: { column: 'STATE', taken: '1', refused: '2' }, words: 'WHY' },
  ],
  identify: (document) => {
    const { ID, CASE, TYPE } = (document as { row: Record<string, string | null> }).row
    if (!ID || !CASE || !TYPE) throw new Misread('a row without id, case or type')
    return { messageId: ID, type: TYPE, caseNo: CASE }
  },
}
const seen: unknown[] = []
const format: PartnerFormat = {
  ...PLAIN,
  table,
  read: (document) => {
    seen.push(document)
    const { CASE } = (document as { row: { CASE: string } }).row
    return { type: 'other', name: 'x', caseName: CASE }
  },
  write: (_letter, { letterNo, caseNo }) => {
    const row = { ID: letterNo, CASE: caseNo ?? null, STATE: '0', WHY: null }
    return Buffer.from(JSON.stringify({ rows: [{ table: 'TOLD', row }] }))
  },
}
const way = { adapter: 'table', config: { database: { secret: 'FRONT_DB_URL' } } }

for (const engine of ['postgresql', 'mysql'] as const) {
  describe(`exchange tables of a simulated system (${engine})`, function () {
    this.timeout(30_000)
    before(needsServers(DATABASES[engine]))

    let bench: WireBench
    let database: FrontDatabase
    const run = <Outcome>(work: (ask: Ask) => Promise<Outcome>): Promise<Outcome> => database.within(work)
    const q = (name: string): string => (engine === 'mysql' ? `\`${name}\`` : `"${name}"`)
    const put = (id: string, caseNo: string): Promise<unknown> =>
      run((ask) => ask(`insert into ${q('MAIN')} values (?, ?, ?, ?)`, [id, caseNo, 'case.submitted', '0']))
    const marks = async (): Promise<Record<string, string | null>> =>
      Object.fromEntries(
        (await run((ask) => ask(`select * from ${q('MAIN')}`))).map(({ ID, READ }) => [ID, READ ?? null]),
      )

    const open = async (...faults: readonly Fault[]): Promise<void> => {
      bench = wireBench(format, { faults, environment: { FRONT_DB_URL: DATABASES[engine] } })
      database = await bench.grounds.database('FRONT_DB_URL')
      seen.length = 0
    }
    afterEach(async () => {
      await bench.grounds.close()
      await bench.grounds.clear()
    })

    it('reads rows in the order of their ids, with their details, as text, and marks them', async () => {
      await open()
      const wire = await openTableReader(bench.parts, way)
      await run((ask) => ask(`insert into ${q('PART')} values (?, ?, ?)`, ['p1', 'm1', '410101190001010015']))
      await put('m2', 'c1')
      await put('m1', 'c1')
      wire.collect?.()
      await until(async () => Object.values(await marks()).every((mark) => mark === '1'))
      await wire.close?.()
      assert.deepEqual(
        seen.map((document) => (document as { row: { ID: string } }).row.ID),
        ['m1', 'm2'],
      )
      assert.deepEqual((seen[0] as { details: unknown }).details, {
        parts: [{ ID: 'p1', PARENT: 'm1', CODE: '410101190001010015' }],
      })
      assert.deepEqual(bench.troubles, [])
    })

    it('reads a row again that it did not come to mark, and does nothing twice', async () => {
      await open({ kind: 'lose-answer', times: 1 })
      const wire = await openTableReader(bench.parts, way)
      await put('m1', 'c1')
      wire.collect?.()
      await until(async () => (await marks()).m1 === '1')
      await wire.close?.()
      const { arrivals, effects } = bench.ledger.report()
      assert.deepEqual([arrivals, effects], [2, 1])
    })

    it('marks what it cannot read, and says so', async () => {
      await open()
      const wire = await openTableReader(bench.parts, way)
      await put('m1', '')
      wire.collect?.()
      await until(async () => (await marks()).m1 === '2')
      await wire.close?.()
      assert.equal(bench.troubles.length, 1)
    })

    it('writes a letter once, however often it is carried, and knows it by what the hub shows', async () => {
      await open()
      const { carrier } = await openTableCarrier(bench.parts, way)
      bench.shows('BM1-1')
      for (const _ of [1, 2]) {
        const { status, body } = await bench.carry(carrier)
        assert.equal(status, 202)
        assert.deepEqual(JSON.parse(String(body)), { messageId: 'm-BM1-1', caseNo: 'c1', sequence: 2 })
      }
      const rows = await run((ask) => ask(`select * from ${q('TOLD')}`))
      assert.deepEqual(rows, [{ ID: 'BM1-1', CASE: 'c1', STATE: '0', WHY: null }])
    })

    it('reads in the row why the hub refused it', async () => {
      await open()
      const { carrier } = await openTableCarrier(bench.parts, way)
      const answer = bench.carry(carrier)
      await until(async () => (await run((ask) => ask(`select * from ${q('TOLD')}`))).length === 1)
      await run((ask) =>
        ask(`update ${q('TOLD')} set ${q('STATE')} = ?, ${q('WHY')} = ?`, ['2', '缺少必填项']),
      )
      const { status, body } = await answer
      assert.equal(status, 422)
      assert.match(String(body), /缺少必填项/)
    })
  })
}
