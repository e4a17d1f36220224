/** Held against the tables that the authority publishes, and against the rows that its mapping is tested to write. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import type { DecidingLetter, Envelope } from '../letter.ts'
import { Misread } from '../letter.ts'
import { exchangeTables } from './exchange-tables.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
const CASES = join(PROJECT, 'mappings', 'exchange-tables', 'cases')
const SCHEMAS = join(PROJECT, 'schemas', 'formats', 'exchange-tables')
const NOW = Date.UTC(2026, 8, 30, 2, 12, 5)
const said = {
  at: NOW,
  departmentNo: 'BM41000020260930101205000001',
  office: {
    org: { code: '11410000005180055Y', name: '河南省自然资源厅' },
    clerk: { id: 'ZR1', name: '李测试' },
  },
} as const
const LETTERS: readonly DecidingLetter[] = [
  { type: 'case.received', ...said },
  { type: 'case.accepted', ...said, noticeNo: 'SL1', promisedDay: '2026-10-28' },
  { type: 'case.refused', ...said, noticeNo: 'BYSL1', reasons: ['证书已过有效期', '单位不具备资质'] },
  {
    type: 'correction.requested',
    ...said,
    noticeNo: 'BZ1',
    round: 1,
    dueDay: '2026-10-15',
    things: [
      { code: 'S01', name: '测绘作业证申请表', requirement: '补盖公章' },
      { code: 'S03', name: '测绘单位资质证书', requirement: '换新证' },
    ],
  },
  {
    type: 'procedure.started',
    ...said,
    procedureNo: 'GS1',
    name: '公示',
    reason: '依规定公示',
    expectedEndDay: '2026-10-09',
  },
  { type: 'procedure.ended', ...said, procedureNo: 'GS1', name: '公示', result: '无异议' },
  { type: 'step.recorded', ...said, name: '审核', startedAt: NOW - 1000, opinion: '拟同意' },
  { type: 'case.decided', ...said, granted: true, opinion: '同意', documentNo: 'JD1' },
  { type: 'case.completed', ...said, granted: false, explanation: '不予发证' },
]
const envelope = (position: number): Envelope => ({
  letterNo: `${said.departmentNo}-${position}`,
  position,
  caseNo: '41130020260930000000017',
  ownNo: said.departmentNo,
  sender: { id: 'natural-resources', region: '410000' },
  writtenAt: NOW,
})

type Row = Readonly<Record<string, string | null>>
interface Rows {
  readonly rows: readonly { readonly table: string; readonly row: Row }[]
}

const { table: side } = exchangeTables
assert.ok(side)

/** Names of columns by table, of any script that makes tables. */
function columnsOf(script: string): Map<string, Set<string>> {
  const found = [...script.matchAll(/create table .(\w+). \((.*?)\n?\)(?: engine|;|$)/gs)]
  return new Map(
    found.map(([, table = '', columns = '']) => {
      const names = columns.replace(/primary key.*/s, '').matchAll(/["`](\w+)["`]/g)
      return [table, new Set([...names].map(([, name = '']) => name))]
    }),
  )
}

describe('the simulators’ exchange-tables', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema(JSON.parse(readFileSync(join(SCHEMAS, 'messages.schema.json'), 'utf8')), 'partner')

  for (const [engine, file] of [
    ['postgresql', 'postgresql.sql'],
    ['mysql', 'mariadb.sql'],
  ] as const) {
    it(`makes the tables with the columns that are published for ${file}`, () => {
      const published = columnsOf(readFileSync(join(SCHEMAS, file), 'utf8').replace(/--.*$/gm, ''))
      assert.equal(published.size, 12)
      assert.deepEqual(columnsOf(side.statements(engine).join(';\n')), published)
    })
  }

  for (const [index, letter] of LETTERS.entries()) {
    it(`writes ${letter.type} as the published table has it`, () => {
      const { rows } = exchangeTables.decode(exchangeTables.write(letter, envelope(index + 1))) as Rows
      const [{ table, row } = assert.fail('no row')] = rows
      assert.equal(rows.length, 1)
      const check = ajv.getSchema(`partner#/$defs/${table}`)
      assert.ok(check, table)
      // What the hub marks is not handed over, and what is not written stands as null.
      const { SIGNSTATE, ...handedOver } = row
      assert.equal(SIGNSTATE, '0')
      assert.ok(check({ table, row: handedOver }), JSON.stringify(check.errors))
    })
  }

  it('ends a procedure in the row that began it, with the next version, and gives every other letter a row of its own', () => {
    const keys = LETTERS.map((letter, index) => {
      const { rows } = exchangeTables.decode(exchangeTables.write(letter, envelope(index + 1))) as Rows
      const [{ table, row } = assert.fail('no row')] = rows
      return `${table} ${row.SN} ${row.DATAVER}`
    })
    assert.equal(new Set(keys).size, keys.length)
    assert.deepEqual(keys.slice(4, 6), ['EA_JC_STEP_SPECIALNODE 1 1', 'EA_JC_STEP_SPECIALNODE 1 2'])
  })

  it('reads every row that the mapping is tested to write for it', () => {
    let read = 0
    for (const title of readdirSync(CASES)) {
      const { direction, faults, message } = parse(readFileSync(join(CASES, title, 'case.yaml'), 'utf8'))
      if (direction !== 'out' || faults !== undefined) continue
      const { rows } = JSON.parse(readFileSync(join(CASES, title, 'expected.json'), 'utf8')) as Rows
      const [main = assert.fail(title), ...more] = rows
      const stamp = {
        row_guid: '01993a1e-7c00-7abc-8def-0123456789ab',
        cd_operation: 'I',
        cd_time: '2026-09-30 10:12:05',
        cd_batch: '20260930-11',
        data_source: 'p41',
      }
      const materials = more.filter(({ table }) => table === 'UP_PRO_MATERIAL').map(({ row }) => row)
      const document = { table: main.table, row: { ...main.row, ...stamp }, details: { materials } }
      assert.equal(side.identify(document).type, message, title)
      // A simulated authority has applicants with identity cards only.
      if (main.row.applyer_page_type === '01')
        assert.throws(() => exchangeTables.read(document), /applyer_page_type is 01/)
      else assert.equal(exchangeTables.read(document).caseName, '41130020260930000017', title)
      read++
    }
    assert.ok(read >= 6)
  })

  it('refuses what it cannot read, naming the place', () => {
    assert.throws(() => exchangeTables.read({}), Misread)
    assert.throws(() => exchangeTables.read({ table: 'UP_PRO_RESULT', row: {} }), /UP_PRO_RESULT/)
    assert.throws(
      () => exchangeTables.read({ table: 'UP_PRO_WITHDRAW', row: { cd_operation: 'D' } }),
      /row\.cd_operation is D/,
    )
  })
})
