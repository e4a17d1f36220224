/** A database that stands between a department and the hub (前置库): PostgreSQL, MariaDB or MySQL, made for one run. */
import mysql from 'mysql2/promise'
import pg from 'pg'

export type Engine = 'postgresql' | 'mysql'
/** As the database shows it. */
export type Row = Readonly<Record<string, string | null>>

export interface FrontDatabase {
  readonly engine: Engine
  /** With the account and password of the address that it was made from. */
  readonly url: string
  /** One connection, one transaction in which all reads see the same moment. Rolled back where `work` throws. */
  within<Outcome>(work: (ask: Ask) => Promise<Outcome>): Promise<Outcome>
  /** Ends all connections. Safe twice. */
  close(): Promise<void>
  /** Removes it, with whoever is connected. */
  drop(): Promise<void>
}

/** Values stand as `?` in the statement; answers the rows that were read, if any. */
export type Ask = (statement: string, values?: readonly (string | null)[]) => Promise<readonly Row[]>

/** A name as a part of a statement. */
export function quoted(engine: Engine, name: string): string {
  const mark = engine === 'postgresql' ? '"' : '`'
  return `${mark}${name.replaceAll(mark, mark + mark)}${mark}`
}

/** The statement broke a unique key: the row stands there. */
export function isRepeated(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === '23505' || code === 'ER_DUP_ENTRY'
}

/**
 * A new database of this name, beside the one of the address; one that is there already is replaced.
 * @throws Error where the server does not answer, or the account may make none
 */
export async function makeFrontDatabase(address: string, name: string): Promise<FrontDatabase> {
  const { protocol } = new URL(address)
  if (/^postgres(ql)?:$/.test(protocol)) return makePostgres(address, name)
  if (/^(mysql|mariadb):$/.test(protocol)) return makeMysql(address, name)
  throw new Error(`${protocol}// is no address of a database that the simulators know.`)
}

function withDatabase(address: string, name: string): string {
  const url = new URL(address)
  url.pathname = `/${name}`
  return url.href
}

async function makePostgres(address: string, name: string): Promise<FrontDatabase> {
  const administer = async (...statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: address })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const own = quoted('postgresql', name)
  const drop = `drop database if exists ${own} with (force)`
  await administer(drop, `create database ${own} encoding 'UTF8' template template0`)
  const url = withDatabase(address, name)
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    options: '-c timezone=Asia/Shanghai -c datestyle=ISO',
    // Every value as the database writes it: a code of 18 digits is no number.
    types: {
      getTypeParser: () => (value: string | Buffer) => String(value),
    } as unknown as pg.CustomTypesConfig,
  })
  // A connection that is cut while nobody uses it; the next one to be used tells.
  pool.on('error', () => undefined)
  let closing: Promise<void> | undefined
  return {
    engine: 'postgresql',
    url,
    within: async (work) => {
      const client = await pool.connect()
      client.on('error', () => undefined)
      let failure: unknown
      try {
        await client.query('begin isolation level repeatable read')
        const outcome = await work(async (statement, values = []) => {
          let place = 0
          const { rows } = await client.query(
            statement.replaceAll('?', () => `$${++place}`),
            [...values],
          )
          return rows as Row[]
        })
        await client.query('commit')
        return outcome
      } catch (error) {
        failure = error
        await client.query('rollback').catch(() => undefined)
        throw error
      } finally {
        client.removeAllListeners('error')
        client.release(failure instanceof Error && !isRepeated(failure))
      }
    },
    close: () => (closing ??= pool.end()),
    drop: () => administer(drop),
  }
}

async function makeMysql(address: string, name: string): Promise<FrontDatabase> {
  const spelt = address.replace(/^mariadb:/, 'mysql:')
  const own = quoted('mysql', name)
  const administer = async (...statements: readonly string[]): Promise<void> => {
    const connection = await mysql.createConnection({ uri: spelt })
    try {
      for (const statement of statements) await connection.query(statement)
    } finally {
      await connection.end()
    }
  }
  const drop = `drop database if exists ${own}`
  await administer(drop, `create database ${own} character set utf8mb4`)
  const url = withDatabase(spelt, name)
  const pool = mysql.createPool({
    uri: url,
    connectionLimit: 4,
    timezone: '+08:00',
    charset: 'utf8mb4',
    typeCast: (field) => field.string('utf8'),
  })
  let closing: Promise<void> | undefined
  return {
    engine: 'mysql',
    url,
    within: async (work) => {
      const connection = await pool.getConnection()
      let failed = true
      try {
        await connection.query("set session time_zone = '+08:00'")
        await connection.query('set session transaction isolation level repeatable read')
        await connection.query('start transaction with consistent snapshot')
        const outcome = await work(async (statement, values = []) => {
          const [rows] = await connection.query(statement, [...values])
          return Array.isArray(rows) ? (rows as Row[]) : []
        })
        await connection.query('commit')
        failed = false
        return outcome
      } catch (error) {
        if (isRepeated(error)) failed = false
        await connection.query('rollback').catch(() => undefined)
        throw error
      } finally {
        if (failed) connection.destroy()
        else connection.release()
      }
    },
    close: () => (closing ??= pool.end()),
    drop: () => administer(drop),
  }
}
