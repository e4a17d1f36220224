/** A folder of an SFTP server. One connection, opened when it is needed and again after it broke. */
import { type NameCharset, nameBytes, nameText, shownBytes } from './name.ts'
import { type Entry, join, type Listing, numbered, type Place, PlaceError, split } from './place.ts'
import { SftpSession, statusError, statusOf } from './sftp-session.ts'
import {
  type Attributes,
  modeAttributes,
  OPEN,
  STATUS,
  TYPE,
  text,
  uint32,
  uint64,
  WireError,
} from './sftp-wire.ts'
import { openSubsystem, type SshOptions } from './ssh.ts'

export interface SftpOptions extends SshOptions {
  /** Absolute, or relative to where the log-in leads. */
  readonly folder: string
  readonly nameCharset: NameCharset
  /** Milliseconds until one request is answered. */
  readonly answerTimeoutMs: number
}

/** What every server takes in one request (draft-ietf-secsh-filexfer-02 §3: packets of 34000 bytes). */
const PIECE_BYTES = 32_000
/** A listing is held in memory; what a server sends must end somewhere. */
const MOST_ENTRIES = 200_000
/** Writes that are under way at once. */
const WINDOW = 8

const FILE_TYPE = { mask: 0o170000, file: 0o100000, folder: 0o040000 } as const

/** Extensions of OpenSSH (PROTOCOL §4): a rename over what stands there, and "on disk now". */
const POSIX_RENAME = 'posix-rename@openssh.com'
const FSYNC = 'fsync@openssh.com'

export function openSftp(options: SftpOptions): Place {
  return new SftpPlace(options)
}

class SftpPlace implements Place {
  readonly title: string
  readonly #options: SftpOptions
  #session: Promise<SftpSession> | undefined
  readonly #closing = new AbortController()

  constructor(options: SftpOptions) {
    this.#options = options
    this.title = `${options.host}:${options.port} ${options.folder}`
  }

  connection(): Promise<unknown> {
    return this.#connected()
  }

