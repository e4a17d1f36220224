import assert from 'node:assert/strict'
import { type CodeTableDeclaration, readCodeTable } from './code-table.ts'

const header = 'partner,canonical,label,note,preferred\n'

function read(rows: string, declaration: Partial<CodeTableDeclaration> = {}) {
  return readCodeTable(
    'result',
    header + rows,
    { direction: 'both', ...declaration },
    'mappings/x/codes/result.csv',
  )
}

function codesOf(rows: string, declaration: Partial<CodeTableDeclaration> = {}): string[] {
  return read(rows, declaration).faults.map(
    ({ code, file }) => `${code} ${file.replace('mappings/x/codes/', '')}`,
  )
}

describe('readCodeTable', () => {
  it('translates both ways', () => {
    const { table, faults } = read('0,granted,出证办结,\n1,denied,不予,\n')
    assert.deepEqual(faults, [])
    assert.equal(table.toCanonical.get('0'), 'granted')
    assert.equal(table.toPartner.get('denied'), '1')
  })

  it('takes the preferred row where a code has several counterparts, each way on its own', () => {
    const { table, faults } = read('16,414,护照,,both\n16,412,公务护照,,\n02,811,,,\n811,811,,,out\n')
    assert.deepEqual(faults, [])
    assert.equal(table.toCanonical.get('16'), '414')
    assert.equal(table.toPartner.get('412'), '16')
    assert.equal(table.toCanonical.get('02'), '811')
    assert.equal(table.toPartner.get('811'), '811')
  })

  it('refuses several counterparts of which none, or more than one, is preferred', () => {
    assert.deepEqual(codesOf('1,a,,,\n2,a,,,\n'), ['FORMAT_CODE_AMBIGUOUS result.csv:3'])
    assert.deepEqual(codesOf('1,a,,,out\n2,a,,,both\n'), ['FORMAT_CODE_AMBIGUOUS result.csv:3'])
    assert.deepEqual(codesOf('1,a,,,\n2,a,,,\n', { direction: 'in' }), [])
    assert.deepEqual(codesOf('1,a,,,\n1,b,,,\n', { direction: 'out' }), [])
  })

  it('refuses a pair that stands twice, a row without canonical code, and a word that is no preference', () => {
    assert.deepEqual(codesOf('1,a,,,\n1,a,,,\n'), ['FORMAT_CODE_DUPLICATE result.csv:3'])
    assert.deepEqual(codesOf('1,,,,\n'), ['FORMAT_CODE_ROW result.csv:2'])
    assert.deepEqual(codesOf('1,a,,,yes\n'), ['FORMAT_CODE_ROW result.csv:2'])
    assert.deepEqual(codesOf('1,a,,,,more\n'), ['FORMAT_CODE_ROW result.csv:2'])
  })

  it('refuses a table whose first line does not name the columns', () => {
    const { faults } = readCodeTable(
      'x',
      'code,canonical,label,note\n1,a,,\n',
      { direction: 'both' },
      'x.csv',
    )
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['FORMAT_CODE_HEADER'],
    )
  })

  it('demands a row for every canonical and every partner code, unless a reason is given', () => {
    const declaration: Partial<CodeTableDeclaration> = {
      canonical: ['granted', 'denied'],
      partner: ['0', '1', '3'],
    }
    assert.deepEqual(codesOf('0,granted,,\n', declaration), [
      'FORMAT_CODE_MISSING result.csv',
      'FORMAT_CODE_MISSING result.csv',
      'FORMAT_CODE_MISSING result.csv',
    ])
    const without = { canonical: { denied: '对方没有' }, partner: { 1: '查明', 3: '查明' } }
    assert.deepEqual(codesOf('0,granted,,\n', { ...declaration, without }), [])
    assert.deepEqual(codesOf('0,granted,,\n1,denied,,\n', { ...declaration, without }), [
      'FORMAT_CODE_ROW result.csv',
      'FORMAT_CODE_ROW result.csv',
    ])
    assert.deepEqual(codesOf('0,granted,,\n', { canonical: ['granted', 'denied'], direction: 'in' }), [])
  })

  it('refuses a row for a canonical code that there is not', () => {
    assert.deepEqual(codesOf('0,grantd,,\n', { canonical: ['granted'], direction: 'in' }), [
      'FORMAT_CODE_UNKNOWN result.csv:2',
    ])
  })

  it('gives booleans where the canonical codes are booleans', () => {
    const { table, faults } = read('0,true,,\n1,false,,\n', { canonical: [true, false] })
    assert.deepEqual(faults, [])
    assert.equal(table.toCanonical.get('0'), true)
    assert.equal(table.toCanonical.get('1'), false)
    assert.equal(table.toPartner.get('true'), '0')
  })
})
