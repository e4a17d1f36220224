/** A session with MariaDB or MySQL. The only file that knows the package mysql2. */
import { type Connection, createConnection } from 'mysql2'
import { answered, connected, guardedSocket, Lifetime } from './connecting.ts'
import type { Dialect } from './dialect.ts'
import { mysqlDialect } from './mysql-dialect.ts'
import {
  type Answer,
  DatabaseFault,
  type FaultKind,
  isBug,
  reasonOf,
  type Session,
  type SessionOptions,
  type Text,
} from './session.ts'

/** How long a server may take to answer our good-bye. */
const FAREWELL_MS = 1_000
const MAX_PREPARED = 200
const UNKNOWN_ZONE = 1298
const UNKNOWN_VARIABLE = 1193

/** @throws DatabaseFault */
export async function openMysql(options: SessionOptions, stop: AbortSignal): Promise<Session> {
  const { address, tls } = options
  const socket = guardedSocket(options)
  const connection = createConnection({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    charset: 'utf8mb4',
    ...(tls === undefined
      ? {}
      : { ssl: { ...tls, rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' } }),
    stream: () => socket.connect(address.port, address.host),
    connectTimeout: 0,
    maxPreparedStatements: MAX_PREPARED,
    // A server may ask for any file of the client's; it gets none.
    flags: ['-LOCAL_FILES'],
    connectAttributes: { program_name: 'integration-hub' },
  })
  const session = new MysqlSession(connection, () => socket.destroy(), options)
  try {
    const standing = new Promise<void>((resolve, reject) => {
      connection.once('connect', () => resolve())
      connection.once('error', reject)
    })
    await connected(
      standing.then(() => session.prepare()),
      () => session.destroy(),
      stop,
      options,
    )
    return session
  } catch (error) {
    session.destroy()
    throw connectFault(error)
  }
}

class MysqlSession implements Session {
  #dialect: Dialect = mysqlDialect({ skipsLocked: false, maxStatementBytes: 2 ** 20 })
  readonly #connection: Connection
  readonly #drop: () => void
  readonly #options: SessionOptions
  readonly #lifetime = new Lifetime()

  constructor(connection: Connection, drop: () => void, options: SessionOptions) {
    this.#connection = connection
    this.#drop = drop
    this.#options = options
    connection.on('error', (error) => this.#lifetime.end(reasonOf(error)))
    connection.on('end', () => this.#lifetime.end('the connection ended'))
  }

  get dialect(): Dialect {
    return this.#dialect
  }

  get isEnded(): boolean {
    return this.#lifetime.isEnded
  }

  /** Beijing time, strict whatever the server's own mode is, limits of the server's own. */
  async prepare(): Promise<void> {
    const { lockTimeoutMs, statementTimeoutMs } = this.#options
    const lockSeconds = Math.max(1, Math.ceil(lockTimeoutMs / 1000))
    await this.run(
      `set names utf8mb4, session sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
       session autocommit = 1, session innodb_lock_wait_timeout = ${lockSeconds}, session lock_wait_timeout = ${lockSeconds}`,
    )
    await this.run('set session transaction isolation level read committed')
    // Without the zone tables the name is not known; China has had no summer time since 1991.
    await this.run(`set session time_zone = 'Asia/Shanghai'`).catch(async (error) => {
      if (numberOf(error) !== UNKNOWN_ZONE) throw error
      await this.run(`set session time_zone = '+08:00'`)
    })
    // MariaDB's limit counts for every statement, in seconds; MySQL's for reading ones, in milliseconds.
    await this.run(`set session max_statement_time = ${statementTimeoutMs / 1000}`).catch(async (error) => {
      if (numberOf(error) !== UNKNOWN_VARIABLE) throw error
      await this.run(`set session max_execution_time = ${Math.trunc(statementTimeoutMs)}`).catch(() => {})
    })
    const { rows } = await this.run(`select version(), cast(@@max_allowed_packet as char)`)
    this.#dialect = mysqlDialect({
      skipsLocked: skipsLocked(rows[0]?.[0] ?? ''),
      maxStatementBytes: Number(rows[0]?.[1] ?? 2 ** 20),
    })
  }

  async run(sql: string, values?: readonly Text[]): Promise<Answer> {
    try {
      return await answered(
        this.#lifetime.during(() => this.#exchange(sql, values)),
        () => this.destroy(),
        this.#options,
      )
    } catch (error) {
      if (isBug(error)) throw error
      throw faultOf(error)
    }
  }

  #exchange(sql: string, values: readonly Text[] | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, result: unknown): void => {
        if (error) reject(error)
        else resolve(answerOf(result))
      }
      // Values go by a prepared statement: the server gets them apart from the text.
      if (values === undefined) this.#connection.query({ sql, rowsAsArray: true }, done)
      else this.#connection.execute({ sql, rowsAsArray: true, values: [...values] }, done)
    })
  }

  onEnd(callback: (reason: string) => void): void {
    this.#lifetime.onEnd(callback)
  }

  destroy(): void {
    this.#lifetime.end('dropped')
    this.#drop()
  }

  async close(): Promise<void> {
    if (!this.isEnded) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(FAREWELL_MS, resolve)
        this.#connection.end(() => {
          timer.cancel()
          resolve()
        })
      })
    }
    this.destroy()
  }
}

