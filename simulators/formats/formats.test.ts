/** Held against what the partners publish: their schema for what we write, and example documents of theirs for what we read. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { applicationOf } from '../acceptance/application.ts'
import { readDeployment } from '../deployment.ts'
import { person } from '../people.ts'
import { annexItems } from '../routing.ts'
import { partnerFormat } from './formats.ts'
import type { Envelope, Letter } from './letter.ts'
import { Misread } from './letter.ts'

const PROJECT = join(import.meta.dirname, '..', '..')
const NOW = Date.UTC(2026, 8, 30, 2, 12, 5)
const WINDOW = {
  hallId: 'DT411300',
  hallName: '南阳市政务服务大厅',
  windowId: 'W1',
  clerk: { id: 'C1', name: '测试己' },
}
const OFFICE = {
  org: { code: 'ZJ410526', name: '滑县住房和城乡建设局' },
  clerk: { id: 'J1', name: '李测试' },
}
const DECISION = { at: NOW, departmentNo: 'BM41052620260930101205000001', office: OFFICE }
const LICENCE = {
  name: '二级建造师注册证书',
  number: '豫1',
  issuer: OFFICE.org.name,
  issuedDay: '2026-09-30',
  validFromDay: '2026-09-30',
  validUntilDay: '2029-09-29',
}

const [item] = annexItems(readDeployment())
const visit = {
  applicant: person(0),
  item,
  scenario: 'renewal',
  jurisdictionRegion: '410526',
  plan: 'straight',
} as const
const application = applicationOf(visit, { region: '411300', window: WINDOW, nowMs: NOW })

const WINDOW_LETTERS: Letter[] = [
  application,
  {
    type: 'case.supplemented',
    at: NOW,
    round: 1,
    noticeNo: 'BZ1',
    window: WINDOW,
    materials: application.materials.slice(0, 1),
  },
  { type: 'result.delivered', at: NOW, recipient: visit.applicant, window: WINDOW },
]
const DECIDING_LETTERS: Letter[] = [
  { type: 'case.received', ...DECISION },
  { type: 'case.accepted', ...DECISION, noticeNo: 'SL1', promisedDay: '2026-10-28' },
  { type: 'case.refused', ...DECISION, noticeNo: 'BYSL1', reasons: ['资格证书已过有效期', '单位不具备资质'] },
  {
    type: 'correction.requested',
    ...DECISION,
    noticeNo: 'BZ1',
    round: 1,
    dueDay: '2026-10-15',
    things: [
      { code: 'M01', name: '审查表', requirement: '补盖公章' },
      { code: 'M03', name: '学历证明', requirement: '补盖公章' },
    ],
  },
  {
    type: 'procedure.started',
    ...DECISION,
    procedureNo: 'GS1',
    name: '公示',
    reason: '依规定公示',
    expectedEndDay: '2026-10-09',
  },
  { type: 'procedure.ended', ...DECISION, procedureNo: 'GS1', name: '公示', result: '无异议' },
  { type: 'step.recorded', ...DECISION, name: '审核', startedAt: NOW - 1000, opinion: '拟同意' },
  { type: 'case.decided', ...DECISION, granted: true, opinion: '同意', documentNo: 'JD1' },
  { type: 'case.decided', ...DECISION, granted: false, opinion: '不同意', documentNo: 'JD1' },
  { type: 'case.completed', ...DECISION, granted: true, explanation: '准予注册', licence: LICENCE },
  { type: 'case.completed', ...DECISION, granted: false, explanation: '不予注册' },
]
const envelope: Envelope = {
  letterNo: '41130020260930101205000001-1',
  position: 1,
  caseNo: '41130020260930000000017',
  ownNo: '41130020260930101205000001',
  sender: { id: 'natural-resources', region: '410000' },
  writtenAt: NOW,
}

const FORMATS: {
  name: string
  kind: (document: never) => string
  /** Nothing but the kind, and the shells around it. */
  bare: (kind: string) => object
  letters: Letter[]
}[] = [
  {
    name: 'gateway-json',
    bare: (apiCode) => ({ head: { requestNo: '1', apiCode }, body: {} }),
    kind: ({ head }: { head: { apiCode: string } }) => head.apiCode,
    letters: [...WINDOW_LETTERS, ...DECIDING_LETTERS],
  },
  {
    name: 'pinyin-flat',
    bare: (YWDM) => ({ BWLSH: '1', YWDM }),
    kind: ({ YWDM }: { YWDM: string }) => YWDM,
    letters: [...WINDOW_LETTERS, ...DECIDING_LETTERS],
  },
  {
    name: 'housing-registry',
    bare: (bizCode) => ({ msgHead: { msgNo: '1', sentAt: '2026/09/30 10:12:05', bizCode }, msgBody: {} }),
    kind: ({ msgHead }: { msgHead: { bizCode: string } }) => msgHead.bizCode,
    letters: DECIDING_LETTERS,
  },
  {
    name: 'national-gateway',
    bare: (service) => ({
      head: { row_guid: '1', cd_operation: 'I', cd_time: '2026-09-30 10:12:05', service_code: service },
      data: {},
    }),
    kind: ({ head }: { head: { service_code: string } }) => head.service_code,
    letters: DECIDING_LETTERS,
  },
  {
    name: 'hr-approve-xml',
    bare: (root) => ({ receiveCase: { xmlStr: { [root]: {} } } }),
    kind: ({ reportProcess }: { reportProcess: { xmlStr: object } }) =>
      Object.keys(reportProcess.xmlStr)[0] ?? '',
    letters: DECIDING_LETTERS,
  },
  {
    name: 'drop-lines',
    bare: (lx) => ({ H: { lx } }),
    kind: ({ H }: { H: { lx: string } }) => H.lx,
    letters: DECIDING_LETTERS,
  },
]

