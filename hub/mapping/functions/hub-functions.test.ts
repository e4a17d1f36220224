import assert from 'node:assert/strict'
import { readCodeTable } from '../code-table.ts'
import { compile } from '../engine/compile.ts'
import { FaultMarker, type Refusals } from '../fault-marker.ts'
import { showable } from './hub-function.ts'
import { hubFunctions } from './hub-functions.ts'

const { table } = readCodeTable(
  'way',
  'partner,canonical,label,note\n1,online,,\n,window,,\n',
  { direction: 'both', without: { partner: { 3: '查明原因' } } },
  'way.csv',
)
const functions = hubFunctions(new Map([['way', table]]), new Set(['', 'null', '无']))

/** The value of an expression over `{v: value}`, and what was refused. */
function run(expression: string, v?: unknown): { readonly value: unknown; readonly codes: string[] } {
  const context: Refusals = { markers: [] }
  const value = compile(expression, { functions }).evaluate({ v }, { nowMs: 0, context })
  return {
    value: value instanceof FaultMarker ? 'refused' : value,
    codes: context.markers.map(({ fault }) => fault.code),
  }
}
const settled = (expression: string, v?: unknown): unknown => {
  const { value, codes } = run(expression, v)
  assert.deepEqual(codes, [])
  return value
}

describe('hub functions', () => {
  it('give nothing for nothing, null and the null words', () => {
    for (const name of [
      'readTime(v, "yyyyMMdd")',
      'writeDate(v, "yyyyMMdd")',
      'present(v)',
      'residentId(v)',
      'creditCode(v)',
      'mobile(v)',
      'region6(v)',
      'integer(v)',
    ]) {
      for (const nothing of [undefined, null, '', ' ', 'null', '无'])
        assert.equal(settled(`$${name}`, nothing), undefined, `${name} ${nothing}`)
    }
    for (const nothing of [undefined, null, '无'])
      assert.equal(settled('$toCanonical("way", v)', nothing), undefined)
  })

  it('hand on the marker of a refused value without refusing it again', () => {
    const { value, codes } = run(
      '$readDate($integer($present($mobile($toCanonical("way", v)))), "yyyyMMdd")',
      '7',
    )
    assert.equal(value, 'refused')
    assert.deepEqual(codes, ['CODE_UNMAPPED'])
  })

  it('translate codes by the table, numbers too, and refuse what it does not have', () => {
    assert.equal(settled('$toCanonical("way", v)', '1'), 'online')
    assert.equal(settled('$toCanonical("way", v)', 1), 'online')
    assert.equal(settled('$toCanonical("way", v)', ' 1 '), 'online')
    assert.equal(settled('$toPartner("way", v)', 'online'), '1')
    // A row makes a null word a code.
    assert.equal(settled('$toCanonical("way", v)', ''), 'window')
    for (const value of ['2', true, {}, []])
      assert.deepEqual(run('$toCanonical("way", v)', value), { value: 'refused', codes: ['CODE_UNMAPPED'] })
  })

  it('tell the reason that is written down for a code without counterpart, and none that is not', () => {
    const said = (v: string): string | undefined => {
      const context: Refusals = { markers: [] }
      compile('$toCanonical("way", v)', { functions }).evaluate({ v }, { nowMs: 0, context })
      return context.markers[0]?.fault.reason.zh
    }
    assert.equal(said(' 3 '), '代码表 way 中没有该值的对照：查明原因')
    assert.equal(said('constructor'), '代码表 way 中没有该值的对照')
  })

  it('read and write dates, and refuse those that do not exist', () => {
    assert.equal(
      settled('$readTime(v, "yyyy-MM-dd HH:mm:ss")', '2026-09-30 10:12:05'),
      '2026-09-30T10:12:05+08:00',
    )
    assert.equal(settled('$readDate(v, "yyyyMMdd")', 20260930), '2026-09-30')
    assert.equal(settled('$writeTime(v, "epoch-ms")', '2026-09-30T10:12:05+08:00'), 1790734325000)
    assert.equal(settled('$writeDate(v, "yyyy/MM/dd")', '2026-09-30'), '2026/09/30')
    for (const value of ['20260931', '2026-09-30', true, {}])
      assert.deepEqual(run('$readDate(v, "yyyyMMdd")', value).codes, ['DATE_INVALID'])
  })

  it('tidy identity numbers and credit codes; wrong ones pass unchanged', () => {
    assert.equal(settled('$residentId(v)', ' 41132519850312402x '), '41132519850312402X')
    assert.equal(settled('$residentId(v)', '410101900101001'), '410101199001010016')
    assert.equal(settled('$residentId(v)', '410101199001010017'), '410101199001010017')
    assert.equal(settled('$residentId(v)', 'x'), 'x')
    assert.equal(settled('$creditCode(v)', ' 91410101ma9t00018x'), '91410101MA9T00018X')
    assert.deepEqual(settled('$creditCode(v)', { a: 1 }), { a: 1 })
  })

  it('tidy mobile numbers and leave other telephone numbers as they are', () => {
    for (const text of [
      '13800000001',
      '+86 138-0000-0001',
      '008613800000001',
      '8613800000001',
      13800000001,
    ]) {
      assert.equal(settled('$mobile(v)', text), '13800000001')
    }
    assert.equal(settled('$mobile(v)', ' 0371-65500000 '), '0371-65500000')
    assert.equal(settled('$mobile(v)', '13800000001/13800000002'), '13800000001/13800000002')
  })

  it('cut twelve-digit region codes to six only where nothing is lost', () => {
    assert.equal(settled('$region6(v)', '410526000000'), '410526')
    assert.equal(settled('$region6(v)', '410526'), '410526')
    assert.equal(settled('$region6(v)', '410000000000'), '410000')
    assert.equal(settled('$region6(v)', '410526101000'), '410526101000')
  })

  it('read whole numbers and refuse others', () => {
    assert.equal(settled('$integer(v)', '2'), 2)
    assert.equal(settled('$integer(v)', ' -3 '), -3)
    assert.equal(settled('$integer(v)', 4), 4)
    for (const value of ['2.0', 'two', 1.5, 2 ** 53, true, '9'.repeat(16)])
      assert.deepEqual(run('$integer(v)', value).codes, ['FIELD_TYPE'])
  })

  it('give a part only where it has members', () => {
    assert.deepEqual(settled('$part({ "a": v, "b": x })', 1), { a: 1 })
    assert.equal(settled('$part({ "a": x })'), undefined)
    assert.equal(settled('$part(v)', 'text'), 'text')
    assert.equal(run('$part({ "a": $integer(v) })', 'x').codes.length, 1)
  })
})

describe('showable', () => {
  it('shows codes and dates, and nothing that may be personal', () => {
    for (const value of ['9', 'HN-ZJ-0017', '2026-02-31 10:12:05', '20260231101205', 7, true])
      assert.equal(showable(value), value)
    for (const value of [
      '测试甲',
      '410101199001010016',
      '41132519850312402X',
      '410101900101001',
      '13800000001',
      13800000001,
      'x'.repeat(33),
      {},
      null,
    ]) {
      assert.equal(showable(value), undefined)
    }
  })
})
