/** Migrations as files, the same for every store that has a schema: numbered SQL, applied in order. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../contract/errors.ts'

export interface Migration {
  /** From 1, without gaps. */
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** The migrations in a folder, in order. Throws where the numbers have a gap: the program is not complete. */
export function readMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4))
    if (version !== index + 1)
      throw new Error(`The migration after number ${index} is ${name}; one is missing.`)
    return { version, name, sql: readFileSync(join(folder, name), 'utf8') }
  })
}

/** Throws `StoreError` STORE_SCHEMA_AHEAD where a newer program wrote the schema: an older one would not know what it must keep. */
export function refuseAhead(found: number, newest: number): void {
  if (found <= newest) return
  throw new StoreError(
    'STORE_SCHEMA_AHEAD',
    `The database has schema ${found}, this program knows ${newest}: start the newer program, or restore the backup made before it.`,
    { details: { found, known: newest } },
  )
}