  async list(folder: string): Promise<Listing> {
    const doing = `list ${folder || this.#options.folder}`
    const session = await this.#connected()
    const handle = await this.#handle(session, doing, TYPE.OPENDIR, this.#path(folder))
    const entries: Entry[] = []
    const unreadable: string[] = []
    try {
      for (;;) {
        const answer = await session.ask(TYPE.READDIR, text(handle))
        if (answer.type === TYPE.STATUS) {
          const status = statusOf(answer)
          if (status.code === STATUS.EOF) return { entries, unreadable }
          throw statusError(doing, status)
        }
        const { fields } = answer
        const rows = fields.uint32()
        // Some servers end a listing with an empty one.
        if (rows === 0) return { entries, unreadable }
        for (let count = rows; count > 0; count--) {
          if (entries.length + unreadable.length >= MOST_ENTRIES)
            throw new PlaceError('failed', `Could not ${doing}: it holds more than ${MOST_ENTRIES} files.`)
          const bytes = fields.text()
          // The long name, as `ls -l` shows it: for people.
          fields.text()
          const attributes = fields.attributes()
          const name = nameText(bytes, this.#options.nameCharset)
          if (name === undefined) unreadable.push(shownBytes(bytes))
          else if (name !== '.' && name !== '..') {
            // Some servers tell in a listing nothing but names.
            const known = attributes.mode !== undefined && attributes.size !== undefined
            const entry = known ? entryOf(name, attributes) : await this.stat(join(folder, name))
            if (entry !== undefined) entries.push(entry)
          }
        }
      }
    } finally {
      letGo(session, handle)
    }
  }

  async stat(path: string): Promise<Entry | undefined> {
    const session = await this.#connected()
    try {
      const fields = await session.get(`look at ${path}`, TYPE.ATTRS, TYPE.LSTAT, this.#path(path))
      return entryOf(split(path)[1], fields.attributes())
    } catch (error) {
      const failure = await this.#unlessBaseIsGone(session, error)
      if (failure.kind === 'missing') return undefined
      throw failure
    }
  }

  async *read(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    const doing = `read ${path}`
    const there = await this.stat(path)
    if (there === undefined) throw new PlaceError('missing', `Could not ${doing}: it is not there.`)
    if (there.kind !== 'file') throw new PlaceError('denied', `${path} is no file.`)
    const session = await this.#connected()
    const handle = await this.#handle(
      session,
      doing,
      TYPE.OPEN,
      this.#path(path),
      uint32(OPEN.READ),
      uint32(0),
    )
    try {
      for (let at = 0; ; ) {
        const answer = await session.ask(TYPE.READ, text(handle), uint64(at), uint32(PIECE_BYTES))
        if (answer.type === TYPE.STATUS) {
          const status = statusOf(answer)
          if (status.code === STATUS.EOF) return
          throw statusError(doing, status)
        }
        const piece = answer.fields.text()
        if (piece.length === 0)
          throw new WireError('it sends nothing where it has not said that the file ends')
        at += piece.length
        yield piece
      }
    } finally {
      letGo(session, handle)
    }
  }

  async write(
    path: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const doing = `write ${path}`
    const session = await this.#connected()
    const flags = uint32(OPEN.WRITE | OPEN.CREAT | OPEN.TRUNC)
    const handle = await this.#handle(
      session,
      doing,
      TYPE.OPEN,
      this.#path(path),
      flags,
      modeAttributes(0o660),
    )
    const underWay = new Set<Promise<void>>()
    let failure: unknown
    let at = 0
    try {
      for await (const piece of content) {
        for (let from = 0; from < piece.length; from += PIECE_BYTES) {
          signal?.throwIfAborted()
          if (failure !== undefined) throw failure
          const part = piece.subarray(from, from + PIECE_BYTES)
          const write = session
            .act(doing, TYPE.WRITE, text(handle), uint64(at), text(part))
            .catch((error: unknown) => {
              failure ??= error
            })
            .finally(() => underWay.delete(write))
          underWay.add(write)
          at += part.length
          if (underWay.size >= WINDOW) await Promise.race(underWay)
        }
      }
      await Promise.all(underWay)
      if (failure !== undefined) throw failure
      signal?.throwIfAborted()
      if (session.has(FSYNC)) await session.act(doing, TYPE.EXTENDED, text(FSYNC), text(handle))
    } catch (error) {
      letGo(session, handle)
      throw error
    }
    // Some servers notice only here that the disk is full.
    await session.act(doing, TYPE.CLOSE, text(handle))
  }

