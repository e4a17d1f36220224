/** For tests against a real server: a new schema each, or a skip that says why. */
import { randomBytes } from 'node:crypto'
import type { Environment } from '../../config/environment.ts'
import type { Clock } from '../../contract/clock.ts'
import { openSessions, type Row, type Value } from './connection.ts'
import { databaseAddress } from './database-url.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'

export interface TestSchema {
  /** Address of the schema; two stores opened with it are two nodes. */
  readonly url: string
  /** Asks the database behind the back of the stores. */
  query(sql: string, ...values: Value[]): Promise<readonly Row[]>
  open(options?: { readonly poolSize?: number; readonly clock?: Clock }): Promise<PostgresStore>
  /** Closes the stores that were opened here and erases everything. */
  erase(): Promise<void>
}

const DEFAULT_URL = 'postgres://root@127.0.0.1:5432/test'

/** Timers never fire: no test waits for the clock unless it brings one. */
export const standingClock: Clock = { now: () => 1_000, after: () => ({ cancel: () => {} }) }

/**
 * For `before`: skips the suite where no server answers at HUB_TEST_DATABASE_URL (default: the test database of this
 * machine), and fails instead where CI is "true".
 */
export function needsPostgres(environment: Environment): (this: Mocha.Context) => Promise<void> {
  return async function (this: Mocha.Context) {
    const { place, connectionString } = databaseAddress(urlOf(environment))
    const sessions = openSessions(databaseAddress(connectionString), 1)
    try {
      const session = await sessions.take()
      session.giveBack()
    } catch (error) {
      if (environment.CI === 'true') throw error
      console.log(`Skipped: no PostgreSQL answers at ${place}; name one in HUB_TEST_DATABASE_URL.`)
      this.skip()
    } finally {
      await sessions.close()
    }
  }
}

export async function aTestSchema(environment: Environment): Promise<TestSchema> {
  const name = `hub_test_${randomBytes(8).toString('hex')}`
  const address = new URL(urlOf(environment))
  address.searchParams.set('schema', name)
  const url = address.href
  const sessions = openSessions(databaseAddress(url), 1)
  const stores: PostgresStore[] = []

  const query = async (sql: string, ...values: Value[]): Promise<readonly Row[]> => {
    const session = await sessions.take()
    try {
      const [rows = []] = await session.send([values.length === 0 ? { sql } : { sql, values }])
      return rows
    } finally {
      session.giveBack()
    }
  }

  return {
    url,
    query,
    async open(options = {}) {
      const store = await openPostgresStore({ url, clock: standingClock, ...options })
      stores.push(store)
      return store
    },
    async erase() {
      await Promise.all(stores.map((store) => store.close()))
      await query('set client_min_messages = warning')
      await query(`drop schema if exists ${name} cascade`)
      await sessions.close()
    },
  }
}

function urlOf(environment: Environment): string {
  return environment.HUB_TEST_DATABASE_URL || DEFAULT_URL
}
