/** A folder of this machine, or one that is mounted here. Names are bytes, so that a folder written by others in GBK can be read. */
import { constants, type Stats } from 'node:fs'
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  unlink,
} from 'node:fs/promises'
import { type NameCharset, nameBytes, nameText, shownBytes } from './name.ts'
import {
  type Entry,
  join,
  type Listing,
  numbered,
  type Place,
  PlaceError,
  type PlaceFailure,
  split,
} from './place.ts'
import { temporaryName } from './temporary.ts'

export interface LocalOptions {
  /** Absolute. */
  readonly folder: string
  readonly nameCharset: NameCharset
  readonly randomBytes: (size: number) => Uint8Array
}

const PIECE_BYTES = 65_536

const FAILURES: Readonly<Record<string, PlaceFailure>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EEXIST: 'exists',
  EISDIR: 'exists',
  ENOTEMPTY: 'exists',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ELOOP: 'denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  ENAMETOOLONG: 'name',
  EILSEQ: 'name',
  EINVAL: 'name',
  // What a mounted folder says when its server is gone.
  EIO: 'lost',
  ESTALE: 'lost',
  ENOTCONN: 'lost',
  EHOSTDOWN: 'lost',
  ETIMEDOUT: 'lost',
}

/** File systems without hard links say so in different words. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

export function openLocal({ folder, nameCharset, randomBytes }: LocalOptions): Place {
  const base = Buffer.from(folder)
  let closed = false

  function resolve(path: string): Buffer {
    if (closed) throw new PlaceError('lost', 'The folder was closed.')
    // With a dot behind it the folder may be a link itself.
    const parts = path === '' ? ['.'] : path.split('/')
    return Buffer.concat([base, ...parts.flatMap((part) => [Buffer.from('/'), nameBytes(part, nameCharset)])])
  }

  async function inPlace<Result>(doing: string, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      const failure = placeError(doing, error)
      if (failure.kind !== 'missing' || (await isFolder(base))) throw failure
      throw new PlaceError('unreachable', `The folder ${folder} is not there.`, { cause: error })
    }
  }

  /** What a rename has done is on disk only when the folder is. */
  async function syncFolder(path: Buffer): Promise<void> {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** Who may write here may also put a link where a folder was; what was opened must be the file that stands inside. */
  async function assertInside(handle: FileHandle, path: string): Promise<void> {
    const opened = await handle.stat()
    if (!opened.isFile()) throw new PlaceError('denied', `${path} is no file.`)
    const [above, name] = split(path)
    const real = await realpath(resolve(above), { encoding: 'buffer' })
    const expected = Buffer.concat([
      await realpath(base, { encoding: 'buffer' }),
      ...(above === '' ? [] : above.split('/')).flatMap((part) => [
        Buffer.from('/'),
        nameBytes(part, nameCharset),
      ]),
    ])
    const there = await lstat(Buffer.concat([expected, Buffer.from('/'), nameBytes(name, nameCharset)]))
    if (!real.equals(expected) || there.ino !== opened.ino || there.dev !== opened.dev)
      throw new PlaceError('denied', `${path} leads out of the folder.`)
  }

  /** Gives a file that nobody else touches another name, where that is free. */
  async function putUnder(source: Buffer, path: string): Promise<void> {
    const target = resolve(path)
    // A rename would take the place of what stands there without a word; a link does not.
    try {
      await link(source, target)
    } catch (error) {
      if (!NO_LINKS.has(codeOf(error))) throw error
      if ((await lstat(target).catch(gone)) !== undefined)
        throw new PlaceError('exists', `${path} is there already.`)
      return rename(source, target)
    }
    await unlink(source).catch(gone)
  }

  return {
    title: folder,

    connection: () =>
      inPlace(`look at ${folder}`, async () => {
        const { dev, ino } = await lstat(resolve(''))
        return `${dev}:${ino}`
      }),

    list: (path) =>
      inPlace(`list ${path || folder}`, async () => {
        const at = resolve(path)
        const names = await readdir(at, { encoding: 'buffer' })
        const entries: Entry[] = []
        const unreadable: string[] = []
        for (const bytes of names) {
          const name = nameText(bytes, nameCharset)
          if (name === undefined) {
            unreadable.push(shownBytes(bytes))
            continue
          }
          const stats = await lstat(Buffer.concat([at, Buffer.from('/'), bytes])).catch(gone)
          if (stats !== undefined) entries.push(entryOf(name, stats))
        }
        return { entries, unreadable } satisfies Listing
      }),

    stat: (path) =>
      inPlace(`look at ${path}`, async () => {
        const stats = await lstat(resolve(path)).catch(gone)
        if (stats === undefined && !(await isFolder(base)))
          throw new PlaceError('unreachable', `The folder ${folder} is not there.`)
        return stats && entryOf(split(path)[1], stats)
      }),

    async *read(path) {
      // Without blocking, or a pipe that nobody writes would hold us; what it is, is asked of what was opened.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      const handle = await inPlace(`open ${path}`, () => open(resolve(path), flags))
      try {
        await inPlace(`open ${path}`, () => assertInside(handle, path))
        for (;;) {
          const piece = await inPlace(`read ${path}`, () =>
            handle.read({ buffer: Buffer.alloc(PIECE_BYTES) }),
          )
          if (piece.bytesRead === 0) return
          yield piece.buffer.subarray(0, piece.bytesRead)
        }
      } finally {
        await handle.close()
      }
    },

    async write(path, content, signal) {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
      const handle = await inPlace(`create ${path}`, () => open(resolve(path), flags, 0o660))
      try {
        for await (const piece of content) {
          signal?.throwIfAborted()
          await inPlace(`write ${path}`, () => writeAll(handle, piece))
        }
        signal?.throwIfAborted()
        await inPlace(`write ${path}`, () => handle.sync())
      } finally {
        await handle.close()
      }
    },

    rename: (from, to) =>
      inPlace(`rename ${from} to ${to}`, async () => {
        await putUnder(resolve(from), to)
        await syncFolder(resolve(split(to)[0]))
      }),

    move: (from, to, name) =>
      inPlace(`move ${from} to ${to || folder}`, async () => {
        // Only a rename takes a name away in one step: who comes second finds nothing, and who writes anew writes another file.
        const onItsWay = resolve(temporaryName(join(to, name), randomBytes))
        await rename(resolve(from), onItsWay)
        for (let number = 1; ; number++)
          try {
            await putUnder(onItsWay, join(to, numbered(name, number)))
            return await syncFolder(resolve(to))
          } catch (error) {
            if (codeOf(error) !== 'EEXIST' && !(error instanceof PlaceError && error.kind === 'exists'))
              throw error
          }
      }),

    replace: (from, to) =>
      inPlace(`rename ${from} to ${to}`, async () => {
        await rename(resolve(from), resolve(to))
        await syncFolder(resolve(split(to)[0]))
      }),

    remove: (path) =>
      inPlace(`remove ${path}`, async () => {
        await unlink(resolve(path)).catch(gone)
      }),

    makeFolder: (path) =>
      inPlace(`create folder ${path}`, async () => {
        let made = ''
        for (const part of path === '' ? [] : path.split('/')) {
          made = made === '' ? part : `${made}/${part}`
          await mkdir(resolve(made), 0o770).catch(async (error: unknown) => {
            if (codeOf(error) !== 'EEXIST') throw error
            // A link that stands here could lead anywhere.
            if (!(await lstat(resolve(made))).isDirectory())
              throw new PlaceError('denied', `${made} is there already, and is no folder.`)
          })
        }
      }),

    async close() {
      closed = true
    },
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten
}

async function isFolder(path: Buffer): Promise<boolean> {
  const stats = await lstat(Buffer.concat([path, Buffer.from('/.')])).catch(() => undefined)
  return stats?.isDirectory() === true
}

function entryOf(name: string, stats: Stats): Entry {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
  return { name, kind, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) }
}

/** For `catch`: what is not there is no error. */
function gone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code)
}

function placeError(doing: string, error: unknown): PlaceError {
  if (error instanceof PlaceError) return error
  const code = codeOf(error)
  if (!/^E[A-Z0-9]+$/.test(code)) throw error
  return new PlaceError(FAILURES[code] ?? 'failed', `Could not ${doing}: ${code}.`, { cause: error })
}
