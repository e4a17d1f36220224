import assert from 'node:assert/strict'
import { refused } from '../../listener-conformance.ts'
import { MOST_ROWS, problemRow, type ReportRow, reportBytes, rowsOf } from './report.ts'

const COUNTS = { details: 3, accepted: 1, refused: 2 }

function text(rows: readonly ReportRow[], charset: 'utf-8' | 'gbk' | 'gb18030' = 'utf-8'): string {
  return new TextDecoder(charset, { fatal: true }).decode(reportBytes('a.txt', rows, COUNTS, charset))
}

const ROW: ReportRow = { line: 2, id: '17', code: 'FIELD_REQUIRED', zh: '缺少必填项', en: 'missing' }

describe('the report of a file', () => {
  it('has a row for each fault of a line', () => {
    const outcome = {
      ...refused(''),
      faults: [
        { code: 'FIELD_REQUIRED', source: 'detail.name', reason: { zh: '缺少必填项', en: 'missing' } },
        { code: 'DATE_INVALID', reason: { zh: '日期不存在', en: 'no such day' } },
      ],
    } as Parameters<typeof rowsOf>[0]
    assert.deepEqual(rowsOf(outcome, { line: 2, id: '17' }), [
      { line: 2, id: '17', code: 'FIELD_REQUIRED', field: 'detail.name', zh: '缺少必填项', en: 'missing' },
      { line: 2, id: '17', code: 'DATE_INVALID', zh: '日期不存在', en: 'no such day' },
    ])
  })

  it('has a row with the words where there is no fault', () => {
    const [row] = rowsOf(refused('缺少 taskCode') as Parameters<typeof rowsOf>[0], { line: 2 })
    assert.deepEqual(row, {
      line: 2,
      code: 'MESSAGE_NOT_VALID',
      zh: '报文内容有误：缺少 taskCode',
      en: 'The message is not valid',
    })
  })

  it('stays a table whatever stands in a cell', () => {
    const line = text([{ ...ROW, id: 'a|b\r\n3|x' }]).split('\r\n')[3]
    assert.equal(line, '2|a｜b 3｜x|FIELD_REQUIRED||缺少必填项|missing')
  })

  it('writes a character that the set lacks as its number, never as ?', () => {
    const rare = [{ ...ROW, id: '𠮷' }]
    assert.match(text(rare, 'gbk'), /&#x20BB7;/)
    assert.match(text(rare, 'gb18030'), /𠮷/)
  })

  it('says how many lines there were, or that nothing was taken', () => {
    assert.match(
      text([ROW]),
      /^# a\.txt\r\n# 明细 3 条，接收 1 条，退回 2 条 \/ 3 detail lines, 1 taken, 2 refused\r\n/,
    )
    const whole = reportBytes('a.txt', [problemRow({ code: 'FILE_EMPTY' })], undefined, 'utf-8').toString()
    assert.match(whole, /整份退回.*\r\n行号.*\r\n\|\|FILE_EMPTY\|\|文件为空\|The file is empty\r\n$/)
  })

  it('does not grow without end', () => {
    const lines = text(Array.from({ length: MOST_ROWS + 1 }, () => ROW)).split('\r\n')
    assert.equal(lines.length, 4 + MOST_ROWS + 1)
    assert.match(lines[2] ?? '', /仅列前 10000 项/)
  })
})