  async rename(from: string, to: string): Promise<void> {
    const doing = `rename ${from} to ${to}`
    const session = await this.#connected()
    try {
      await session.act(doing, TYPE.RENAME, this.#path(from), this.#path(to))
    } catch (error) {
      const failure = await this.#unlessBaseIsGone(session, error)
      // A name that is taken is a failure like any other in version 3.
      if (failure.kind === 'failed' && (await this.stat(to)) !== undefined)
        throw new PlaceError('exists', `${to} is there already.`, { cause: failure })
      throw failure
    }
  }

  async move(from: string, folder: string, name: string): Promise<void> {
    for (let number = 1; ; number++) {
      const to = join(folder, numbered(name, number))
      // Some servers rename over what stands there.
      if ((await this.stat(to)) !== undefined) continue
      try {
        return await this.rename(from, to)
      } catch (error) {
        if (!(error instanceof PlaceError) || error.kind !== 'exists') throw error
      }
    }
  }

  async replace(from: string, to: string): Promise<void> {
    const session = await this.#connected()
    if (session.has(POSIX_RENAME)) {
      const names = [this.#path(from), this.#path(to)]
      return session.act(`rename ${from} to ${to}`, TYPE.EXTENDED, text(POSIX_RENAME), ...names)
    }
    await this.remove(to)
    await this.rename(from, to)
  }

  async remove(path: string): Promise<void> {
    const session = await this.#connected()
    try {
      await session.act(`remove ${path}`, TYPE.REMOVE, this.#path(path))
    } catch (error) {
      const failure = await this.#unlessBaseIsGone(session, error)
      if (failure.kind !== 'missing') throw failure
    }
  }

  async makeFolder(path: string): Promise<void> {
    const session = await this.#connected()
    let made = ''
    for (const part of path === '' ? [] : path.split('/')) {
      made = made === '' ? part : `${made}/${part}`
      if ((await this.stat(made))?.kind === 'folder') continue
      try {
        await session.act(`create folder ${made}`, TYPE.MKDIR, this.#path(made), modeAttributes(0o770))
      } catch (error) {
        // Somebody else may have been quicker.
        if ((error as PlaceError).kind === 'lost' || (await this.stat(made))?.kind !== 'folder') throw error
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const session = await this.#session?.catch(() => undefined)
    session?.end('the hub closed it')
  }

  #path(path: string): Buffer {
    const { folder, nameCharset } = this.#options
    const base = folder === '' ? '.' : folder
    // With a dot behind it the folder may be a link itself.
    return text(nameBytes(`${base.replace(/\/+$/, '')}/${path || '.'}`, nameCharset))
  }

  async #handle(session: SftpSession, doing: string, type: number, ...parts: Uint8Array[]): Promise<Buffer> {
    try {
      return (await session.get(doing, TYPE.HANDLE, type, ...parts)).text()
    } catch (error) {
      throw await this.#unlessBaseIsGone(session, error)
    }
  }

  /** "No such file" means something else where the folder itself is not there. */
  async #unlessBaseIsGone(session: SftpSession, error: unknown): Promise<PlaceError> {
    if (!(error instanceof PlaceError)) throw error
    if (error.kind !== 'missing') return error
    const answer = await session.ask(TYPE.LSTAT, this.#path(''))
    if (answer.type === TYPE.ATTRS) return error
    return new PlaceError('unreachable', `There is no folder ${this.title}.`, { cause: error })
  }

  async #connected(): Promise<SftpSession> {
    if (this.#closing.signal.aborted)
      throw new PlaceError('unreachable', 'The connection was closed by the hub.')
    if (this.#session !== undefined) return this.#session
    const forget = (): void => {
      if (this.#session === opening) this.#session = undefined
    }
    const opening = this.#open(forget)
    this.#session = opening
    opening.catch(forget)
    return opening
  }

  async #open(onEnd: () => void): Promise<SftpSession> {
    const { clock, answerTimeoutMs: timeoutMs } = this.#options
    const { stream, ended, close } = await openSubsystem('sftp', this.#options, this.#closing.signal)
    const session = new SftpSession(stream, {
      clock,
      timeoutMs,
      onEnd: () => {
        close()
        onEnd()
      },
    })
    void ended.then(() => session.end('the connection was cut'))
    try {
      await session.open()
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause)
      throw new PlaceError('unreachable', `${this.title}: ${words}`, { cause })
    }
    if (this.#closing.signal.aborted) session.end('the hub closed it')
    return session
  }
}

/** Nobody waits for the answer: what was opened for reading holds nothing that could be lost. */
function letGo(session: SftpSession, handle: Buffer): void {
  session.ask(TYPE.CLOSE, text(handle)).catch(() => {})
}

function entryOf(name: string, { size, mode, modified }: Attributes): Entry {
  const type = (mode ?? 0) & FILE_TYPE.mask
  const kind = type === FILE_TYPE.file ? 'file' : type === FILE_TYPE.folder ? 'folder' : 'other'
  return { name, kind, size: size ?? 0, modifiedMs: (modified ?? 0) * 1000 }
}
