import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { loadValidator } from '../canonical/validator.ts'
import type { Message, MessageType } from '../contract/message.ts'
import { codecOf } from '../document/codec.ts'
import { maskValue } from '../security/masking.ts'
import { evidenceOf } from './evidence.ts'
import { maskerOf, maskShapes } from './masker.ts'
import { personalValues } from './personal-values.ts'

const ID = '410101190001010015'
const samples = new URL('../../schemas/canonical/samples', import.meta.url).pathname
const { personalFields } = loadValidator()

function messagesOf(type: string): Pick<Message, 'type' | 'data'>[] {
  return readdirSync(join(samples, type)).map((name) => ({
    type: type as MessageType,
    data: JSON.parse(readFileSync(join(samples, type, name), 'utf8')).data as Message['data'],
  }))
}

describe('what belongs to a case', () => {
  for (const type of readdirSync(samples)) {
    it(`is masked wherever it stands: ${type}`, () => {
      for (const message of messagesOf(type)) {
        const values = personalValues([message], personalFields)
        const masker = maskerOf(values)
        const shown = JSON.stringify(
          masker.document({ a: [message.data], words: `拒收：${JSON.stringify(message.data)}` }),
        )
        for (const { kind, value } of values) {
          const mayStand = kind !== 'form' && maskValue(kind, value) === value
          assert.ok(mayStand || !shown.includes(value), `${kind} in ${shown}`)
        }
      }
    })
  }

  it('is found in the samples at all', () => {
    const kinds = new Set(
      personalValues(messagesOf('case.submitted'), personalFields).map(({ kind }) => kind),
    )
    for (const kind of ['id', 'name', 'phone'] as const) assert.ok(kinds.has(kind), kind)
  })

  it('leaves the name of a company readable, as the schemas say', () => {
    const unless = { sibling: 'kind', values: ['organisation'] }
    const fields = [{ pointer: '/who/*/name', kind: 'name' as const, unless }]
    const data = {
      who: [{ kind: 'organisation', name: '测试公司' }, { kind: 'person', name: '测试甲' }, { name: '甲' }],
    }
    const values = personalValues([{ type: 'case.submitted', data: data as never }], () => fields)
    assert.deepEqual(values, [{ kind: 'name', value: '测试甲' }])
  })

  it('is every leaf of an opaque form, numbers too', () => {
    const data = { form: { deep: [{ x: '测试村三组' }, 410101], yes: true, no: null } }
    const values = personalValues([{ type: 'case.submitted', data: data as never }], () => [
      { pointer: '/form', kind: 'form' },
    ])
    assert.deepEqual(
      values.map(({ value }) => value),
      ['410101', '测试村三组'],
    )
    assert.equal(maskerOf(values).text('住测试村三组，410101'), '住***，***')
  })

  it('is masked in other letters too, and the longer value first', () => {
    const masker = maskerOf([
      { kind: 'address', value: '河南省郑州市测试甲路1号' },
      { kind: 'id', value: 'Ab12345678' },
      { kind: 'name', value: '测试甲' },
    ])
    assert.equal(masker.text('aB12345678 住河南省郑州市测试甲路1号'), 'aB******78 住河南省郑州市***')
  })
})

describe('what has the shape of personal data', () => {
  const table: readonly (readonly [string, string])[] = [
    [`id ${ID}.`, 'id 410***********0015.'],
    ['id 41010119000101999x', 'id 410***********999x'],
    ['旧证410101000101001号', '旧证410********1001号'],
    ['电话13800000001，138 0000 0002，138-0000-0003', '电话138****0001，138******0002，138******0003'],
    // A case number of the hub, an implementing code, a time, an amount: longer or shorter runs of digits stay.
    ['41130020260930101205000', '41130020260930101205000'],
    ['1141000000000901362410190001000', '1141000000000901362410190001000'],
    ['20260930101205', '20260930101205'],
  ]
  for (const [given, expected] of table) {
    it(`is masked in ${given}`, () => assert.equal(maskShapes.text(given), expected))
  }

  it('is masked as a number and as a key', () => {
    const document = JSON.parse(`{"${ID}": 1, "phone": 13800000001, "id": ${ID}, "amount": 12.5}`)
    const expected = { '410***********0015': 1, phone: '***', id: '***', amount: 12.5 }
    assert.deepEqual(maskShapes.document(document), expected)
  })
})

describe('evidence', () => {
  const masker = maskerOf([{ kind: 'name', value: '测试甲' }])
  const document = { name: '测试甲', id: ID, ok: true }

  it('is read in the receiver’s character set and shown as a document', () => {
    for (const charset of ['utf-8', 'gbk', 'gb18030']) {
      const bytes = iconv.encode(JSON.stringify(document), charset)
      assert.deepEqual(evidenceOf(bytes, [charset], masker), {
        bytes: bytes.length,
        charset,
        document: { name: '测*', id: '410***********0015', ok: true },
      })
    }
  })

  it('is text where it is no JSON, and is masked however it was cut', () => {
    const whole = Buffer.from(`<a>测试甲</a>${JSON.stringify(document)}`)
    for (let length = 0; length < whole.length; length++) {
      const { text = '' } = evidenceOf(whole.subarray(0, length), ['utf-8'], masker)
      assert.ok(!text.includes('测试甲') && !text.includes(ID), text)
    }
  })

  it('shows no name that is written in escapes', () => {
    const { text } = evidenceOf(
      Buffer.from('{"m":"\\u6d4b\\u8bd5\\u7532", &#27979;&#x8bd5;&#x7532; &#x110000;'),
      ['utf-8'],
      masker,
    )
    assert.equal(text, '{"m":"测*", 测* &#x110000;')
  })

  it('shows no name in a document inside a document', () => {
    const inner = '<a>&#27979;试甲 测试甲 A&amp;B</a>'
    const escaped = (text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    const company = maskerOf([
      { kind: 'name', value: '测试甲' },
      { kind: 'address', value: 'A&B' },
    ])
    for (const text of [inner, escaped(inner), escaped(escaped(inner))])
      assert.equal(evidenceOf(Buffer.from(text), ['utf-8'], company).text, '<a>测* 测* ***</a>')
  })

  it('shows no name in a form, in any character set and however it was cut', () => {
    for (const charset of ['utf-8', 'gbk', 'gb18030'] as const) {
      const { encode } = codecOf({ media: 'form', charset, lists: [], embedded: [] })
      const { body } = encode({ SQRMC: '测试甲', id: ID, x: 'a b' })
      assert.equal(evidenceOf(body, [charset], masker).text, 'SQRMC=测*&id=410***********0015&x=a+b')
      for (let length = 0; length < body.length; length++) {
        const { text = '' } = evidenceOf(body.subarray(0, length), [charset], masker)
        assert.ok(!text.includes('测试甲') && !text.includes('%') && !text.includes(ID), text)
      }
    }
  })

  it('is shown in a set that reads everything where no other does', () => {
    assert.deepEqual(evidenceOf(Uint8Array.of(0xb2, 0xe2, 0xff), ['utf-8', 'utf-8'], masker), {
      bytes: 3,
      charset: 'gb18030',
      text: '测\ufffd',
    })
  })
})
