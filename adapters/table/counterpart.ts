/** Real databases for this kind's tests: a schema and an account of their own each run, and a way to look behind everybody's back. */
import { randomBytes } from 'node:crypto'
import { type Connection, createConnection } from 'mysql2/promise'
import pg from 'pg'

const POSTGRES = process.env.HUB_TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'
const MYSQL = process.env.HUB_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306'

export type EngineName = 'postgresql' | 'mariadb'

export interface Counterpart {
  readonly engine: EngineName
  readonly host: string
  readonly port: number
  readonly account: string
  /** As the partner's administrator, in the schema of this run. */
  exec(sql: string, values?: readonly (string | null)[]): Promise<(string | null)[][]>
  /** Another session of the partner's, in a transaction until `end` rolls it back. */
  hold(sql: string): Promise<{ end(): Promise<void> }>
  /** Address for the account, through this port. */
  url(port: number): string
  /** Ends every session of the account, in the middle of whatever it does. Answers how many. */
  kill(): Promise<number>
  grant(rights: string, table: string): Promise<void>
  revoke(rights: string, table: string): Promise<void>
  quote(name: string): string
  /** Erases everything of this run. */
  drop(): Promise<void>
}

/** Skips the suite where no server of the engine answers, saying so; on CI that is a failure instead. For mocha's `before`. */
export function needsDatabase(engine: EngineName): (this: Mocha.Context) => Promise<void> {
  return async function (this: Mocha.Context) {
    const trouble = await (engine === 'postgresql' ? postgresClient() : mysqlClient()).then(
      async (client) => void (await client.end()),
      (error: unknown) => error,
    )
    if (trouble === undefined) return
    if (process.env.CI === 'true') throw trouble
    console.log(`      skipped: no ${engine} answers`)
    this.skip()
  }
}

export function aCounterpart(engine: EngineName): Promise<Counterpart> {
  return engine === 'postgresql' ? aPostgres() : aMysql()
}

const suffix = (): string => randomBytes(5).toString('hex')
const PASSWORD = 'synthetic-p@ss/word'

async function postgresClient(): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: POSTGRES,
    types: { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function aPostgres(): Promise<Counterpart> {
  const name = `hub_table_${suffix()}`
  const target = new URL(POSTGRES)
  const client = await postgresClient()
  await client.query(`create schema ${name}`)
  await client.query(`create role ${name} login password '${PASSWORD}'`)
  await client.query(`alter role ${name} set search_path to ${name}`)
  await client.query(`grant usage on schema ${name} to ${name}`)
  await client.query(`set search_path to ${name}`)
  const quote = (identifier: string): string => `"${identifier}"`
  let turn: Promise<unknown> = Promise.resolve()
  return {
    engine: 'postgresql',
    host: target.hostname,
    port: Number(target.port || 5432),
    account: name,
    quote,
    async exec(sql, values) {
      const query = values === undefined ? { text: sql } : { text: sql, values: [...values] }
      const asked = turn.then(() => client.query<(string | null)[]>({ ...query, rowMode: 'array' }))
      turn = asked.catch(() => {})
      return (await asked).rows ?? []
    },
    async hold(sql) {
      const other = await postgresClient()
      await other.query(`set search_path to ${name}`)
      await other.query('begin')
      await other.query(sql)
      return { end: () => other.end() }
    },
    url: (port) => `postgres://${name}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}${target.pathname}`,
    async kill() {
      const { rowCount } = await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1',
        [name],
      )
      return rowCount ?? 0
    },
    grant: async (rights, table) =>
      void (await client.query(`grant ${rights} on ${quote(table)} to ${name}`)),
    revoke: async (rights, table) =>
      void (await client.query(`revoke ${rights} on ${quote(table)} from ${name}`)),
    async drop() {
      await client.query(`drop schema ${name} cascade`)
      await client.query(`drop owned by ${name}`)
      await client.query(`drop role ${name}`)
      await client.end()
    },
  }
}

function mysqlClient(database?: string): Promise<Connection> {
  const url = new URL(MYSQL)
  return createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    charset: 'utf8mb4',
    rowsAsArray: true,
    dateStrings: true,
    bigNumberStrings: true,
    supportBigNumbers: true,
    ...(database === undefined ? {} : { database }),
  })
}

async function aMysql(): Promise<Counterpart> {
  const name = `hub_table_${suffix()}`
  const target = new URL(MYSQL)
  const client = await mysqlClient()
  await client.query(`create database ${name} character set utf8mb4`)
  await client.query(`create user '${name}'@'%' identified by '${PASSWORD}'`)
  await client.query(`use ${name}`)
  const quote = (identifier: string): string => `\`${identifier}\``
  return {
    engine: 'mariadb',
    host: target.hostname,
    port: Number(target.port || 3306),
    account: name,
    quote,
    async exec(sql, values) {
      const [rows] = await client.query(sql, values === undefined ? [] : [...values])
      if (!Array.isArray(rows)) return []
      return (rows as unknown[][]).map((row) => row.map((value) => (value === null ? null : String(value))))
    },
    async hold(sql) {
      const other = await mysqlClient(name)
      await other.query('start transaction')
      await other.query(sql)
      return { end: () => other.end() }
    },
    url: (port) => `mysql://${name}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`,
    async kill() {
      const [rows] = await client.query('select id from information_schema.processlist where user = ?', [
        name,
      ])
      for (const [id] of rows as unknown as number[][]) {
        await client.query(`kill connection ${Number(id)}`).catch(() => {})
      }
      return (rows as unknown[]).length
    },
    grant: async (rights, table) =>
      void (await client.query(`grant ${rights} on ${name}.${quote(table)} to '${name}'@'%'`)),
    revoke: async (rights, table) =>
      void (await client.query(`revoke ${rights} on ${name}.${quote(table)} from '${name}'@'%'`)),
    async drop() {
      await client.query(`drop database ${name}`)
      await client.query(`drop user '${name}'@'%'`)
      await client.end()
    },
  }
}
