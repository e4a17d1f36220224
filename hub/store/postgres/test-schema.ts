/** For tests against a real server: a new schema each, or a skip that says why. */
import { randomBytes } from 'node:crypto'
import type { Environment } from '../../config/environment.ts'
import type { Clock } from '../../contract/clock.ts'
import { openSessions, type Row, type Session, type Value } from './connection.ts'
import { databaseAddress } from './database-url.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'

export interface TestSchema {
  readonly name: string
  /** Address of the schema; two stores opened with it are two nodes. */
  readonly url: string
  /** Asks the database behind the back of the stores. */
  query: Query
  /** Runs `begin` and one more statement, and keeps what that locks until `end`. Undone at the latest by `empty`. */
  hold(sql: string, ...values: Value[]): Promise<{ end(): Promise<void> }>
  open(options?: { readonly poolSize?: number; readonly clock?: Clock }): Promise<PostgresStore>
  /** Closes the stores that were opened here and deletes every row: much quicker than another schema. */
  empty(): Promise<void>
  /** Closes the stores that were opened here and erases everything. */
  erase(): Promise<void>
}

export type Query = (sql: string, ...values: Value[]) => Promise<readonly Row[]>

const DEFAULT_URL = 'postgres://root@127.0.0.1:5432/test'

/** Timers never fire: no test waits for the clock unless it brings one. */
export const standingClock: Clock = { now: () => 1_000, after: () => ({ cancel: () => {} }) }

/**
 * Declares a suite with a schema of its own, emptied after every test. Skipped where no server answers at
 * HUB_TEST_DATABASE_URL (default: the test database of this machine); where CI is "true" it fails instead.
 */
export function describeOnPostgres(
  title: string,
  environment: Environment,
  declare: (schema: () => TestSchema) => void,
): void {
  describe(title, function () {
    // A server that others use too may be slow; no test waits for this to pass.
    this.timeout(180_000)
    let schema: TestSchema | undefined

    before(async function () {
      const trouble = await connectTrouble(urlOf(environment))
      if (trouble !== undefined && environment.CI === 'true') throw trouble
      if (trouble !== undefined) {
        console.log(`Skipped: ${title}. ${trouble.message} Name another in HUB_TEST_DATABASE_URL.`)
        this.skip()
      }
      schema = await aTestSchema(environment)
    })

    afterEach(() => schema?.empty())
    after(() => schema?.erase())

    declare(() => schema as TestSchema)
  })
}

async function connectTrouble(url: string): Promise<Error | undefined> {
  const sessions = openSessions(databaseAddress(url), 1)
  try {
    const session = await sessions.take()
    session.giveBack()
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    await sessions.close()
  }
}

/** A new schema. */
export async function aTestSchema(environment: Environment): Promise<TestSchema> {
  const name = `hub_test_${randomBytes(8).toString('hex')}`
  const address = new URL(urlOf(environment))
  address.searchParams.set('schema', name)
  // By which its backends are found among those of other tests.
  address.searchParams.set('application_name', name)
  const url = address.href
  const sessions = openSessions({ ...databaseAddress(url), connectionString: urlOf(environment) }, 2)
  const stores: PostgresStore[] = []
  const held = new Set<() => Promise<void>>()

  const queryOn =
    (session: Session): Query =>
    async (sql, ...values) => {
      const [rows = []] = await session.send([values.length === 0 ? { sql } : { sql, values }])
      return rows
    }

  const query: Query = async (sql, ...values) => {
    const session = await sessions.take()
    try {
      return await queryOn(session)(sql, ...values)
    } finally {
      session.giveBack()
    }
  }

  const letGo = () => Promise.all([...held].map((end) => end()))

  return {
    name,
    url,
    query,
    async hold(sql, ...values) {
      const session = await sessions.take()
      await queryOn(session)('begin')
      await queryOn(session)(sql, ...values)
      const end = async () => {
        if (!held.delete(end)) return
        try {
          await queryOn(session)('rollback')
        } finally {
          session.giveBack()
        }
      }
      held.add(end)
      return { end }
    },
    async open(options = {}) {
      const store = await openPostgresStore({ url, clock: standingClock, ...options })
      stores.push(store)
      return store
    },
    async empty() {
      await letGo()
      await Promise.all(stores.splice(0).map((store) => store.close()))
      const [found] = await query(`select to_regclass('attempt') is not null as tables`)
      if (found?.tables !== true) return
      await query(
        `delete from attempt; delete from delivery; delete from message_raw; delete from message;
         delete from external_id; delete from deadline; delete from case_row; delete from idempotency;
         delete from nonce; delete from audit; delete from file_upload; delete from file; delete from delivery_count; delete from node;
         delete from destination_claim`,
      )
    },
    async erase() {
      await letGo()
      await Promise.all(stores.splice(0).map((store) => store.close()))
      await query('set client_min_messages = warning')
      await query(`drop schema if exists ${name} cascade`)
      await sessions.close()
    },
  }
}

function urlOf(environment: Environment): string {
  return environment.HUB_TEST_DATABASE_URL || DEFAULT_URL
}
