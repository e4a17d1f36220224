/** The only file that knows node:sqlite: a connection with cached statements, described by what we use of it. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { StoreError } from '../../contract/errors.ts'
import { storeErrorOf } from './sqlite-errors.ts'

export type Value = SQLInputValue
export type Row = Record<string, unknown>

export interface StatementStatistics {
  readonly sql: string
  readonly runs: number
  /** Steps of SQLite's virtual machine: a measure of work that does not depend on the computer. */
  readonly steps: number
  /** Rows stepped over in scans of a whole table. */
  readonly scanned: number
  readonly sorts: number
}

/** Synchronous. Every member throws a `StoreError` for what an operator can mend (see sqlite-errors.ts). */
export interface Connection {
  /** True between `begin` and `commit` or `rollback`; SQLite rolls back by itself on some errors. */
  readonly inTransaction: boolean
  one(sql: string, ...values: Value[]): Row | undefined
  all(sql: string, ...values: Value[]): Row[]
  /** Answers how many rows were changed, triggers not counted, and the rowid of the last insert. */
  run(sql: string, ...values: Value[]): { readonly changes: number; readonly rowid: number }
  /** What the cached statements have done since opening (https://sqlite.org/c3ref/c_stmtstatus_counter.html). */
  statistics(): readonly StatementStatistics[]
  /** Runs SQL text with several statements, not cached. */
  script(sql: string): void
  /** Safe twice. */
  close(): void
}

/**
 * Opens or creates the database. Durable by `synchronous=FULL`: a commit returns after the write-ahead log was
 * flushed (https://sqlite.org/pragma.html#pragma_synchronous; NORMAL may lose the last commits on power loss).
 *
 * `busyMs`: how long a write waits for another process. The wait blocks the event loop, so it is short.
 */
export function openConnection(options: { readonly file: string; readonly busyMs?: number }): Connection {
  const database = attempt(() => new DatabaseSync(options.file, { timeout: options.busyMs ?? 1_000 }))
  const connection = wrap(database)
  try {
    const mode = connection.one('pragma journal_mode = wal')?.journal_mode
    if (mode !== 'wal' && options.file !== ':memory:') {
      throw new StoreError(
        'STORE_UNAVAILABLE',
        `No write-ahead log is possible for ${options.file}; use a local disk.`,
      )
    }
    connection.script(`
      pragma synchronous = full;
      pragma foreign_keys = on;
      -- a savepoint's journal goes to a temporary file otherwise, which costs a third of an acceptance
      pragma temp_store = memory;
      -- KiB of pages kept; with the default of 2 MiB a long backlog is read from the disk again and again
      pragma cache_size = -65536;
      -- a burst must not leave a huge log on the disk for ever
      pragma journal_size_limit = 67108864;
    `)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** A lock between processes. */
export interface Lock {
  /** Safe twice. */
  release(): void
}

/**
 * Locks `file`, a database that is never written, until the lock is released or the process dies: the lock is the
 * operating system's (https://sqlite.org/lockingv3.html), so nothing has to be cleaned away after a kill.
 * Throws `StoreError` STORE_BUSY at once where somebody else holds it.
 */
export function openLock(file: string): Lock {
  const database = attempt(() => new DatabaseSync(file, { timeout: 0 }))
  const release = () => {
    if (database.isOpen) database.close()
  }
  try {
    attempt(() => database.exec('begin exclusive'))
    return { release }
  } catch (error) {
    release()
    throw error
  }
}

function wrap(database: DatabaseSync): Connection {
  const statements = new Map<string, StatementSync>()

  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const prepared = database.prepare(sql)
    statements.set(sql, prepared)
    return prepared
  }

  return {
    get inTransaction() {
      return database.isTransaction
    },
    one: (sql, ...values) => attempt(() => statement(sql).get(...values)),
    all: (sql, ...values) => attempt(() => statement(sql).all(...values)),
    run: (sql, ...values) =>
      attempt(() => {
        const { changes, lastInsertRowid } = statement(sql).run(...values)
        return { changes: Number(changes), rowid: Number(lastInsertRowid) }
      }),
    statistics: () =>
      [...statements].map(([sql, one]) => {
        // In Node 26, not yet in @types/node.
        const { stat } = one as unknown as {
          stat(counter: 'run' | 'vmStep' | 'fullscanStep' | 'sort'): number
        }
        const counter = stat.bind(one)
        return {
          sql,
          runs: counter('run'),
          steps: counter('vmStep'),
          scanned: counter('fullscanStep'),
          sorts: counter('sort'),
        }
      }),
    script: (sql) => attempt(() => database.exec(sql)),
    close: () => {
      if (!database.isOpen) return
      statements.clear()
      attempt(() => database.close())
    },
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storeErrorOf(error)
  }
}
