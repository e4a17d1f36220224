/** What is in the file of a hub that died: read from a copy, so that its own recovery stays the next hub's business. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export const STORE_FILES = ['hub.sqlite', 'hub.sqlite-wal', 'hub.sqlite-shm'] as const

export interface StoreFile {
  /** What SQLite says to `pragma integrity_check`; `ok` where there is nothing wrong, or no database yet. */
  readonly integrity: string
  /** Everything that is made in it, as SQL. */
  readonly schema: string
  readonly messageIds: ReadonlySet<string>
}

export function readStoreFile(dataDir: string): StoreFile {
  const [main] = STORE_FILES
  const folder = mkdtempSync(join(tmpdir(), 'hub-crash-copy-'))
  try {
    // Without the shared memory: after a power cut there is none, and SQLite makes it anew from the log.
    for (const name of STORE_FILES.slice(0, 2))
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(folder, name))
    if (!existsSync(join(folder, main))) return { integrity: 'ok', schema: '', messageIds: new Set() }
    const database = new DatabaseSync(join(folder, main))
    try {
      const { integrity_check } = database.prepare('pragma integrity_check').get() as {
        integrity_check: string
      }
      const made = database.prepare('select name, sql from sqlite_schema order by name').all()
      const hasMessages = database.prepare("select 1 from sqlite_schema where name = 'message'").get()
      const rows = hasMessages === undefined ? [] : database.prepare('select id from message').all()
      return {
        integrity: integrity_check,
        schema: made.map(({ name, sql }) => `${name}: ${sql}`).join('\n'),
        messageIds: new Set(rows.map(({ id }) => id as string)),
      }
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
