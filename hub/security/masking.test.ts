import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { PersonalField } from '../canonical/field-tree.ts'
import { type MaskedKind, maskDocument, maskValue } from './masking.ts'

describe('masking of a value', () => {
  const table: readonly (readonly [MaskedKind, string, string])[] = [
    ['id', '410101190001010015', '410***********0015'],
    ['id', '41010119000101002x', '410***********002x'],
    ['id', '410101000101001', '410********1001'],
    ['id', ' 410101190001010015 ', '410***********0015'],
    ['id', 'E00000001', 'E0*****01'],
    ['id', 'H0000000000', 'H0*******00'],
    ['id', '1234', '1**4'],
    ['id', '123', '***'],
    ['id', '', ''],
    ['name', '测试甲', '测*'],
    ['name', '测试', '测*'],
    ['name', '测', '*'],
    ['name', '', '*'],
    ['name', '𠮷测试', '𠮷*'],
    ['name', '测试·测试·甲', '测*'],
    ['phone', '13800000001', '138****0001'],
    ['phone', '+86 138 0000 0001', '+86**********0001'],
    ['phone', '0371-65500000', '037******0000'],
    ['phone', '13800000001/13800000002', '138****************0002'],
    ['phone', '65500000', '****0000'],
    ['phone', '6550000', '*******'],
    ['phone', '12345', '*****'],
    ['phone', '', ''],
    ['address', '河南省郑州市金水区测试路1号', '河南省郑州市金水区***'],
    ['address', '河南省南阳市邓州市测试镇测试村1组', '河南省南阳市邓州市***'],
    ['address', '郑州市金水区测试路1号院2号楼', '郑州市金水区***'],
    ['address', '滑县道口镇测试街1号', '滑县***'],
    ['address', '新乡市新乡县测试路1号', '新乡市新乡县***'],
    ['address', '南阳市镇平县测试路1号', '南阳市镇平县***'],
    ['address', '内蒙古自治区锡林郭勒盟阿巴嘎旗测试路', '内蒙古自治区锡林郭勒盟阿巴嘎旗***'],
    ['address', '河南省郑州市', '河南省郑州市'],
    ['address', '河南省郑州市测试小区1号楼', '河南省郑州市***'],
    ['address', '测试路1号', '***'],
    ['address', '测试路市场3号', '***'],
    ['address', '阳光社区3号楼', '***'],
    ['address', 'No. 1 Test Road', '***'],
    ['address', '', ''],
  ]
  for (const [kind, value, expected] of table) {
    it(`shows ${kind} ${JSON.stringify(value)} as ${JSON.stringify(expected)}`, () => {
      assert.equal(maskValue(kind, value), expected)
    })
  }

  it('hides four or more of a long number, half of a short one, and all but the first character of a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789X甲𠮷'), maxLength: 40 }), (value) => {
        const length = Array.from(value).length
        for (const kind of ['id', 'phone'] as const) {
          const masked = Array.from(maskValue(kind, value))
          assert.equal(masked.length, length)
          const shown = masked.filter((character) => character !== '*').length
          assert.ok(length >= 11 ? shown <= 7 && shown <= length - 4 : shown <= length / 2)
        }
        assert.ok(Array.from(maskValue('name', value)).length <= 2)
      }),
    )
  })
})

describe('masking of a document', () => {
  const fields: readonly PersonalField[] = [
    { pointer: '/applicant/name', kind: 'name', unless: { sibling: 'type', values: ['2'] } },
    { pointer: '/applicant/idNumber', kind: 'id' },
    { pointer: '/agents/*/phone', kind: 'phone' },
    { pointer: '/numbers/*', kind: 'id' },
    { pointer: '/form', kind: 'form' },
    { pointer: '/a~1b~0c', kind: 'name' },
  ]

  it('masks what the fields name, at every index, and leaves the rest', () => {
    const document = {
      title: '测试甲的申请',
      applicant: { type: '1', name: '测试甲', idNumber: '410101190001010015', region: '411300' },
      agents: [{ name: '测试乙', phone: '13800000001' }, { name: '测试丙' }, { phone: '13800000002' }],
      numbers: ['410101190001010015'],
      form: { anything: ['测试甲'] },
      'a/b~c': '测试甲',
    }
    const before = structuredClone(document)
    assert.deepEqual(maskDocument(document, fields), {
      title: '测试甲的申请',
      applicant: { type: '1', name: '测*', idNumber: '410***********0015', region: '411300' },
      agents: [{ name: '测试乙', phone: '138****0001' }, { name: '测试丙' }, { phone: '138****0002' }],
      numbers: ['410***********0015'],
      form: '***',
      'a/b~c': '测*',
    })
    assert.deepEqual(document, before)
  })

  it('leaves the name of a company readable, and of a company only', () => {
    const nameOf = (applicant: object) => (maskDocument({ applicant }, fields) as typeof shape).applicant.name
    const shape = { applicant: { name: '' } }
    assert.equal(nameOf({ type: '2', name: '测试乙科技有限公司' }), '测试乙科技有限公司')
    assert.equal(nameOf({ type: '1', name: '测试甲' }), '测*')
    assert.equal(nameOf({ name: '测试甲' }), '测*')
    assert.equal(nameOf({ type: ['2'], name: '测试甲' }), '测*')
  })

  it('hides whole what is no text', () => {
    const document = {
      applicant: { idNumber: 410101190001010000, name: { first: '测' } },
      numbers: [[1], null, true],
    }
    assert.deepEqual(maskDocument(document, fields), {
      applicant: { idNumber: '***', name: '***' },
      numbers: ['***', null, '***'],
    })
  })

  it('takes documents of any other shape', () => {
    for (const document of [
      null,
      undefined,
      'text',
      7,
      [],
      [{}],
      { applicant: null },
      { applicant: [] },
      { agents: {} },
    ]) {
      assert.deepEqual(maskDocument(document, fields), document)
    }
  })

  it('does not mistake an inherited member for a field', () => {
    assert.deepEqual(maskDocument({}, [{ pointer: '/toString', kind: 'name' }]), {})
    assert.deepEqual(maskDocument({}, [{ pointer: '/__proto__', kind: 'name' }]), {})
  })
})
