/**
 * A sample of delimited text, with the layout that a package may declare for it. Either its lines begin with a capital
 * letter that tells their kind, or its first line names the fields and the second is the message.
 */
import { IntakeError, MappingError } from '../../../contract/errors.ts'
import { readDelimited, writeDelimited } from '../../../document/delimited.ts'
import type { DelimitedLayout } from '../../../document/media.ts'
import { readCsv } from '../../csv.ts'
import { UsageError } from '../tool-host.ts'

export interface DelimitedSample {
  readonly document: Readonly<Record<string, unknown>>
  readonly delimited: DelimitedLayout
  /** One message of the sample. */
  readonly text: string
  readonly gap: string
}

const DELIMITERS = ['\t', '|', ';', ',']

/** @throws UsageError */
export function delimitedSample(text: string): DelimitedSample {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '')
  const [first = ''] = lines
  const delimiter = DELIMITERS.find((one) => first.includes(one))
  if (delimiter === undefined)
    throw new UsageError(
      'The sample is neither JSON, XML nor a form, and its first line names no fields with , ; | or tab between them.',
    )
  const rows = lines.map((line) => line.split(delimiter))
  const hasKinds = rows.every(([kind]) => /^[A-Z]$/.test(kind as string))
  const { layout, message } = hasKinds ? byKind(rows, delimiter) : byNames(text, delimiter)
  try {
    const whole = writeDelimited(message, layout)
    return {
      document: readDelimited(whole, layout),
      delimited: layout,
      text: whole.trimEnd(),
      gap: hasKinds
        ? 'what the columns are called'
        : 'the first field of a line tells its kind; the sample has none, here it is D',
    }
  } catch (error) {
    if (!(error instanceof IntakeError || error instanceof MappingError)) throw error
    throw new UsageError(`The sample is delimited text that cannot be read: ${error.message}`)
  }
}

interface Found {
  readonly layout: DelimitedLayout
  readonly message: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** The first line of each kind. Nothing says what its columns are called. */
function byKind(rows: readonly (readonly string[])[], delimiter: string): Found {
  const firsts = new Map(rows.toReversed().map((row) => [row[0] as string, row]))
  const kinds = [...new Set(rows.map(([kind]) => kind as string))]
  const records = kinds.map((kind): [string, string[]] => {
    const row = firsts.get(kind) ?? []
    return [kind, row.map((_field, at) => (at === 0 ? 'type' : `F${at + 1}`))]
  })
  const message = records.map(([kind, columns]): [string, Record<string, string>] => {
    const row = firsts.get(kind) ?? []
    return [kind, Object.fromEntries(columns.map((name, at) => [name, row[at] ?? '']))]
  })
  return {
    layout: { delimiter, records: Object.fromEntries(records), freeText: {} },
    message: Object.fromEntries(message),
  }
}

function byNames(text: string, delimiter: string): Found {
  const rows =
    delimiter === ','
      ? readCsv(text).map(({ cells }) => cells)
      : text.split(/\r\n|\n|\r/).map((line) => line.split(delimiter).map((cell) => cell.trim()))
  const [names = [], values = []] = rows
  const columns = ['type']
  const record: Record<string, string> = { type: 'D' }
  for (const [index, name] of names.entries()) {
    // As a path of a mapping can say it.
    const column = name
      .trim()
      .replaceAll(/[.\s]+/g, '_')
      .slice(0, 64)
    if (column === '' || columns.includes(column)) continue
    columns.push(column)
    record[column] = values[index] ?? ''
  }
  return { layout: { delimiter, records: { D: columns }, freeText: {} }, message: { D: record } }
}
