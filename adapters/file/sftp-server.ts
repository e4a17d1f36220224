/**
 * A real SFTP server on the loopback for tests: the server half of ssh2 over a folder of this machine, which can be told to
 * be silent, to cut, or to refuse. It shares no code with the adapter.
 */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import ssh2 from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/**
 * What becomes of a request. `mute`: done and not answered; `cut`: done and the connection cut; `half`: done, and the connection cut
 * within the answer; `cut-before`: cut and not done; or refused with a status.
 */
export type Treatment =
  | 'pass'
  | 'mute'
  | 'cut'
  | 'half'
  | 'cut-before'
  | { readonly status: number; readonly words?: string }

export interface ServerRequest {
  readonly what: 'open' | 'write' | 'rename' | 'list' | 'stat' | 'remove' | 'mkdir' | 'read'
  readonly path: string
  readonly to?: string
}

interface Opened {
  readonly path: string
  readonly handle?: FileHandle
  names?: readonly string[] | undefined
}

export class SftpServer {
  /** What `ssh-keygen -l` would print of it. */
  readonly fingerprint: string
  readonly user = 'hub'
  readonly password = 'correct horse'
  treat: (request: ServerRequest) => Treatment = () => 'pass'
  /** Called when a request is done, before it is answered. */
  onDone: (request: ServerRequest) => void = () => {}
  /** Whether a log-in is let in. */
  admits = true
  /** Log-ins so far. */
  sessions = 0
  readonly #root: string
  readonly #server: ssh2.Server
  readonly #sockets = new Set<Socket>()
  readonly #quiet = new Set<() => void>()
  #port = 0
  /** The next piece that is sent is cut in two, and its second half never comes. */
  #halve = false