/** Documents that the partner is to receive, from the test cases of its mapping. */
function exampleDocuments(format: string): { title: string; document: unknown }[] {
  const folder = join(PROJECT, 'mappings', format, 'cases')
  return readdirSync(folder).flatMap((title) => {
    const { direction } = parse(readFileSync(join(folder, title, 'case.yaml'), 'utf8')) as {
      direction: string
    }
    const file = join(folder, title, 'expected.json')
    return direction === 'out' && existsSync(file)
      ? [{ title, document: JSON.parse(readFileSync(file, 'utf8')) as unknown }]
      : []
  })
}

for (const { name, kind, letters, bare } of FORMATS) {
  describe(`the simulators’ ${name}`, () => {
    const format = partnerFormat(name)
    const schema = JSON.parse(
      readFileSync(join(PROJECT, 'schemas', 'formats', name, 'messages.schema.json'), 'utf8'),
    ) as { $id: string }
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    ajv.addSchema(schema)

    for (const [index, letter] of letters.entries()) {
      it(`writes ${letter.type} as the partner’s own schema has it (${index})`, () => {
        const document = format.decode(format.write(letter, envelope)) as never
        const check = ajv.getSchema(`${schema.$id}#/$defs/${kind(document)}`)
        assert.ok(check, `no ${kind(document)} in the schema`)
        assert.ok(check(document), JSON.stringify(check.errors))
      })

      it(`reads its own ${letter.type} (${index})`, () => {
        const reading = format.read(format.decode(format.write(letter, envelope)))
        assert.ok(reading.type === letter.type || reading.type === 'other', reading.type)
        assert.ok([envelope.caseNo, envelope.ownNo].includes(reading.caseName))
        if (reading.type === 'case.submitted') {
          const { residentId, taskCode, scenario, receivingRegion, jurisdictionRegion } = reading
          assert.deepEqual(
            { residentId, taskCode, scenario, receivingRegion, jurisdictionRegion },
            {
              residentId: visit.applicant.residentId,
              taskCode: item.taskCode,
              scenario: 'renewal',
              receivingRegion: '411300',
              jurisdictionRegion: '410526',
            },
          )
        }
        if (reading.type === 'correction.requested')
          assert.deepEqual(
            reading.things.map((thing) => thing.name),
            ['审查表', '学历证明'],
          )
        if (reading.type === 'case.refused') assert.equal(reading.reasons.length, 2)
        if (reading.type === 'case.completed' && letter.type === 'case.completed')
          assert.equal(reading.granted, letter.granted)
      })
    }

    it('writes the same letter with the same bytes', () => {
      for (const letter of letters)
        assert.deepEqual(format.write(letter, envelope), format.write(letter, envelope))
    })

    it('reads every document that the partner’s mapping is tested to send', () => {
      const examples = exampleDocuments(name)
      assert.ok(examples.length > 0, 'there are no examples')
      for (const { title, document } of examples) {
        try {
          format.read(document)
        } catch (error) {
          assert.ok(
            error instanceof Misread &&
              /(applyerPageType|SQRZJLX|idKind|applyer_page_type|zjlx) is .*, not one of/.test(error.message),
            `${title}: ${String(error)}`,
          )
        }
      }
    })

    it('knows every kind of message that the hub may send to the partner', () => {
      const { out } = parse(readFileSync(join(PROJECT, 'mappings', name, 'format.yaml'), 'utf8')) as {
        out: Record<string, { schema: string }>
      }
      for (const [type, { schema: kindOfMessage }] of Object.entries(out)) {
        assert.throws(
          () => format.read(bare(kindOfMessage)),
          (error) =>
            error instanceof Misread &&
            !error.message.includes('does not know') &&
            !error.message.includes('do not know'),
          type,
        )
      }
    })

    it('refuses what it cannot read, naming the place', () => {
      assert.throws(() => format.read({}), Misread)
      assert.throws(() => format.read([]), Misread)
      assert.throws(() => format.decode(Buffer.from([0x7b, 0xff, 0xff])), Misread)
    })
  })
}
