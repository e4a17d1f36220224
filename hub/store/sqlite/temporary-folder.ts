import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder for the database of one test; `erase` is safe twice. */
export async function temporaryFolder(): Promise<{ readonly file: string; erase(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-store-'))
  return { file: join(folder, 'hub.db'), erase: () => rm(folder, { recursive: true, force: true }) }
}
