/** Rows into their tables: each is inserted, or found to stand there already; what the database made of it is read back. */
import { Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { columnOf } from './catalogue.ts'
import { isSameValue } from './column.ts'
import type { TableFacts } from './dialect.ts'
import type { PlannedRow } from './rows.ts'
import { DatabaseFault, type Session, type Text } from './session.ts'
import { Statement } from './statement.ts'

export interface Written {
  /** Rows that stood there already, as they are. */
  readonly repeated: number
  readonly inserted: number
}

/** A row on its way, with what the catalogue says of its table. */
export interface FittingRow extends PlannedRow {
  readonly facts: TableFacts
}

/** Versions of one key that are looked through for the same content. */
const MAX_VERSIONS = 1_000

/**
 * Within a transaction that the caller has begun, and that it rolls back when this throws.
 *
 * @param readsBack compare what stands in the table afterwards with what was given
 * @throws Rejected where a row does not fit, or another stands in its place; RetryLater where somebody else wrote the same
 * version just now; DatabaseFault
 */
export async function writeRows(
  session: Session,
  rows: readonly FittingRow[],
  readsBack: boolean,
): Promise<Written> {
  let repeated = 0
  for (const row of rows) {
    assertFits(session, row)
    if (await writeRow(session, row, readsBack)) repeated++
  }
  return { repeated, inserted: rows.length - repeated }
}

/** True where every row of the message stands in its table as it would be written now. @throws DatabaseFault */
export async function allStand(session: Session, rows: readonly FittingRow[]): Promise<boolean> {
  for (const row of rows) {
    const there = row.versionFollows
      ? await versionsOf(session, row)
      : await standing(session, row, row.values)
    if (!there.some((shown) => differing(row, shown).length === 0)) return false
  }
  return true
}

/** True where the row stood there already. */
async function writeRow(session: Session, row: FittingRow, readsBack: boolean): Promise<boolean> {
  const values = new Map(row.values)
  await session.run('savepoint hub_row')
  try {
    if (row.versionFollows) {
      const versions = await versionsOf(session, row)
      if (versions.some((shown) => differing(row, shown).length === 0)) return true
      values.set(row.table.version as string, nextVersion(versions, row.table.version as string))
    }
    await insert(session, row, values)
  } catch (error) {
    if (!(error instanceof DatabaseFault)) throw error
    if (error.kind === 'duplicate') return isRepeated(session, row, values, error)
    if (error.kind === 'contract') throw await explained(session, row, values, error)
    throw error
  }
  if (readsBack) await assertKept(session, row, values)
  return false
}

async function insert(
  session: Session,
  { facts }: FittingRow,
  values: ReadonlyMap<string, Text>,
): Promise<void> {
  const { dialect } = session
  const statement = new Statement(dialect)
  const names: string[] = []
  const parameters: string[] = []
  for (const [name, value] of values) {
    const column = columnOf(facts, name)
    names.push(statement.column(column))
    parameters.push(dialect.written(column, statement.value(value)))
  }
  await statement.run(
    session,
    `insert into ${statement.table(facts)} (${names.join(', ')}) values (${parameters.join(', ')})`,
  )
}

async function isRepeated(
  session: Session,
  row: FittingRow,
  values: ReadonlyMap<string, Text>,
  fault: DatabaseFault,
): Promise<true> {
  await session.run('rollback to savepoint hub_row')
  if (row.versionFollows) {
    throw new RetryLater(`Another writer has taken the next version in ${row.table.name}.`, { cause: fault })
  }
  const [shown] = await standing(session, row, values)
  if (shown === undefined) {
    throw refused(
      `A unique key of ${row.table.name} beside ${row.table.key.join(', ')} is taken: ${fault.message}`,
      fault,
    )
  }
  const columns = differing(row, shown)
  if (columns.length === 0) return true
  throw refused(
    `Another row with the same key (${row.table.key.join(', ')}) stands in ${row.table.name}; it differs in ${columns.join(', ')}. A correction needs a version of its own.`,
    fault,
  )
}

/** Rows with this key, as the database shows the columns that are compared. */
async function standing(
  session: Session,
  row: FittingRow,
  values: ReadonlyMap<string, Text>,
): Promise<ReadonlyMap<string, Text>[]> {
  return select(session, row, row.table.key, values, new Set([...row.compared, ...values.keys()]), 2)
}

/** All rows with this key but for the version. */
function versionsOf(session: Session, row: FittingRow): Promise<ReadonlyMap<string, Text>[]> {
  const { key, version = '' } = row.table
  const fixed = key.filter((column) => column !== version)
  return select(session, row, fixed, row.values, new Set([...row.compared, version]), MAX_VERSIONS)
}

async function select(
  session: Session,
  { facts }: FittingRow,
  by: readonly string[],
  values: ReadonlyMap<string, Text>,
  wanted: ReadonlySet<string>,
  limit: number,
): Promise<ReadonlyMap<string, Text>[]> {
  const statement = new Statement(session.dialect)
  const columns = [...wanted].map((name) => columnOf(facts, name))
  const shown = columns.map((column) => session.dialect.shown(column))
  const conditions = by.map((name) => statement.equal(columnOf(facts, name), values.get(name) ?? null))
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  const { rows } = await statement.run(
    session,
    `select ${shown.join(', ')} from ${statement.table(facts)} ${where} limit ${limit}`,
  )
  return rows.map((row) => new Map(columns.map(({ name }, index) => [name, row[index] ?? null])))
}

/** Names of the compared columns that hold something else. */
function differing({ facts, compared, values }: FittingRow, shown: ReadonlyMap<string, Text>): string[] {
  return compared.filter(
    (name) => !isSameValue(columnOf(facts, name), values.get(name) ?? null, shown.get(name) ?? null),
  )
}

function nextVersion(versions: readonly ReadonlyMap<string, Text>[], column: string): string {
  let highest = 0n
  for (const version of versions) {
    const digits = /^\s*(\d{1,18})(?:\.0*)?\s*$/.exec(version.get(column) ?? '')?.[1]
    if (digits !== undefined && BigInt(digits) > highest) highest = BigInt(digits)
  }
  return String(highest + 1n)
}

/** What the engines would cut without a word, or answer by ending the connection. */
function assertFits({ dialect }: Session, { facts, values, table }: FittingRow): void {
  let bytes = 0
  for (const [name, value] of values) {
    if (value === null) continue
    const { maxCharacters = Number.POSITIVE_INFINITY } = columnOf(facts, name)
    const characters = value.length <= maxCharacters ? value.length : [...value].length
    if (characters > maxCharacters) {
      throw refused(
        `Column ${name} of ${table.name} holds ${maxCharacters} characters; the text has ${characters}.`,
      )
    }
    if (!dialect.takesNul && value.includes('\0')) {
      throw refused(`Column ${name} of ${table.name} cannot hold the character U+0000.`)
    }
    bytes += Buffer.byteLength(value)
  }
  if (bytes + 4096 > dialect.maxStatementBytes) {
    throw refused(
      `A row of ${table.name} has ${bytes} bytes; the database takes statements of ${dialect.maxStatementBytes}.`,
    )
  }
}

/** The row as it stands now is the row that was given: nothing cut, rounded, replaced, or turned by a trigger. */
async function assertKept(
  session: Session,
  row: FittingRow,
  values: ReadonlyMap<string, Text>,
): Promise<void> {
  const [shown] = await standing(session, row, values)
  if (shown === undefined) {
    throw refused(`${row.table.name} does not show the row that was just written under its key.`)
  }
  for (const [name, value] of values) {
    const column = columnOf(row.facts, name)
    // How a type of a kind of its own is written back is its own affair.
    if (column.kind === 'other') continue
    if (!isSameValue(column, value, shown.get(name) ?? null)) {
      throw refused(
        `Column ${name} of ${row.table.name} (${column.type}) does not keep the value as it was given: it would be cut, rounded or replaced.`,
      )
    }
  }
}

/** The fault with the column's name, where the engine can be brought to tell it. */
async function explained(
  session: Session,
  row: FittingRow,
  values: ReadonlyMap<string, Text>,
  fault: DatabaseFault,
): Promise<Rejected> {
  const { name: table } = row.table
  const character = characterIn(fault.message)
  if (character !== undefined) {
    const column = fault.column ?? [...values].find(([, value]) => value?.includes(character))?.[0] ?? '?'
    const point = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
    return refused(
      `Column ${column} of ${table} cannot hold the character ${character} (U+${point}): its character set has none. ${fault.message}`,
      fault,
    )
  }
  const column = fault.column ?? (await unfitting(session, row, values, fault))
  return refused(`${column === undefined ? table : `Column ${column} of ${table}`}: ${fault.message}`, fault)
}

/** The first column whose value alone meets the same trouble. */
async function unfitting(
  session: Session,
  { facts }: FittingRow,
  values: ReadonlyMap<string, Text>,
  { code }: DatabaseFault,
): Promise<string | undefined> {
  const { conversion } = session.dialect
  if (conversion === undefined || code?.startsWith('22') !== true) return undefined
  for (const [name, value] of values) {
    await session.run('rollback to savepoint hub_row')
    try {
      await session.run(conversion(columnOf(facts, name)), [value])
    } catch (error) {
      if (error instanceof DatabaseFault && error.code === code) return name
      throw error
    }
  }
  return undefined
}

/** The character that the engine's words spell in bytes: `\xF0\xA0\xAE\xB7` (1366), `0xf0 0xa0 0xae 0xb7` (22P05). */
export function characterIn(words: string): string | undefined {
  const bytes =
    /Incorrect string value: '((?:\\x[0-9A-F]{2})+)/i.exec(words)?.[1] ??
    /byte sequence ((?:0x[0-9a-f]{2} ?)+)in encoding "UTF8" has no equivalent/i.exec(words)?.[1]
  if (bytes === undefined) return undefined
  const text = Buffer.from(bytes.replace(/\\x|0x|\s/gi, ''), 'hex').toString('utf8')
  return [...text][0]
}

function refused(words: string, cause?: DatabaseFault): Rejected {
  return new Rejected('contract', words, { cause, answer: Buffer.from(cause?.message ?? words) })
}
