/**
 * Lines of fields with a delimiter between them ↔ a document of records: the first field of a line tells its kind, and
 * the document has one member for each kind, an object by column names, or a list where the kind stands more than once.
 * Works on text: in GBK and GB 18030 the second byte of a character may look like a delimiter.
 */
import { IntakeError } from '../contract/errors.ts'
import type { DelimitedLayout, RecordColumns } from './media.ts'
import { childPath, scalarText, unwritable } from './unwritable.ts'

type DelimitedRecord = Readonly<Record<string, string>>

/** Blank lines are no records. @throws IntakeError REQUEST_NOT_DELIMITED with line, record and count */
export function readDelimited(text: string, layout: DelimitedLayout): Readonly<Record<string, unknown>> {
  const document: Record<string, DelimitedRecord | DelimitedRecord[]> = {}
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === '') continue
    const { kind, record } = readLine(line, index + 1, layout)
    const known = Object.hasOwn(document, kind) ? document[kind] : undefined
    if (known === undefined) document[kind] = record
    else if (Array.isArray(known)) known.push(record)
    else document[kind] = [known, record]
  }
  if (Object.keys(document).length === 0) throw refuse(1, '', '没有任何记录', 'there are no records')
  return document
}

function readLine(
  line: string,
  number: number,
  { delimiter, records, freeText }: DelimitedLayout,
): { readonly kind: string; readonly record: DelimitedRecord } {
  const fields = line.split(delimiter)
  const kind = fields[0] as string
  const columns = Object.hasOwn(records, kind) ? records[kind] : undefined
  if (columns === undefined) {
    const known = Object.keys(records).join(' ')
    throw refuse(
      number,
      '',
      `第一列不是已知的记录类型（应为 ${known}）`,
      `the first field is none of the kinds of record: ${known}`,
    )
  }
  const surplus = fields.length - columns.length
  const free = Object.hasOwn(freeText, kind) ? freeText[kind] : undefined
  if (surplus < 0 || (surplus > 0 && free === undefined)) {
    throw refuse(
      number,
      kind,
      `记录 ${kind} 应有 ${columns.length} 个字段，实有 ${fields.length} 个`,
      `a record ${kind} has ${columns.length} fields, this one ${fields.length}`,
    )
  }
  if (free !== undefined && surplus > 0) {
    const at = columns.indexOf(free)
    fields.splice(at, surplus + 1, fields.slice(at, at + surplus + 1).join(delimiter))
  }
  return { kind, record: Object.fromEntries(columns.map((name, at) => [name, fields[at] as string])) }
}

function refuse(line: number, record: string, zh: string, en: string): IntakeError {
  const facts = { line, ...(record === '' ? {} : { record }) }
  return new IntakeError('REQUEST_NOT_DELIMITED', `Line ${line}: ${en}`, {
    details: facts,
    faults: [
      {
        code: 'REQUEST_NOT_DELIMITED',
        ...(record === '' ? {} : { source: record }),
        reason: { zh: `第 ${line} 行：${zh}`, en: `Line ${line}: ${en}` },
        facts,
      },
    ],
  })
}

/**
 * Records in the order of the layout, each line ended by a line feed. The first column may be left out of the document:
 * the kind of record fills it.
 * @throws MappingError MAPPING_UNWRITABLE naming the column
 */
export function writeDelimited(document: unknown, layout: DelimitedLayout): string {
  const members = isObject(document) ? document : {}
  const strange = Object.keys(members).find((kind) => !Object.hasOwn(layout.records, kind))
  if (strange !== undefined) throw unwritable(strange, 'the format declares no such record')
  const lines = Object.entries(layout.records).flatMap(([kind, columns]) => {
    const value = Object.hasOwn(members, kind) ? members[kind] : undefined
    if (value === undefined) return []
    if (!Array.isArray(value)) return [writeLine(value, kind, kind, columns, layout)]
    return value.map((one, index) => writeLine(one, `${kind}[${index}]`, kind, columns, layout))
  })
  if (lines.length === 0) throw unwritable('', 'there is no record in it')
  return lines.map((line) => `${line}\n`).join('')
}

function writeLine(
  record: unknown,
  path: string,
  kind: string,
  columns: RecordColumns,
  { delimiter, freeText }: DelimitedLayout,
): string {
  if (!isObject(record)) throw unwritable(path, 'a record is an object with columns')
  const strange = Object.keys(record).find((name) => record[name] !== undefined && !columns.includes(name))
  if (strange !== undefined) throw unwritable(childPath(path, strange), `a record ${kind} has no such column`)
  const fields = columns.map((name, at) => {
    const place = childPath(path, name)
    const text = at === 0 ? scalarText(record[name] ?? kind, place) : scalarText(record[name], place)
    if (at === 0 && text !== kind) throw unwritable(place, `the first column of a record ${kind} is ${kind}`)
    if (/[\r\n]/.test(text)) throw unwritable(place, 'a line break would end the record')
    if (freeText[kind] !== name && text.includes(delimiter))
      throw unwritable(place, `the delimiter ${delimiter} stands in the value`)
    return text
  })
  return fields.join(delimiter)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
