/** A session with PostgreSQL. The only file that knows the package pg. */
import pg from 'pg'
import { answered, connected, guardedSocket, Lifetime } from './connecting.ts'
import type { Dialect } from './dialect.ts'
import { postgresDialect } from './postgres-dialect.ts'
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

const asText = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig

/** @throws DatabaseFault */
export async function openPostgres(options: SessionOptions, stop: AbortSignal): Promise<Session> {
  const { address, tls } = options
  const socket = guardedSocket(options)
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    ssl: tls === undefined ? false : { ...tls, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    stream: () => socket,
    application_name: 'integration-hub',
    types: asText,
  })
  // Without a listener an error ends the process.
  client.on('error', () => {})
  const session = new PostgresSession(client, () => socket.destroy(), options)
  try {
    await connected(
      client.connect().then(() => session.prepare()),
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

class PostgresSession implements Session {
  readonly dialect: Dialect = postgresDialect
  readonly #client: pg.Client
  readonly #drop: () => void
  readonly #options: SessionOptions
  readonly #lifetime = new Lifetime()

  constructor(client: pg.Client, drop: () => void, options: SessionOptions) {
    this.#client = client
    this.#drop = drop
    this.#options = options
    client.on('error', (error) => this.#lifetime.end(reasonOf(error)))
    client.on('end', () => this.#lifetime.end('the connection ended'))
  }

  get isEnded(): boolean {
    return this.#lifetime.isEnded
  }

  /** Beijing time; limits of the server's own; a commit that is answered is on disk, whatever the account was told. */
  async prepare(): Promise<void> {
    const { lockTimeoutMs, statementTimeoutMs } = this.#options
    await this.#client.query(
      `set timezone to 'Asia/Shanghai'; set datestyle to 'ISO, YMD'; set intervalstyle to 'postgres';
       set bytea_output to 'hex'; set default_transaction_isolation to 'read committed';
       set lock_timeout to ${Math.trunc(lockTimeoutMs)}; set statement_timeout to ${Math.trunc(statementTimeoutMs)};
       set idle_in_transaction_session_timeout to ${Math.trunc(statementTimeoutMs) * 2};
       select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
    )
  }

  async run(sql: string, values?: readonly Text[]): Promise<Answer> {
    try {
      // Without values a statement goes by the simple protocol: one message, one answer.
      const query = values === undefined ? { text: sql } : { text: sql, values: [...values] }
      const work = () => this.#client.query<Text[]>({ ...query, rowMode: 'array' })
      const { rows, rowCount } = await answered(
        this.#lifetime.during(work),
        () => this.destroy(),
        this.#options,
      )
      return { rows, changed: rowCount ?? 0 }
    } catch (error) {
      if (isBug(error)) throw error
      throw faultOf(error)
    }
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
      const timer = this.#options.clock.after(FAREWELL_MS, this.#drop)
      await this.#client.end().catch(() => {})
      timer.cancel()
    }
    this.destroy()
  }
}

/** The kinds by SQLSTATE (PostgreSQL, appendix A); the first line that fits decides, what fits none is of the contract. */
const KINDS: readonly (readonly [RegExp, FaultKind])[] = [
  [/^(08|40003|57P0[125]|25P0[34])/, 'lost'],
  [/^(28|42501)/, 'credential'],
  [/^23505/, 'duplicate'],
  // Serialization and deadlock, resources, locks, time limits, starting up, read-only, the server's own trouble.
  [/^(40|53|55P03|55006|57014|57P03|25006|58|72|XX)/, 'busy'],
]

/** What PostgreSQL says, as a fault. Anything without an SQLSTATE came from the connection. */
export function faultOf(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error
  const { code, column, constraint } = error as { code?: unknown; column?: string; constraint?: string }
  const reason = reasonOf(error)
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) {
    return new DatabaseFault('lost', reason, { cause: error })
  }
  const kind = KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'contract'
  const words = `${reason}${constraint === undefined ? '' : ` [${constraint}]`}`
  return new DatabaseFault(kind, words, { code, column, cause: error })
}

function connectFault(error: unknown): DatabaseFault {
  const fault = faultOf(error)
  if (fault.kind !== 'lost') return fault
  return new DatabaseFault('unreachable', fault.message, { code: fault.code, cause: error })
}
