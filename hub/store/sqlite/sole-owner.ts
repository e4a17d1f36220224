/** Being the only hub on a database file, proved by the operating system. */
import { StoreError } from '../../contract/errors.ts'
import { type Connection, type Lock, openLock } from './connection.ts'

/**
 * Takes the ownership of `file`, until the lock is released or the process dies. The lock is a second, empty database
 * beside it, `<file>-owner`. Openers that do not ask for ownership, such as a command that reads, are not kept out.
 *
 * Throws `StoreError` STORE_BUSY where another living process, or another store in this one, is the owner.
 */
export function takeSoleOwnership(file: string): Lock {
  const lockFile = `${file}-owner`
  try {
    return openLock(lockFile)
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'STORE_BUSY') throw error
    throw new StoreError(
      'STORE_BUSY',
      `${file} belongs to another running hub, which holds ${lockFile}. Stop that one first, or give this one another data directory.`,
      { details: { file, lockFile }, cause: error },
    )
  }
}

/**
 * Gives every lease back, marked as maybe sent: a sole owner knows that whoever holds one is dead, and not what became
 * of its attempts. Fences stay as they are; the next lease raises them, and until then there is no lease that a stale settlement could end.
 */
export function leasesGiveBack(connection: Connection): void {
  connection.run(
    `update delivery
     set state = iif(exists (select 1 from attempt where delivery_position = delivery.position), 'waiting', 'pending'),
       lease_owner = null, lease_until_ms = null, maybe_sent = 1
     where state = 'leased'`,
  )
}
