/** The content store in a local folder, or one that several nodes mount: `sm3/ab/cd/<sm3>`, each file written once and never changed. */
import { link, open, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ByteRange, ContentStore } from '../contract/content-store.ts'
import { StoreError } from '../contract/errors.ts'
import { onDisk } from './disk-errors.ts'
import { makeFolder, syncFolder } from './durable-folder.ts'

/** `folder` is made where it is missing. Parts have to stand on the same disk to be taken over without being copied. */
export async function openFolderContent(folder: string): Promise<ContentStore> {
  await onDisk(() => makeFolder(folder))
  const placeOf = (sm3: string): string => {
    // A path is made of it; nothing but a digest may ever come here.
    if (!/^[0-9a-f]{64}$/.test(sm3)) throw new Error('not an SM3 in hex')
    return join(folder, 'sm3', sm3.slice(0, 2), sm3.slice(2, 4), sm3)
  }
  return {
    name: `folder ${folder}`,
    take: ({ path, sm3, size }) =>
      onDisk(async () => {
        const place = placeOf(sm3)
        await makeFolder(dirname(place))
        await putInPlace(path, place, size)
        await syncFolder(dirname(place))
      }),
    open: (sm3, range) => onDisk(() => read(placeOf(sm3), range)),
    probe: () => onDisk(() => syncFolder(folder)),
    close: async () => {},
  }
}

async function putInPlace(path: string, place: string, size: number): Promise<void> {
  try {
    // The part keeps its name until the file is on record: after a crash in between it need not be sent again.
    await link(path, place)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(place)).size === size) return
    // Not every file system can link; and what stands there with another size was damaged, and is mended so.
    if (code === 'EEXIST' || code === 'EPERM' || code === 'ENOTSUP' || code === 'EMLINK')
      await rename(path, place)
    else throw error
  }
}

async function read(place: string, range: ByteRange | undefined): Promise<Readable> {
  try {
    const handle = await open(place, 'r')
    return handle.createReadStream({
      highWaterMark: 256 * 1024,
      ...(range === undefined ? {} : { start: range.first, end: range.last }),
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new StoreError(
      'STORE_UNAVAILABLE',
      `The content ${place.slice(-64)} is on record, but gone from the folder of files: restore it from the backup.`,
      { cause: error },
    )
  }
}
