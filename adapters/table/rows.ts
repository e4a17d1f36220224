/** From the body that the format wrote to the rows that are to stand in the tables. Pure. */
import type { Outbound } from '../../hub/contract/adapter.ts'
import { beijingTime } from '../../hub/contract/clock.ts'
import { Rejected } from '../../hub/contract/errors.ts'
import type { Text } from './session.ts'

export interface TableConfig {
  readonly name: string
  readonly schema?: string
  /** Columns that the format may fill. */
  readonly columns: readonly string[]
  readonly key: readonly string[]
  readonly version?: string
  readonly operation?: {
    readonly column: string
    readonly default?: string
    readonly values?: readonly string[]
  }
  readonly time?: readonly string[]
  readonly batch?: { readonly column: string; readonly everyMinutes?: number }
  readonly flag?: { readonly column: string; readonly value?: string }
  readonly messageId?: string
  readonly fixed?: Readonly<Record<string, string>>
}

export interface PlannedRow {
  readonly table: TableConfig
  /** Everything that is written, but for a version that follows. */
  readonly values: ReadonlyMap<string, Text>
  /** Columns by which the same row is recognised when it comes again: what the reader changes and the time are not among them. */
  readonly compared: readonly string[]
  /** The version is one more than the highest that the table has for the rest of the key. */
  readonly versionFollows: boolean
}

const MAX_ROWS = 1_000
const OPERATIONS = ['I', 'U', 'D']

/** @throws Rejected where the body is no list of rows, or goes beyond what the configuration lists */
export function rowsOf(
  message: Outbound,
  tables: readonly TableConfig[],
  nowMs: number,
): readonly PlannedRow[] {
  const seen = new Map<string, number>()
  return entriesOf(message).map((entry, index) => {
    const at = `rows[${index}]`
    const { table: name, row } = entry
    const table = tables.find((candidate) => candidate.name === name)
    if (table === undefined) {
      throw refusal(
        `${at} goes to table ${String(name).slice(0, 100)}, which the configuration does not list.`,
      )
    }
    const count = (seen.get(table.name) ?? 0) + 1
    seen.set(table.name, count)
    return planned(table, givenOf(row, table, at), message.messageId, count, nowMs, at)
  })
}

interface Entry {
  readonly table: unknown
  readonly row: unknown
}

function entriesOf({ body, contentType }: Outbound): readonly Entry[] {
  const charset = /charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  if (!/^utf-?8$/i.test(charset)) throw refusal(`The body is declared as ${charset}; rows are read as UTF-8.`)
  const document = documentOf(body)
  const rows = isObject(document) && Object.keys(document).join() === 'rows' ? document.rows : undefined
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > MAX_ROWS) {
    throw refusal(`The body must be {"rows": [{"table": …, "row": {…}}]} with 1 to ${MAX_ROWS} rows.`)
  }
  for (const [index, entry] of rows.entries()) {
    if (!isObject(entry) || Object.keys(entry).sort().join() !== 'row,table' || !isObject(entry.row)) {
      throw refusal(`rows[${index}] must have table and row, and nothing else.`)
    }
  }
  return rows as Entry[]
}

function documentOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw refusal('The body is not JSON in UTF-8.', error)
  }
}

function givenOf(row: unknown, table: TableConfig, at: string): ReadonlyMap<string, Text> {
  const given = new Map<string, Text>()
  const own = ownColumns(table)
  for (const [column, value] of Object.entries(row as object)) {
    const place = `${at}, column ${column.slice(0, 100)} of ${table.name}`
    if (!table.columns.includes(column) && !own.includes(column)) {
      throw refusal(`${place}, is not in the configuration's list of columns.`)
    }
    if (value !== null && typeof value !== 'string') {
      throw refusal(
        `${place}, is a ${typeof value}. Every value is text or null: a number could lose digits.`,
      )
    }
    if (value !== null && !value.isWellFormed()) {
      throw refusal(`${place}, holds half a character (a lone surrogate).`)
    }
    given.set(column, value)
  }
  return given
}

/** Columns that this adapter fills where the format does not. */
export function ownColumns(table: TableConfig): readonly string[] {
  return [
    table.messageId,
    table.version,
    table.operation?.column,
    table.batch?.column,
    table.flag?.column,
    ...(table.time ?? []),
    ...Object.keys(table.fixed ?? {}),
  ].filter((column) => column !== undefined)
}

/** Every column that the configuration of the table names. */
export function namedColumns(table: TableConfig): ReadonlySet<string> {
  return new Set([...table.columns, ...table.key, ...ownColumns(table)])
}

function planned(
  table: TableConfig,
  given: ReadonlyMap<string, Text>,
  messageId: string,
  count: number,
  nowMs: number,
  at: string,
): PlannedRow {
  const { operation, batch, flag, time = [], version } = table
  const filled = new Map<string, Text>(Object.entries(table.fixed ?? {}))
  // The second row of one message in the same table has an id of its own.
  if (table.messageId !== undefined)
    filled.set(table.messageId, count === 1 ? messageId : `${messageId}-${count}`)
  if (operation !== undefined) filled.set(operation.column, operation.default ?? 'I')
  if (flag !== undefined) filled.set(flag.column, flag.value ?? '0')
  if (batch !== undefined) filled.set(batch.column, batchNumber(nowMs, batch.everyMinutes ?? 60))
  for (const column of time) filled.set(column, beijingSeconds(nowMs))

  const values = new Map([...filled, ...given])
  const code = operation && values.get(operation.column)
  if (operation !== undefined && !(operation.values ?? OPERATIONS).includes(code ?? '')) {
    throw refusal(
      `${at}: operation ${String(code).slice(0, 20)} in ${operation.column} of ${table.name} is none of ${(operation.values ?? OPERATIONS).join(', ')}.`,
    )
  }
  const versionFollows = version !== undefined && values.get(version) == null
  if (versionFollows) values.delete(version)
  for (const column of table.key) {
    if (values.get(column) == null && !(versionFollows && column === version)) {
      throw refusal(`${at} has no value for ${column}, which belongs to the key of ${table.name}.`)
    }
  }
  const passing = new Set([flag?.column, batch?.column, ...time])
  return {
    table,
    values,
    compared: [...values.keys()].filter((column) =>
      given.has(column) ? column !== flag?.column : !passing.has(column),
    ),
    versionFollows,
  }
}

/** `yyyyMMdd-NN`: the day and the number of its period, from 01, in Beijing time (`cd_batch` of the national tables). */
export function batchNumber(nowMs: number, everyMinutes: number): string {
  const at = beijingTime(nowMs)
  const minute = Number(at.slice(11, 13)) * 60 + Number(at.slice(14, 16))
  const period = 1 + Math.floor(minute / everyMinutes)
  return `${at.slice(0, 10).replaceAll('-', '')}-${String(period).padStart(2, '0')}`
}

/** `yyyy-MM-dd HH:mm:ss`, Beijing time. */
export function beijingSeconds(nowMs: number): string {
  return beijingTime(nowMs).slice(0, 19).replace('T', ' ')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refusal(words: string, cause?: unknown): Rejected {
  return new Rejected('contract', words, { cause })
}
