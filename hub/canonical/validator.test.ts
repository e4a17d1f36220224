import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { CaseSubmitted } from '../contract/canonical.ts'
import type { Message } from '../contract/message.ts'
import { FAULT_LIMIT, loadValidator } from './validator.ts'

const validator = loadValidator()
const rich = new URL('../../schemas/canonical/samples/case.submitted/valid-rich.json', import.meta.url)
const submission = (JSON.parse(readFileSync(rich, 'utf8')) as { data: CaseSubmitted }).data

/** A submission with some fields replaced; undefined leaves a field out. */
function submissionWith(changes: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify({ ...submission, ...changes }))
}

const message: Message<'case.submitted'> = {
  specversion: '1.0',
  id: '0199d3a0-7c00-7abc-8def-0123456789ab',
  source: '/systems/hn-nanyang',
  type: 'case.submitted',
  subject: '41130020260930000017',
  time: '2026-09-30T10:12:05+08:00',
  datacontenttype: 'application/json',
  dataschema: 'urn:hub:canonical:case.submitted:1',
  data: submission,
  externalid: '0f3c-1',
  sequence: 1,
  recordedat: '2026-09-30T10:12:06.120+08:00',
  simulated: true,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

describe('canonical validator', () => {
  it('names the field, what is wrong and what is allowed, in both languages', () => {
    assert.deepEqual(validator.validate('case.submitted', submissionWith({ channel: '7' })), [
      {
        code: 'FIELD_VALUE',
        pointer: '/channel',
        reason: {
          zh: '“申请渠道”的取值不在允许范围，可用：1 窗口、2 电脑网上、3 移动端、4 快递、9 其他。',
          en: '“Way of applying” has a value that is not allowed; allowed: 1 (window), 2 (online), 3 (mobile), 4 (courier), 9 (other).',
        },
        facts: { allowed: ['1', '2', '3', '4', '9'] },
      },
    ])
  })

  it('points at a missing property itself', () => {
    assert.deepEqual(validator.validate('case.submitted', submissionWith({ appliedAt: undefined })), [
      {
        code: 'FIELD_REQUIRED',
        pointer: '/appliedAt',
        reason: { zh: '“申请时间”为必填项，未填写。', en: '“Time of application” is required, but missing.' },
      },
    ])
  })

  it('folds a choice of codes into one fault', () => {
    const [fault, ...others] = validator.validate(
      'case.submitted',
      submissionWith({ item: { name: '某事项' } }),
    )
    assert.deepEqual(others, [])
    assert.equal(fault?.pointer, '/item/taskCode')
    assert.deepEqual(fault?.facts, { anyOf: ['taskCode', 'taskHandleItem'] })
    assert.match(fault?.reason.zh ?? '', /实施编码、业务办理项编码至少需要一个/)
  })

  it('tells each thing that can be wrong with an identity number apart', () => {
    const words = [
      '41010119000101001',
      '990101190001010015',
      '410101190002300015',
      '410101190001010016',
      '11010519491231002x',
    ].map((number) => {
      const applicant = { ...submission.applicant, certificate: { type: '111', number } }
      const faults = validator.validate('case.submitted', submissionWith({ applicant }))
      assert.deepEqual(
        faults.map(({ code, pointer }) => [code, pointer]),
        [['RESIDENT_ID_INVALID', '/applicant/certificate/number']],
      )
      return faults[0]?.reason.en
    })
    assert.equal(new Set(words).size, words.length)
  })

  it('says of an unknown field what its object may hold', () => {
    const agent = { ...submission.agent, sex: '1' }
    const [fault] = validator.validate('case.submitted', submissionWith({ agent }))
    assert.equal(fault?.code, 'FIELD_UNKNOWN')
    assert.equal(fault?.pointer, '/agent/sex')
    assert.deepEqual(fault?.facts, { allowed: ['name', 'certificate', 'mobile'] })
    assert.match(fault?.reason.zh ?? '', /^“代理人”中没有字段 "sex"/)
  })

  it('escapes the names of unknown fields and does not repeat a whole text as a name', () => {
    const faults = validator.validate(
      'case.submitted',
      submissionWith({ 'a/b~': 1, ['x'.repeat(10_000)]: 1 }),
    )
    assert.deepEqual(
      faults.map(({ code, pointer }) => [code, pointer]),
      [
        ['FIELD_UNKNOWN', '/a~1b~0'],
        ['FIELD_UNKNOWN', ''],
      ],
    )
    assert.ok(JSON.stringify(faults).length < 2_000)
  })

  it('refuses data that is no object at all', () => {
    for (const data of [null, undefined, 'text', 7, true, []]) {
      assert.deepEqual(
        validator.validate('case.received', data).map(({ code, pointer }) => [code, pointer]),
        [['FIELD_TYPE', '']],
      )
    }
  })

  it('takes a form of any depth and content', () => {
    let form: unknown = { note: '' }
    for (let depth = 0; depth < 50_000; depth++) form = { inner: [form, null, 1.5] }
    assert.deepEqual(
      validator.validate('case.submitted', { ...submission, form: form as Record<string, unknown> }),
      [],
    )
  })

  it('counts characters as people do, not code units', () => {
    assert.deepEqual(validator.validate('case.withdrawn', withReason('𠮷'.repeat(2000))), [])
    const [fault] = validator.validate('case.withdrawn', withReason('𠮷'.repeat(2001)))
    assert.deepEqual(fault?.facts, { maximum: 2000, actual: 2001 })
  })

  it('never tells more than its limit', () => {
    const materials = new Array(100).fill({ name: 1, medium: 2, originals: 'a', copies: 'b' })
    assert.equal(validator.validate('case.submitted', submissionWith({ materials })).length, FAULT_LIMIT)
  })

  it('does not search a huge message for every fault', () => {
    const materials = new Array(200_000).fill(1)
    assert.deepEqual(
      validator
        .validate('case.submitted', submissionWith({ materials }))
        .map(({ code, pointer }) => [code, pointer]),
      [['FIELD_LENGTH', '/materials']],
    )
  })

  it('never throws, and never repeats a value of the message', () => {
    const secret = '4101011900'
    const anything = fc.oneof(
      fc.constantFrom(`${secret}01010019`, secret, null, 0, -1, true, '', ' ', [], {}, [secret], {
        key: secret,
      }),
      fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
    )
    const places = leaves(submission)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...places), anything), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const data = structuredClone(submission) as unknown as Record<string, unknown>
          for (const [place, value] of changes) replace(data, place, value)
          const faults = validator.validate('case.submitted', data)
          assert.ok(!JSON.stringify(faults).includes(secret))
          for (const { reason } of faults) assert.ok(reason.zh.endsWith('。') && reason.en.endsWith('.'))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('knows the personal fields of a type', () => {
    assert.deepEqual(validator.personalFields('result.delivered'), [
      { pointer: '/recipient', kind: 'name' },
      {
        pointer: '/recipientCertificate/number',
        kind: 'id',
        unless: { sibling: 'type', values: ['01', '811', '821', '822'] },
      },
    ])
    assert.deepEqual(
      validator.personalFields('case.submitted').map(({ pointer }) => pointer),
      [
        '/applicant/name',
        '/applicant/certificate/number',
        '/applicant/legalRepresentative',
        '/applicant/mobile',
        '/applicant/phone',
        '/applicant/address',
        '/agent/name',
        '/agent/certificate/number',
        '/agent/mobile',
        '/contact/name',
        '/contact/certificate/number',
        '/contact/mobile',
        '/contact/phone',
        '/delivery/recipient',
        '/delivery/address',
        '/delivery/mobile',
        '/form',
      ],
    )
  })

  it('refuses a folder in which a schema is missing', () => {
    assert.throws(() => loadValidator('/nowhere'), /ENOENT/)
  })
})

describe('canonical validator, of a whole message', () => {
  it('takes a message with all attributes, and with none that is optional', () => {
    assert.deepEqual(validator.validateMessage(message), [])
    const { externalid, simulated, traceparent, ...least } = message
    assert.deepEqual(validator.validateMessage(least), [])
  })

  it('points into the message', () => {
    const data = { ...submission, channel: '7' }
    assert.deepEqual(
      validator.validateMessage({ ...message, data }).map(({ pointer }) => pointer),
      ['/data/channel'],
    )
  })

  const wrong: Record<string, [string, unknown]> = {
    'an id that is no UUID of version 7': ['/id', '0f3c1111-0000-4000-8000-000000000000'],
    'a source that is no system': ['/source', '/system/hn-nanyang'],
    'an unknown type': ['/type', 'case.opened'],
    'a sequence from nought': ['/sequence', 0],
    'a time of another zone': ['/time', '2026-09-30T02:12:05Z'],
    'a schema of another type': ['/dataschema', 'urn:hub:canonical:case.received:1'],
    'a version of the specification that is not 1.0': ['/specversion', '0.3'],
    'an attribute that is not defined': ['/partitionkey', 'a'],
  }
  for (const [title, [pointer, value]] of Object.entries(wrong)) {
    it(`refuses ${title}`, () => {
      const faults = validator.validateMessage({ ...message, [pointer.slice(1)]: value })
      assert.deepEqual(
        faults.map((fault) => fault.pointer),
        [pointer],
      )
    })
  }
})

function withReason(reason: string): unknown {
  return { withdrawnAt: '2026-10-10T15:00:00+08:00', reason }
}

type Path = readonly string[]

/** Paths of every value in the data. */
function leaves(data: unknown, path: Path = []): Path[] {
  if (typeof data !== 'object' || data === null) return [path]
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(data).flatMap(([key, value]) => leaves(value, [...path, key])),
  ]
}

/** Replaces the value at the path where the path still exists. */
function replace(data: Record<string, unknown>, path: Path, value: unknown): void {
  let at: unknown = data
  for (const key of path.slice(0, -1)) at = (at as Record<string, unknown> | null | undefined)?.[key]
  if (typeof at === 'object' && at !== null) (at as Record<string, unknown>)[path.at(-1) as string] = value
}
