import { join } from 'node:path'
import type { Clock } from '../contract/clock.ts'
import type { Store } from '../contract/store.ts'
import { openSqliteStore } from './sqlite/sqlite-store.ts'

/** The embedded store's file in the data directory; beside it stand its log and its lock. */
const FILE = 'hub.sqlite'

export interface StoreLocation {
  /** PostgreSQL, which several nodes share; absent: the embedded store in `dataDir`. */
  readonly databaseUrl?: string | undefined
  /** Exists. */
  readonly dataDir: string
  readonly clock: Clock
  /**
   * Default true: this process is the hub on its embedded store, refuses to start beside another, and takes back at
   * once what a dead predecessor had leased. False for a command that looks into the store of a hub that may be running.
   * Means nothing to PostgreSQL, where nodes are never alone.
   */
  readonly soleOwner?: boolean
}

/** Opens the store that the settings name. Throws `StoreError`: see `openPostgresStore` and `openSqliteStore`. */
export async function openStore({
  databaseUrl,
  dataDir,
  clock,
  soleOwner = true,
}: StoreLocation): Promise<Store> {
  if (databaseUrl !== undefined) {
    // A hub on its embedded store does not load the client of a database that it has not.
    const { openPostgresStore } = await import('./postgres/postgres-store.ts')
    return openPostgresStore({ url: databaseUrl, clock })
  }
  return openSqliteStore({ file: join(dataDir, FILE), now: clock.now, soleOwner })
}
