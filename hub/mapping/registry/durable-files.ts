/** Writing so that a crash leaves the old or the new state, never a half of one. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** Only the hub's own account reads the data folder. */
const FOLDER_MODE = 0o700

/**
 * Makes `folder` with these files, all of it or none: written beside it, synced, renamed. Does nothing where the folder
 * exists, also when another process makes it meanwhile.
 */
export function makeFolderDurably(folder: string, files: ReadonlyMap<string, string>): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  // A dot in front: whoever lists the folder overlooks what a crash left of it.
  const draft = join(parent, `.draft-${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  const folders = new Set([draft])
  for (const [path, text] of files) {
    const file = join(draft, path)
    for (let at = dirname(file); !folders.has(at); at = dirname(at)) folders.add(at)
    mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE })
    writeFileSync(file, text, { mode: 0o600 })
  }
  // Written first and synced after: the first sync takes most of the others' bytes along.
  for (const path of files.keys()) syncFile(join(draft, path))
  for (const made of folders) syncFolder(made)
  try {
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(draft, { recursive: true, force: true })
  }
  syncFolder(parent)
}

/** Appends one line; one that a crash tore off before is closed first, so that it spoils only itself. */
export function appendLineDurably(file: string, line: string): void {
  const isNew = !existsSync(file)
  if (isNew) mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE })
  appendSynced(file, `${isNew || endsLine(file) ? '' : '\n'}${line}\n`)
  if (isNew) syncFolder(dirname(file))
}

function endsLine(file: string): boolean {
  const { size } = statSync(file)
  if (size === 0) return true
  const last = Buffer.alloc(1)
  const handle = openSync(file, 'r')
  readSync(handle, last, 0, 1, size - 1)
  closeSync(handle)
  return last[0] === 0x0a
}

function appendSynced(file: string, text: string): void {
  const handle = openSync(file, 'a', 0o600)
  try {
    // One write, so that the line of another process does not come in between.
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function syncFile(file: string): void {
  const handle = openSync(file, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** A new name is on disk only after its folder is. Windows syncs no folders and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
