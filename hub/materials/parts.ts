/**
 * What has come of files that are not complete yet: one file for each system and content, which grows until it is taken over or
 * swept away. It stands on this node alone; what goes on at another node begins anew there.
 */
import { type FileHandle, open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { onDisk } from './disk-errors.ts'
import { makeFolder, syncFolder } from './durable-folder.ts'

export interface PartName {
  /** Id of the sender. */
  readonly system: string
  /** Digest of the whole content, as the sender declares it: 64 lower-case hex digits. */
  readonly digest: string
}

export interface Part {
  readonly path: string
  /** Bytes so far. */
  readonly size: number
  /** Cuts off what comes after `size` bytes. */
  cut(size: number): Promise<void>
  /** Adds at the end; resolves when the disk has room for it, not when it is flushed. */
  append(bytes: Uint8Array): Promise<void>
  /** The first bytes, fewer where there are fewer. */
  head(bytes: number): Promise<Uint8Array>
  /** On disk, with its name, when it resolves. */
  flush(): Promise<void>
  /** Safe twice. */
  close(): Promise<void>
}

export interface Parts {
  /** Bytes of a part; 0 where there is none. */
  sizeOf(name: PartName): Promise<number>
  /** Makes it where there is none. Throws `StoreError`. */
  open(name: PartName): Promise<Part>
  /** Safe twice. */
  erase(name: PartName): Promise<void>
  /** Bytes that may still be written. */
  freeBytes(): Promise<number>
  /** Erases parts to which nothing was added since `epochMs`; answers how many. Those in `busy` (paths) stay. */
  sweep(epochMs: number, busy: ReadonlySet<string>): Promise<number>
  pathOf(name: PartName): string
}

const ENDING = '.part'

export async function openParts(folder: string): Promise<Parts> {
  await onDisk(() => makeFolder(folder))
  const folderOf = ({ system }: PartName): string => {
    // A path is made of it; ids of the topology are such names (schemas/topology/system.schema.json).
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(system)) throw new Error(`${system} cannot name a folder`)
    return join(folder, system)
  }
  const pathOf = (name: PartName): string => {
    if (!/^[0-9a-f]{64}$/.test(name.digest)) throw new Error('not a digest in hex')
    return join(folderOf(name), `${name.digest}${ENDING}`)
  }
  return {
    pathOf,
    sizeOf: (name) =>
      onDisk(async () => {
        try {
          return (await stat(pathOf(name))).size
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
          throw error
        }
      }),
    open: (name) =>
      onDisk(async () => {
        await makeFolder(folderOf(name))
        // a+: made where it is missing, read anywhere, written at the end only.
        const handle = await open(pathOf(name), 'a+', 0o600)
        return partOn(handle, {
          path: pathOf(name),
          folder: folderOf(name),
          size: (await handle.stat()).size,
        })
      }),
    erase: (name) => onDisk(() => rm(pathOf(name), { force: true })),
    freeBytes: () =>
      onDisk(async () => {
        const { bavail, bsize } = await statfs(folder)
        return bavail * bsize
      }),
    sweep: (epochMs, busy) => onDisk(() => sweep(folder, epochMs, busy)),
  }
}

function partOn(handle: FileHandle, place: { path: string; folder: string; size: number }): Part {
  let { size } = place
  let closed: Promise<void> | undefined
  return {
    path: place.path,
    get size() {
      return size
    },
    cut: (wanted) =>
      onDisk(async () => {
        if (wanted < size) await handle.truncate(wanted)
        size = Math.min(size, wanted)
      }),
    append: (bytes) =>
      onDisk(async () => {
        for (let written = 0; written < bytes.length; ) {
          const { bytesWritten } = await handle.write(bytes, written)
          written += bytesWritten
          size += bytesWritten
        }
      }),
    head: (bytes) =>
      onDisk(async () => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0)
        return buffer.subarray(0, bytesRead)
      }),
    flush: () =>
      onDisk(async () => {
        await handle.sync()
        await syncFolder(place.folder)
      }),
    close: () => {
      closed ??= handle.close()
      return closed
    },
  }
}

async function sweep(folder: string, epochMs: number, busy: ReadonlySet<string>): Promise<number> {
  let swept = 0
  for (const system of await readdir(folder)) {
    for (const file of await readdir(join(folder, system))) {
      const path = join(folder, system, file)
      if (!file.endsWith(ENDING) || busy.has(path)) continue
      // Another node that shares the folder may have been faster.
      const found = await stat(path).catch(() => undefined)
      if (found === undefined || found.mtimeMs >= epochMs) continue
      await rm(path, { force: true })
      swept += 1
    }
  }
  return swept
}
