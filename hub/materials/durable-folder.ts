/** A name in a folder is on disk only when the folder itself was flushed; renaming and linking alone do not do it. */
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the folder and those above it that are missing, for the hub's own account only: what is in it is personal. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** Windows cannot flush a folder, and writes its entries through. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
