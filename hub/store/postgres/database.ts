/** Reading and writing on whichever session is free, and what is tried again. */
import type { Row, Session, Sessions, Statement } from './connection.ts'
import { connectionLost, passes } from './postgres-errors.ts'

type Rows = readonly (readonly Row[])[]

export interface Transaction {
  /** One trip to the server; the rows of each statement. After an error the transaction is over. */
  send(...statements: readonly Statement[]): Promise<Rows>
  /** The last trip: on disk when it resolves. */
  commit(...statements: readonly Statement[]): Promise<Rows>
}

/** Every member throws `StoreError` for what an operator can mend, and the error of PostgreSQL itself for a bug. */
export interface Database {
  /** Reads in one trip; each statement sees what is committed when it begins. */
  read(...statements: readonly Statement[]): Promise<Rows>
  /** Writes in one trip and one transaction; on disk when it resolves. */
  write(...statements: readonly Statement[]): Promise<Rows>
  /** Runs `work` in a transaction, from the beginning again where others were in its way; without `commit` it is undone. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

/** A server may have another default; all that is written here counts on a statement seeing what was committed before it. */
const BEGIN: Statement = { sql: 'begin isolation level read committed' }
/** After a failed statement this undoes. */
const COMMIT: Statement = { sql: 'commit' }
const ROLLBACK: Statement = { sql: 'rollback' }

/** How often a transaction is tried when others are in its way, each time at once: the others have gone on by then. */
const MOST_TRIES = 5

export function databaseOn(sessions: Sessions): Database {
  const inSession = <T>(work: (session: Session) => Promise<T>) => untilDone(sessions, work)
  return {
    read: (...statements) => inSession((session) => session.send(statements)),
    write: (...statements) =>
      inSession(async (session) => {
        if (statements.length === 1) return session.send(statements)
        return (await session.send([BEGIN, ...statements, COMMIT])).slice(1, -1)
      }),
    transaction: (work) => inSession((session) => transact(session, work)),
  }
}

async function transact<T>(session: Session, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  let open = false
  const trip = async (statements: readonly Statement[], last: readonly Statement[]): Promise<Rows> => {
    const first = open ? [] : [BEGIN]
    open = last.length === 0
    const rows = await session.send([...first, ...statements, ...last])
    return rows.slice(first.length, first.length + statements.length)
  }
  try {
    return await work({
      send: (...statements) => trip(statements, []),
      commit: (...statements) => trip(statements, [COMMIT]),
    })
  } finally {
    // A session that is lost cannot be told, and need not be: the server undoes what it was doing.
    if (open) await session.send([ROLLBACK]).catch(() => {})
  }
}

/**
 * Tries again what others were in the way of, a few times; and what met a session that was lost before it answered
 * anything, as often as there are sessions: after a restart of the server all of them may be like that. Should the
 * server have done it all the same, doing it again does no harm: every write asks first whether it is still due.
 */
async function untilDone<T>(sessions: Sessions, work: (session: Session) => Promise<T>): Promise<T> {
  let tries = 1
  for (let lost = 0; ; ) {
    const session = await sessions.take()
    try {
      return await work(session)
    } catch (error) {
      if (connectionLost(error) && !session.hasAnswered && lost <= sessions.size) lost += 1
      else if (passes(error) && tries < MOST_TRIES) tries += 1
      else throw error
    } finally {
      session.giveBack()
    }
  }
}
