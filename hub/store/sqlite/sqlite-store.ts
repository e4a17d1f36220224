/**
 * The embedded store: one SQLite file, no server. Writes are grouped (commit-group.ts); reads run at once and see
 * what is committed. Several processes may open the same file: SQL keeps leases and keys apart, not memory.
 */
import { StoreError } from '../../contract/errors.ts'
import type { Store } from '../../contract/store.ts'
import { auditAppend } from './audit-append.ts'
import { caseGet, caseTimeline, deadlineList, externalIdList } from './case-read.ts'
import { type CommitCounts, openCommitGroup } from './commit-group.ts'
import { type Connection, type Lock, openConnection } from './connection.ts'
import { deadlineFind } from './deadline-find.ts'
import { deliveryCancel } from './delivery-cancel.ts'
import { deliveryLease, deliveryNextDue, deliveryRelease } from './delivery-lease.ts'
import { deliveryCount, deliveryList } from './delivery-list.ts'
import { deliveryMarkDelivered, deliveryReplay } from './delivery-replay.ts'
import { attemptList, deliverySettle } from './delivery-settle.ts'
import { destinationClaim } from './destination-claim.ts'
import { fileAdd, fileGet } from './files.ts'
import { inboxAck, inboxPark, inboxRead } from './inbox.ts'
import { answerGet, messageAccept } from './message-accept.ts'
import { messageAcceptMoving } from './message-accept-moving.ts'
import { messageGet } from './message-get.ts'
import { migrate, migrationList } from './migrate.ts'
import { nonceRemember } from './nonce-remember.ts'
import { leasesGiveBack, takeSoleOwnership } from './sole-owner.ts'

export interface SqliteStore extends Store {
  /** How many writes shared how many transactions since opening. */
  commitCounts(): CommitCounts
}

/**
 * Opens the store, creating or migrating the database. `file` is on a local disk; its folder exists. `now` (epoch
 * milliseconds) only dates the migrations. `soleOwner`: proves that no other owner is alive and gives the leases of the
 * dead one back, so that a hub that was killed goes on at once; other openers may still read and write.
 * Throws `StoreError` STORE_UNAVAILABLE, STORE_BUSY (another owner lives) or STORE_SCHEMA_AHEAD.
 */
export async function openSqliteStore(options: {
  readonly file: string
  readonly now?: () => number
  readonly soleOwner?: boolean
}): Promise<SqliteStore> {
  const { soleOwner = false } = options
  // A database in memory is nobody else's anyway.
  const ownership = soleOwner && options.file !== ':memory:' ? takeSoleOwnership(options.file) : undefined
  let connection: Connection | undefined
  try {
    connection = openConnection({ file: options.file })
    migrate(connection, migrationList(), options.now)
    if (ownership !== undefined) leasesGiveBack(connection)
    return sqliteStoreOn(connection, ownership)
  } catch (error) {
    connection?.close()
    ownership?.release()
    throw error
  }
}

/** The store on a migrated connection, which it closes, and then the ownership, if it has one. */
export function sqliteStoreOn(connection: Connection, ownership?: Lock): SqliteStore {
  const commits = openCommitGroup(connection)
  let closing: Promise<void> | undefined

  type Operation<Request, Answer> = (connection: Connection, request: Request) => Answer

  const writes =
    <Request, Answer>(operation: Operation<Request, Answer>) =>
    (request: Request): Promise<Answer> =>
      commits.write(() => operation(connection, request))

  const reads =
    <Request, Answer>(operation: Operation<Request, Answer>) =>
    async (request: Request): Promise<Answer> => {
      mustBeOpen()
      return operation(connection, request)
    }

  const mustBeOpen = (): void => {
    if (closing !== undefined) throw new StoreError('STORE_CLOSED', 'The store is closed.')
  }

  return {
    traits: { name: 'sqlite', shared: true, notifies: false, soleNode: true },

    messageAccept: writes(messageAccept),
    messageAcceptMoving: writes(messageAcceptMoving),
    messageGet: reads(messageGet),
    answerGet: reads(answerGet),

    caseGet: reads(caseGet),
    caseTimeline: reads(caseTimeline),
    externalIdList: reads(externalIdList),
    deadlineList: reads(deadlineList),
    deadlineFind: reads(deadlineFind),

    destinationClaim: async (request) => {
      mustBeOpen()
      return destinationClaim(request)
    },
    destinationRelease: async () => mustBeOpen(),

    deliveryLease: writes(deliveryLease),
    deliverySettle: writes(deliverySettle),
    deliveryRelease: writes(deliveryRelease),
    deliveryCancel: writes(deliveryCancel),
    deliveryReplay: writes(deliveryReplay),
    deliveryMarkDelivered: writes(deliveryMarkDelivered),
    deliveryList: reads(deliveryList),
    deliveryCount: reads(deliveryCount),
    attemptList: reads(attemptList),
    deliveryNextDue: reads(deliveryNextDue),

    inboxRead: reads(inboxRead),
    inboxAck: writes(inboxAck),
    inboxPark: writes(inboxPark),

    nonceRemember: writes(nonceRemember),

    fileAdd: writes(fileAdd),
    fileGet: reads(fileGet),
    auditAppend: writes(auditAppend),

    probe: () => commits.write(() => probe(connection)),
    commitCounts: commits.counts,
    close: () => {
      closing ??= commits.close().then(() => {
        connection.close()
        ownership?.release()
      })
      return closing
    },
  }
}

/**
 * Really writes, as much as a message of some size, so that a full disk shows here too. The row stays until the next
 * probe: what is written and erased in one transaction never reaches the disk.
 */
function probe(connection: Connection): void {
  const { rowid } = connection.run('insert into probe (filler) values (zeroblob(65536))')
  connection.run('delete from probe where position < ?', rowid)
}