function answerOf(result: unknown): Answer {
  if (!Array.isArray(result))
    return { rows: [], changed: (result as { affectedRows?: number }).affectedRows ?? 0 }
  const rows = (result as unknown[][]).map((row) =>
    row.map((value) => (value === null ? null : String(value))),
  )
  return { rows, changed: rows.length }
}

/** `skip locked`: MySQL 8.0.1, MariaDB 10.6. */
function skipsLocked(version: string): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  const number = Number(major) * 100 + Number(minor)
  return number >= (/mariadb/i.test(version) ? 1006 : 800)
}

/** The kinds by number (MariaDB, "Error Codes"; MySQL, "Server Error Message Reference"); what is in none is of the contract. */
const KINDS: Readonly<Record<Exclude<FaultKind, 'unreachable' | 'contract'>, ReadonlySet<number>>> = {
  // Shutting down, killed, network errors of the server's side, idle too long.
  lost: new Set([1053, 1077, 1078, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031]),
  credential: new Set([1044, 1045, 1142, 1143, 1227, 1370, 1396, 1698, 1820, 1862, 3118, 4151]),
  duplicate: new Set([1062, 1586]),
  // Lock wait, deadlock, too many connections, blocked host, memory, disk, read-only, interrupted, time limits.
  busy: new Set([
    1020, 1021, 1026, 1028, 1030, 1037, 1038, 1040, 1041, 1114, 1129, 1203, 1205, 1206, 1213, 1223, 1226,
    1290, 1317, 1412, 1614, 1637, 1792, 1836, 1969, 3024, 3572, 1105,
  ]),
}

/** What the server says, as a fault. Anything that is not the server's came from the connection. */
export function faultOf(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error
  const { errno, sqlMessage } = error as { errno?: number; sqlMessage?: string }
  const reason = reasonOf(error)
  if (errno === undefined || errno < 1000 || sqlMessage === undefined) {
    return new DatabaseFault('lost', reason, { cause: error })
  }
  const kind =
    (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((name) => KINDS[name].has(errno)) ?? 'contract'
  const column = /column (?:`[^`]*`\.)*[`']([^`']+)[`']/i.exec(reason)?.[1]
  return new DatabaseFault(kind, reason, { code: String(errno), column, cause: error })
}

function numberOf(error: unknown): number {
  return Number((error as { code?: string }).code)
}

function connectFault(error: unknown): DatabaseFault {
  const fault = faultOf(error)
  if (fault.kind !== 'lost') return fault
  return new DatabaseFault('unreachable', fault.message, { code: fault.code, cause: error })
}
