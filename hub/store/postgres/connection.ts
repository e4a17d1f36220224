/** The only file that knows the package pg: sessions from a pool, and one that listens, described by what we use. */
import pg from 'pg'
import { StoreError } from '../../contract/errors.ts'
import type { DatabaseAddress } from './database-url.ts'
import { connectErrorOf, storeErrorOf } from './postgres-errors.ts'
import { storedText } from './rows-of.ts'

/** Bytes go as bytea, lists of texts as text[]. */
export type Value = string | number | boolean | null | Uint8Array | readonly string[]
export type Row = Record<string, unknown>

export interface Statement {
  readonly sql: string
  readonly values?: readonly Value[]
  /** May take as long as it takes: a migration, or waiting for another node's. */
  readonly isSlow?: boolean
}

/** One connection to the server, for as long as it is not given back. */
export interface Session {
  /** The server has answered something since the session was taken. */
  readonly hasAnswered: boolean
  /**
   * Sends all statements at once, each prepared under its text the first time, and answers their rows when the last is
   * done: one trip to the server. Throws the first error, as a `StoreError` where an operator can mend it; the statements
   * after it were tried too, so they stand inside a transaction or do not depend on it.
   */
  send(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>
  /** Once. A session that was lost is not used again. */
  giveBack(): void
}

export interface Sessions {
  /** Most sessions at a time. */
  readonly size: number
  /** Waits for a free session. Throws `StoreError` STORE_UNAVAILABLE, or STORE_BUSY where none becomes free. */
  take(): Promise<Session>
  /** True for the server's process id of one of these sessions. */
  isOwn(processId: number): boolean
  /** Waits until all are given back. Once. */
  close(): Promise<void>
}

/** How long to wait for a connection, or for a free session. */
const CONNECT_MS = 5_000
/** Longer than the server itself would try (statement_timeout): the network, or the whole server, is gone. */
const ANSWER_MS = 40_000
const SLOW_MS = 86_400_000
const IDLE_MS = 60_000
const KEEP_ALIVE_MS = 10_000

const NO_FREE_SESSION = 'timeout exceeded when trying to connect'
const NO_ANSWER = 'Query read timeout'

const INT8 = 20
/** Positions, times and counts are all far below 2^53. */
const types = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

function settingsOf({ connectionString, options }: DatabaseAddress) {
  return {
    connectionString,
    options,
    types,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    fallback_application_name: 'hub',
    // Statements are sent without waiting for the answer of the one before: https://node-postgres.com/features/pipelining
    pipeline: true,
  }
}

/** Connects when a session is taken, not before. */
export function openSessions(address: DatabaseAddress, size: number): Sessions {
  const pool = new pg.Pool({ ...settingsOf(address), max: size, idleTimeoutMillis: IDLE_MS })
  /** By server process: sessions of this pool that are connected. */
  const living = new Map<number, pg.PoolClient>()
  const lost = new WeakSet<pg.PoolClient>()

  pool.on('connect', (client) => {
    const processId = processIdOf(client)
    living.set(processId, client)
    client.on('error', () => lost.add(client))
    client.once('end', () => {
      lost.add(client)
      if (living.get(processId) === client) living.delete(processId)
    })
  })
  // An idle session that is lost is of no concern: the pool has dropped it already.
  pool.on('error', () => {})

  const sessionOn = (client: pg.PoolClient): Session => {
    let hasAnswered = false
    return {
      get hasAnswered() {
        return hasAnswered
      },
      async send(statements) {
        const answers = await Promise.allSettled(statements.map((statement) => ask(client, statement)))
        return answers.map((answer) => {
          if (answer.status === 'rejected') {
            const isSilent = answer.reason?.message === NO_ANSWER
            if (isSilent) lost.add(client)
            throw storeErrorOf(answer.reason, isSilent ? 'silent' : lost.has(client) ? 'lost' : 'stands')
          }
          hasAnswered = true
          return answer.value
        })
      },
      giveBack: () => client.release(lost.has(client)),
    }
  }

  return {
    size,
    take: () =>
      pool.connect().then(sessionOn, (error: Error) => {
        if (error.message !== NO_FREE_SESSION) throw connectErrorOf(error, address.place)
        const words = `All ${size} connections to the database have been busy for ${CONNECT_MS} ms; try again.`
        throw new StoreError('STORE_BUSY', words, { cause: error })
      }),
    isOwn: (processId) => living.has(processId),
    close: () => pool.end(),
  }
}

/** A session that does nothing but listen. */
export interface Listening {
  /** Rejects where the server does not answer any more. */
  check(): Promise<void>
  /** Safe twice, and after it was lost. */
  close(): Promise<void>
}

/**
 * Connects and listens to one channel. `onNotice` gets what others said and which server process said it; `onLost` is
 * called once when the connection ends without `close`.
 */
export async function openListening(
  address: DatabaseAddress,
  channel: string,
  heard: { onNotice(payload: string, processId: number): void; onLost(): void },
): Promise<Listening> {
  const client = new pg.Client(settingsOf(address))
  let closed = false
  let ended = false
  client.on('error', () => {})
  client.on('notification', ({ payload, processId }) => heard.onNotice(payload ?? '', processId))
  client.once('end', () => {
    ended = true
    if (!closed) heard.onLost()
  })
  const close = async () => {
    closed = true
    if (!ended) await client.end()
  }
  try {
    await client.connect()
    await client.query(`listen ${pg.escapeIdentifier(channel)}`)
  } catch (error) {
    // Whoever is connecting hears of the failure by the error alone.
    closed = true
    client.end().catch(() => {})
    throw connectErrorOf(error, address.place)
  }
  return { check: () => client.query('select').then(() => undefined), close }
}

async function ask(client: pg.ClientBase, { sql, values, isSlow }: Statement): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>({
    text: sql,
    ...(values === undefined ? {} : { name: nameOf(sql), values: values.map(sendable) }),
    // Not in @types/pg.
    ...(isSlow ? { query_timeout: SLOW_MS } : {}),
  })
  return rows
}

const names = new Map<string, string>()

/** A prepared statement is known to the server by a short name; the same text has the same one in every session. */
function nameOf(sql: string): string {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = `hub_${names.size}`
  names.set(sql, name)
  return name
}

function sendable(value: Value): unknown {
  if (typeof value === 'string') return storedText(value)
  if (Array.isArray(value)) return value.map(storedText)
  return value
}

/** Not in @types/pg. */
function processIdOf(client: pg.PoolClient): number {
  return (client as unknown as { processID: number }).processID
}
