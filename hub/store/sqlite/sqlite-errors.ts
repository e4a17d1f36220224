/** The one place where errors of SQLite become ours. Result codes: https://sqlite.org/rescode.html */
import { StoreError, type StoreErrorCode } from '../../contract/errors.ts'

const NOT_OPEN = 'ERR_INVALID_STATE'

/** Primary result code → what the caller is told. A code that is not here is a bug in our SQL, not weather. */
const CODES: ReadonlyMap<number, { readonly code: StoreErrorCode; readonly words: string }> = new Map([
  [5, { code: 'STORE_BUSY', words: 'another process holds the database; try again' }],
  [6, { code: 'STORE_BUSY', words: 'a table of the database is locked; try again' }],
  [
    7,
    { code: 'STORE_UNAVAILABLE', words: 'SQLite found no memory; look at the memory limit of the process' },
  ],
  [8, { code: 'STORE_UNAVAILABLE', words: 'the database is read-only; look at the rights of its folder' }],
  [10, { code: 'STORE_UNAVAILABLE', words: 'reading or writing the disk failed; look at the disk' }],
  [11, { code: 'STORE_UNAVAILABLE', words: 'the database file is damaged; restore it from the last backup' }],
  [13, { code: 'STORE_FULL', words: 'the disk is full; make room, the hub goes on by itself' }],
  [
    14,
    { code: 'STORE_UNAVAILABLE', words: 'the database file cannot be opened; look at its folder and rights' },
  ],
  [15, { code: 'STORE_UNAVAILABLE', words: 'the database is not lockable; is it on a network file system?' }],
  [26, { code: 'STORE_UNAVAILABLE', words: 'the file is not an SQLite database' }],
])

/** A `StoreError` for what an operator can mend, the error itself for a bug (a broken constraint, wrong SQL). */
export function storeErrorOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === NOT_OPEN) return new StoreError('STORE_CLOSED', 'The store is closed.', { cause: error })
  if (!('errcode' in error) || typeof error.errcode !== 'number') return error
  // The low byte is the primary code; the rest says which system call failed, and goes into the details.
  const known = CODES.get(error.errcode & 0xff)
  if (known === undefined) return error
  return new StoreError(known.code, `Nothing was written: ${known.words}.`, {
    details: { sqlite: error.errcode, words: error.message },
    cause: error,
  })
}
