/** Exchange tables in both directions: rows that the hub wrote are read and marked, letters are rows that the hub reads and marks. */
import type { WireConfig } from '../deployment.ts'
import type { IncomingTable, OutgoingTable, TableSide } from '../formats/partner-format.ts'
import type { Message } from '../party.ts'
import { pause } from '../time.ts'
import { awaitLetter } from './found-letter.ts'
import { type Ask, type Engine, type FrontDatabase, isRepeated, quoted, type Row } from './front-database.ts'
import { HubUnreachable } from './hub-client.ts'
import type { Wire, WireParts } from './wire.ts'

interface NamedDatabase {
  readonly database: { readonly secret: string }
}

const LOOK_EVERY_MS = 60

/** Databases in which the tables were made; both ways of a system share one. */
const prepared = new WeakMap<FrontDatabase, Promise<void>>()

async function databaseOf({ format, grounds }: WireParts, { config }: WireConfig) {
  const { table } = format
  if (table === undefined) throw new Error(`The format ${format.name} does not say how it writes in tables.`)
  const database = await grounds.database((config as NamedDatabase).database.secret)
  const making =
    prepared.get(database) ??
    database.within(async (ask) => {
      for (const statement of table.statements(database.engine)) await ask(statement)
    })
  prepared.set(database, making)
  await making
  return { table, database }
}

/** @throws Error where the database cannot be made, or the format has no side for tables */
export async function openTableReader(parts: WireParts, way: WireConfig): Promise<Wire> {
  const { table, database } = await databaseOf(parts, way)
  const stop = new AbortController()
  const forever = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // A database that is away comes back; until then there is nothing to read.
      await look(parts, table, database).catch(() => undefined)
      await pause(parts.time, LOOK_EVERY_MS, stop.signal).catch(() => undefined)
    }
  }
  return {
    collect: () => void forever(),
    close: async () => stop.abort(new Error('the simulator was stopped')),
  }
}

interface Waiting {
  readonly from: IncomingTable
  readonly document: { readonly table: string; readonly row: Row; readonly details: object }
}

async function look(
  { party, system, onTrouble }: WireParts,
  table: TableSide,
  database: FrontDatabase,
): Promise<void> {
  const waiting = await database.within(async (ask) => {
    const found: Waiting[] = []
    for (const from of table.incoming)
      for (const row of await waitingRows(ask, database.engine, from))
        found.push({
          from,
          document: { table: from.name, row, details: await detailsOf(ask, database.engine, from, row) },
        })
    return found
  })
  const read: (Waiting & { readonly message: Message })[] = []
  for (const entry of waiting) {
    try {
      read.push({ ...entry, message: { ...table.identify(entry.document), document: entry.document } })
    } catch (error) {
      onTrouble(system.id, error)
      await mark(database, entry, 'refused')
    }
  }
  read.sort((one, other) => (one.message.messageId < other.message.messageId ? -1 : 1))
  for (const entry of read) {
    // Tables give no answers: what is not marked is read again.
    if (party.faults.insteadOfHandling() !== undefined) return
    let fate: 'taken' | 'refused' = 'taken'
    try {
      party.take(entry.message)
    } catch (error) {
      onTrouble(system.id, error)
      fate = 'refused'
    }
    if (party.faults.losesAnswer()) return
    await mark(database, entry, fate)
  }
}

function waitingRows(ask: Ask, engine: Engine, { name, flag }: IncomingTable): Promise<readonly Row[]> {
  return ask(`select * from ${quoted(engine, name)} where ${quoted(engine, flag.column)} = ?`, [flag.waiting])
}

async function detailsOf(
  ask: Ask,
  engine: Engine,
  { details = [] }: IncomingTable,
  row: Row,
): Promise<Readonly<Record<string, readonly Row[]>>> {
  const entries: [string, readonly Row[]][] = []
  for (const { table, by, as, orderBy } of details) {
    const where = Object.keys(by).map((column) => `${quoted(engine, column)} = ?`)
    const statement = `select * from ${quoted(engine, table)} where ${where.join(' and ')} order by ${quoted(engine, orderBy)}`
    entries.push([
      as,
      await ask(
        statement,
        Object.values(by).map((column) => row[column] ?? null),
      ),
    ])
  }
  return Object.fromEntries(entries)
}

async function mark(
  { engine, within }: FrontDatabase,
  { from: { name, key, flag }, document: { row } }: Waiting,
  fate: 'taken' | 'refused',
): Promise<void> {
  const where = key.map((column) => `${quoted(engine, column)} = ?`).join(' and ')
  const statement = `update ${quoted(engine, name)} set ${quoted(engine, flag.column)} = ? where ${where}`
  await within((ask) => ask(statement, [flag[fate], ...key.map((column) => row[column] ?? null)]))
}

interface WrittenRow {
  readonly table: string
  readonly row: Row
}

/** @throws Error where the database cannot be made, or the format has no side for tables */
export async function openTableCarrier(parts: WireParts, way: WireConfig): Promise<Wire> {
  const { format, client, time } = parts
  const { table, database } = await databaseOf(parts, way)
  return {
    carrier: {
      carry: async (sending, signal) => {
        const { rows } = JSON.parse(sending.body.toString('utf8')) as { rows: readonly WrittenRow[] }
        await insert(database, rows)
        const refusal = (): Promise<string | undefined> => refusalOf(database, table.outgoing, rows)
        return awaitLetter(sending, { client, time, format, refusal }, signal)
      },
    },
  }
}

/** Rows that stand there already are left: the letter was written before. @throws HubUnreachable */
async function insert({ engine, within }: FrontDatabase, rows: readonly WrittenRow[]): Promise<void> {
  try {
    await within(async (ask) => {
      for (const { table, row } of rows) {
        const columns = Object.keys(row)
        const names = columns.map((column) => quoted(engine, column)).join(', ')
        const marks = columns.map(() => '?').join(', ')
        await ask(`insert into ${quoted(engine, table)} (${names}) values (${marks})`, Object.values(row))
      }
    })
  } catch (error) {
    if (isRepeated(error)) return
    if (isRefusedByDatabase(error)) throw error
    throw new HubUnreachable(`The database: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The statement itself is wrong, and would be next time: a fault of the simulator's. */
function isRefusedByDatabase(error: unknown): boolean {
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  if (typeof code === 'string' && /^(22|23|42)/.test(code)) return true
  return (
    typeof errno === 'number' &&
    errno >= 1000 &&
    errno < 2000 &&
    typeof code === 'string' &&
    code.startsWith('ER_')
  )
}

/** The hub's words about a row of the letter; undefined where it has refused none, or nobody can say now. */
async function refusalOf(
  { engine, within }: FrontDatabase,
  outgoing: readonly OutgoingTable[],
  rows: readonly WrittenRow[],
): Promise<string | undefined> {
  const found = await within(async (ask) => {
    for (const { table, row } of rows) {
      const polled = outgoing.find(({ name }) => name === table)
      if (polled === undefined) continue
      const { key, flag, words } = polled
      const where = [...key, flag.column].map((column) => `${quoted(engine, column)} = ?`).join(' and ')
      const values = [...key.map((column) => row[column] ?? null), flag.refused]
      const [refused] = await ask(`select * from ${quoted(engine, table)} where ${where}`, values)
      if (refused !== undefined) return (words && refused[words]) || `${table}: ${flag.refused}`
    }
    return undefined
  }).catch(() => undefined)
  return found
}
