/** What HUB_DATABASE_URL says, and what the hub adds to it. */
import { StoreError } from '../../contract/errors.ts'

export interface DatabaseAddress {
  /** For the client library; carries the password, so it is never logged. */
  readonly connectionString: string
  /** Schema that the hub keeps its tables in and creates where it is missing; undefined: what the account's search path says. */
  readonly schema: string | undefined
  /** Settings of every connection, as `-c name=value`. */
  readonly options: string
  /** Host, port and database, for words to an operator; without account and password. */
  readonly place: string
}

/**
 * Settings of our own. Times are an upper bound for what a healthy server does in milliseconds: a node that hangs must
 * not hold others up.
 *
 * The planner is kept to look-ups by index: every statement of ours has one, and a plan that was made, and cached,
 * while a table was small must not be one that reads all of it a million rows later.
 */
const SETTINGS = [
  'statement_timeout=30000',
  'lock_timeout=3000',
  'idle_in_transaction_session_timeout=15000',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
] as const

/** @param url `postgres://account:password@host:port/database`, with `?schema=` or `?options=` where wanted. */
export function databaseAddress(url: string): DatabaseAddress {
  const address = parsed(url)
  const schema = address.searchParams.get('schema') ?? undefined
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw refused('the name of a schema has lower-case letters, digits and _, 63 at most')
  }
  const own = address.searchParams.get('options') ?? ''
  address.searchParams.delete('schema')
  address.searchParams.delete('options')
  const settings = [...SETTINGS, ...(schema === undefined ? [] : [`search_path=${schema}`])]
  return {
    connectionString: address.href,
    schema,
    // The last one counts: what the operator gives overrides what we do.
    options: [...settings.map((setting) => `-c ${setting}`), own].join(' ').trim(),
    place: `${address.host || 'local socket'}${address.pathname}`,
  }
}

function parsed(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (address?.protocol === 'postgres:' || address?.protocol === 'postgresql:') return address
  throw refused('it begins with postgres://')
}

/** The address itself is not told: it carries a password. */
function refused(words: string): StoreError {
  return new StoreError('STORE_UNAVAILABLE', `HUB_DATABASE_URL is not an address of PostgreSQL: ${words}.`)
}
