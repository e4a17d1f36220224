/**
 * Group commit. A write is a synchronous closure; writes that are asked for in the same turn of the event loop share
 * one transaction, and so one flush of the disk. Each runs in its own savepoint, so that one which throws does not
 * undo its neighbours. Promises settle only after the commit has returned. An idle store adds no delay: the first
 * write is committed at the end of the turn that asked for it.
 */
import { StoreError } from '../../contract/errors.ts'
import type { Connection } from './connection.ts'

export interface CommitGroup {
  /**
   * Resolves with what `work` answered once that is on disk; rejects with what it threw, and then nothing of it was
   * written. Trouble of the store itself (full, busy, unavailable) rejects everybody in the group with the same
   * `StoreError`; the next group tries afresh.
   */
  write<T>(work: () => T): Promise<T>
  /** Since opening. */
  counts(): CommitCounts
  /** Refuses further writes with STORE_CLOSED and resolves when those asked for have been settled. Safe twice. */
  close(): Promise<void>
}

export interface CommitCounts {
  /** Committed transactions. */
  readonly transactions: number
  /** Writes in them. */
  readonly writes: number
}

interface Entry {
  readonly work: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** `maxWrites`: largest group. A transaction blocks the event loop, so a flood is cut into several. */
export function openCommitGroup(
  connection: Connection,
  options: { readonly maxWrites?: number } = {},
): CommitGroup {
  const maxWrites = options.maxWrites ?? 256
  const idle: (() => void)[] = []
  let queue: Entry[] = []
  let scheduled = false
  let closed = false
  let transactions = 0
  let writes = 0

  const schedule = (): void => {
    scheduled = true
    setImmediate(drain)
  }

  const drain = (): void => {
    const group = queue.slice(0, maxWrites)
    queue = queue.slice(maxWrites)
    try {
      const outcomes = commit(connection, group)
      transactions += 1
      writes += group.length
      settle(group, outcomes)
    } catch (error) {
      for (const entry of group) entry.reject(error)
    }
    if (queue.length > 0) {
      schedule()
    } else {
      scheduled = false
      for (const done of idle.splice(0)) done()
    }
  }

  return {
    write: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) throw new StoreError('STORE_CLOSED', 'The store is closed; nothing was written.')
        queue.push({ work, resolve, reject })
        if (!scheduled) schedule()
      }),
    counts: () => ({ transactions, writes }),
    close: async () => {
      closed = true
      if (scheduled) await new Promise<void>((done) => idle.push(done))
    },
  }
}

/** One transaction for all; throws where the store itself is in trouble, and then nothing was written. */
function commit(connection: Connection, group: readonly Entry[]): readonly Outcome[] {
  try {
    connection.run('begin immediate')
    const outcomes = group.map((entry) => runInSavepoint(connection, entry.work))
    connection.run('commit')
    return outcomes
  } catch (error) {
    // SQLite has rolled back by itself after some errors (https://sqlite.org/lang_transaction.html §2.3).
    if (connection.inTransaction) connection.run('rollback')
    throw error
  }
}

function runInSavepoint(connection: Connection, work: () => unknown): Outcome {
  connection.run('savepoint one_write')
  try {
    const value = work()
    connection.run('release one_write')
    return { value }
  } catch (error) {
    if (error instanceof StoreError || !connection.inTransaction) throw error
    connection.run('rollback to one_write')
    connection.run('release one_write')
    return { error }
  }
}

function settle(group: readonly Entry[], outcomes: readonly Outcome[]): void {
  for (const [index, entry] of group.entries()) {
    const outcome = outcomes[index] as Outcome
    if ('error' in outcome) entry.reject(outcome.error)
    else entry.resolve(outcome.value as never)
  }
}