  /** @param clientKey the private key of a client that is let in by it */
  constructor(root: string, clientKey?: string) {
    this.#root = root
    const hostKey = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    }).privateKey
    const parsed = ssh2.utils.parseKey(hostKey)
    if (parsed instanceof Error) throw parsed
    this.fingerprint = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`
    const known = clientKey === undefined ? undefined : ssh2.utils.parseKey(clientKey)
    if (known instanceof Error) throw known
    this.#server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => {})
      client.on('authentication', (context) => {
        if (!this.admits || context.username !== this.user) return context.reject(['password', 'publickey'])
        if (context.method === 'password' && context.password === this.password) return context.accept()
        if (
          context.method === 'publickey' &&
          known !== undefined &&
          context.key.data.equals(known.getPublicSSH()) &&
          (context.signature === undefined ||
            known.verify(context.blob as Buffer, context.signature, context.hashAlgo) === true)
        )
          return context.accept()
        context.reject(['password', 'publickey'])
      })
      client.on('ready', () => {
        this.sessions++
        client.on('session', (accept) => {
          accept().on('sftp', (admit) => this.#serve(admit()))
        })
      })
    })
    // The server half does not tell its sockets; those of the net server below it are the same.
    const below = (this.#server as unknown as { _srv: import('node:net').Server })._srv
    below.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.setNoDelay()
      socket.on('error', () => {})
      const write = socket.write.bind(socket) as (bytes: Uint8Array) => boolean
      socket.write = (bytes: unknown): boolean => {
        if (!this.#halve) return write(bytes as Uint8Array)
        this.#halve = false
        write((bytes as Uint8Array).subarray(0, (bytes as Uint8Array).length >> 1))
        socket.destroySoon()
        return false
      }
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (this.#sockets.size === 0) for (const look of [...this.#quiet]) look()
      })
    })
  }

  get port(): number {
    return this.#port
  }

  /** Again on the same port after `shut`. */
  async open(): Promise<this> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** Takes nobody in any more and cuts off who is there. */
  async shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Resolves once nobody is connected. */
  async quiet(): Promise<void> {
    while (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#quiet.delete(look)
          resolve()
        }
        this.#quiet.add(look)
      })
    }
  }

  #serve(sftp: ssh2.SFTPWrapper): void {
    const opened = new Map<number, Opened>()
    let last = 0

    // A client that is cut off closes nothing.
    sftp.on('close', () => {
      for (const { handle } of opened.values()) void handle?.close()
      opened.clear()
    })
    const keep = (entry: Opened): Buffer => {
      opened.set(++last, entry)
      const handle = Buffer.alloc(4)
      handle.writeUInt32BE(last)
      return handle
    }
    const at = (handle: Buffer): Opened => {
      const entry = opened.get(handle.readUInt32BE())
      if (entry === undefined) throw Object.assign(new Error('no such handle'), { code: 'EBADF' })
      return entry
    }
    const here = (path: string): string => `${this.#root}${path.startsWith('/') ? path : `/${path}`}`

    const cut = (): void => {
      for (const socket of this.#sockets) socket.destroy()
    }
    /** Does what is asked, and answers by what that returns, as far as it is told to. */
    const serve = (id: number, request: ServerRequest, act: () => Promise<() => void>): void => {
      const treatment = this.treat(request)
      if (treatment === 'cut-before') {
        cut()
        return
      }
      if (typeof treatment === 'object') {
        sftp.status(id, treatment.status, treatment.words)
        return
      }
      act().then(
        (answer) => {
          this.onDone(request)
          if (treatment === 'pass') answer()
          else if (treatment === 'cut') cut()
          else if (treatment === 'half') {
            this.#halve = true
            answer()
          }
        },
        (error: NodeJS.ErrnoException) => sftp.status(id, statusOf(error)),
      )
    }
    /** As `serve`, for what is answered with "done". */
    const done = (id: number, request: ServerRequest, act: () => Promise<unknown>): void =>
      serve(id, request, async () => {
        await act()
        return () => sftp.status(id, STATUS_CODE.OK)
      })

    sftp.on('OPEN', (id, path, flags) =>
      serve(id, { what: 'open', path }, async () => {
        let mode = flags & OPEN_MODE.WRITE ? constants.O_RDWR : constants.O_RDONLY
        if (flags & OPEN_MODE.CREAT) mode |= constants.O_CREAT
        if (flags & OPEN_MODE.TRUNC) mode |= constants.O_TRUNC
        if (flags & OPEN_MODE.EXCL) mode |= constants.O_EXCL
        const handle = keep({ path, handle: await open(here(path), mode, 0o660) })
        return () => sftp.handle(id, handle)
      }),
    )
    sftp.on('READ', (id, handle, offset, length) =>
      serve(id, { what: 'read', path: at(handle).path }, async () => {
        const buffer = Buffer.alloc(Math.min(length, 32_000))
        const { bytesRead } = await (at(handle).handle as FileHandle).read(buffer, 0, buffer.length, offset)
        return () =>
          bytesRead === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, buffer.subarray(0, bytesRead))
      }),
    )
    sftp.on('WRITE', (id, handle, offset, data) =>
      done(id, { what: 'write', path: at(handle).path }, () =>
        (at(handle).handle as FileHandle).write(data, 0, data.length, offset),
      ),
    )
    sftp.on('CLOSE', (id, handle) => {
      const entry = at(handle)
      opened.delete(handle.readUInt32BE())
      void Promise.resolve(entry.handle?.close()).then(() => sftp.status(id, STATUS_CODE.OK))
    })
    sftp.on('OPENDIR', (id, path) =>
      serve(id, { what: 'list', path }, async () => {
        const handle = keep({ path, names: await readdir(here(path)) })
        return () => sftp.handle(id, handle)
      }),
    )
    sftp.on('READDIR', (id, handle) => {
      const entry = at(handle)
      const names = entry.names
      entry.names = undefined
      if (names === undefined || names.length === 0) return sftp.status(id, STATUS_CODE.EOF)
      void Promise.all(
        names.map(async (filename) => ({
          filename,
          longname: filename,
          attrs: await lstat(`${here(entry.path)}/${filename}`).then(attributesOf, () => undefined),
        })),
      ).then((rows) =>
        sftp.name(
          id,
          rows.flatMap(({ attrs, ...row }) => (attrs === undefined ? [] : [{ ...row, attrs }])),
        ),
      )
    })
    for (const name of ['STAT', 'LSTAT'] as const)
      sftp.on(name as 'LSTAT', (id, path) =>
        serve(id, { what: 'stat', path }, async () => {
          const attributes = attributesOf(await lstat(here(path)))
          return () => sftp.attrs(id, attributes)
        }),
      )
    sftp.on('REMOVE', (id, path) => done(id, { what: 'remove', path }, () => unlink(here(path))))
    sftp.on('MKDIR', (id, path) => done(id, { what: 'mkdir', path }, () => mkdir(here(path))))
    sftp.on('RENAME', (id, path, to) =>
      done(id, { what: 'rename', path, to }, async () => {
        const taken = await lstat(here(to)).then(
          () => true,
          () => false,
        )
        // Version 3 of the protocol: an error where the new name is taken.
        if (taken) throw Object.assign(new Error('taken'), { code: 'EEXIST' })
        await rename(here(path), here(to))
      }),
    )
  }
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE
  if (code === 'EACCES' || code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED
  return STATUS_CODE.FAILURE
}

function attributesOf({ mode, size, uid, gid, atimeMs, mtimeMs }: import('node:fs').Stats): ssh2.Attributes {
  return { mode, size, uid, gid, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) }
}
