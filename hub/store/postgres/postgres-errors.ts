/** The one place where errors of PostgreSQL and of its connection become ours. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { StoreError, type StoreErrorCode } from '../../contract/errors.ts'

interface Known {
  readonly code: StoreErrorCode
  readonly words: string
}

const lost: Known = {
  code: 'STORE_UNAVAILABLE',
  words: 'the connection to the database was lost; what was being written may or may not be there',
}

const silent: Known = {
  code: 'STORE_UNAVAILABLE',
  words: 'the server does not answer; what was being written may or may not be there',
}

/** SQLSTATE → what the caller is told; a class (two characters) where all of it means the same. */
const STATES: ReadonlyMap<string, Known> = new Map([
  ['08', lost],
  ['57P01', lost],
  ['57P02', lost],
  ['57P05', lost],
  ['57P03', { code: 'STORE_UNAVAILABLE', words: 'the database is starting or stopping; try again' }],
  ['57P04', { code: 'STORE_UNAVAILABLE', words: 'the database was dropped' }],
  ['25P03', lost],
  [
    '53300',
    {
      code: 'STORE_UNAVAILABLE',
      words: 'the server takes no more connections; raise max_connections or lower the pool size',
    },
  ],
  [
    '53100',
    {
      code: 'STORE_FULL',
      words: 'the disk of the database server is full; make room, the hub goes on by itself',
    },
  ],
  ['53200', { code: 'STORE_UNAVAILABLE', words: 'the database server found no memory' }],
  [
    '58',
    {
      code: 'STORE_UNAVAILABLE',
      words: 'reading or writing failed on the database server; look at its disk and log',
    },
  ],
  [
    'XX001',
    {
      code: 'STORE_UNAVAILABLE',
      words: 'the data on the database server are damaged; restore the last backup',
    },
  ],
  ['XX002', { code: 'STORE_UNAVAILABLE', words: 'an index on the database server is damaged; rebuild it' }],
  ['25006', { code: 'STORE_UNAVAILABLE', words: 'the server only reads; is it a standby?' }],
  ['28', { code: 'STORE_UNAVAILABLE', words: 'the server refuses the account; look at HUB_DATABASE_URL' }],
  [
    '3D000',
    { code: 'STORE_UNAVAILABLE', words: 'the server has no such database; look at HUB_DATABASE_URL' },
  ],
  [
    '3F000',
    { code: 'STORE_UNAVAILABLE', words: 'the database has no such schema; look at HUB_DATABASE_URL' },
  ],
  [
    '42501',
    { code: 'STORE_UNAVAILABLE', words: 'the account lacks a right; it must own the tables of the hub' },
  ],
  ['40001', { code: 'STORE_BUSY', words: 'another transaction was faster, again and again; try again' }],
  ['40P01', { code: 'STORE_BUSY', words: 'transactions waited for each other, again and again; try again' }],
  ['55P03', { code: 'STORE_BUSY', words: 'somebody holds a lock for long; try again' }],
  ['57014', { code: 'STORE_BUSY', words: 'the server took too long; try again' }],
])

/** SQLSTATEs after which the same transaction may succeed at once. */
const PASSING: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

/**
 * A `StoreError` for what an operator can mend, the error itself for a bug (a broken constraint, wrong SQL).
 * @param connection whether it still stands, is lost, or has been given up because the server did not answer; then
 *   whatever else was thrown means just that.
 */
export function storeErrorOf(error: unknown, connection: 'stands' | 'lost' | 'silent'): unknown {
  const otherwise = { stands: undefined, lost, silent }[connection]
  const known = knownOf(error) ?? otherwise
  return known === undefined ? error : wrapped(error, known)
}

/** For a connection that did not come about, whatever was in its way. `place` as in `DatabaseAddress`. */
export function connectErrorOf(error: unknown, place: string): StoreError {
  const words = `no server can be reached at ${place}; look at the server, the network and HUB_DATABASE_URL`
  return wrapped(error, knownOf(error) ?? { code: 'STORE_UNAVAILABLE', words })
}

function knownOf(error: unknown): Known | undefined {
  const state = sqlState(error)
  return state === undefined ? undefined : (STATES.get(state) ?? STATES.get(state.slice(0, 2)))
}

function wrapped(error: unknown, known: Known): StoreError {
  const state = sqlState(error)
  return new StoreError(known.code, `The database did not do it: ${known.words}.`, {
    details: {
      ...(state === undefined ? {} : { sqlState: state }),
      ...(known === lost ? { lost: true } : {}),
      words: wordsOf(error),
    },
    cause: error,
  })
}

/** The same transaction may succeed when it is tried again at once. */
export function passes(error: unknown): boolean {
  return error instanceof StoreError && PASSING.has(String(error.details.sqlState))
}

/** The connection was lost, by the server's word or without one. */
export function connectionLost(error: unknown): boolean {
  return error instanceof StoreError && error.details.lost === true
}

/** Name of the unique constraint that was broken, if that is what happened. */
export function brokenKey(error: unknown): string | undefined {
  return sqlState(error) === '23505' ? String((error as { constraint?: unknown }).constraint) : undefined
}

function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  // Node's own codes (ECONNRESET, EPIPE …) are words; EPIPE has five letters too, but no state begins with "EP".
  return /^[0-9A-Z]{5}$/.test(error.code) && error.code !== 'EPIPE' ? error.code : undefined
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
