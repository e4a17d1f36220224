/** An SFTP server over a folder of this machine, as an agency runs one: accounts with passwords, files and nothing else. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join, posix } from 'node:path'
import ssh2 from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

export interface SftpServer {
  readonly port: number
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string
  /** Ends every session and listens no more. Safe twice. */
  close(): Promise<void>
}

export interface SftpServerOptions {
  readonly folder: string
  readonly admits: (user: string, password: string) => boolean
}

/** What a client holds by a handle. */
interface Held {
  readonly path: string
  readonly file?: FileHandle
  /** Names of a folder that were not told yet. */
  names?: readonly string[] | undefined
}

/** Listens on a free port of this machine, with a key of its own for as long as it runs. */
export async function openSftpServer({ folder, admits }: SftpServerOptions): Promise<SftpServer> {
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private
  const clients = new Set<ssh2.Connection>()
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    clients.add(client)
    // A client that is cut off is no concern of the server's.
    client.on('error', () => undefined)
    client.on('close', () => clients.delete(client))
    client.on('authentication', (attempt) => {
      if (attempt.method === 'password' && admits(attempt.username, attempt.password)) attempt.accept()
      else attempt.reject(['password'])
    })
    client.on('session', (accept) => accept().on('sftp', (admit) => serveFiles(admit(), folder)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let closing: Promise<void> | undefined
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: fingerprintOf(hostKey),
    close: () => {
      closing ??= new Promise((resolve) => server.close(() => resolve()))
      for (const client of clients) client.end()
      return closing
    },
  }
}

function fingerprintOf(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error) throw key
  const digest = createHash('sha256').update(key.getPublicSSH()).digest('base64')
  return `SHA256:${digest.replace(/=+$/, '')}`
}

/** SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02), as far as files are exchanged by it. */
function serveFiles(sftp: ssh2.SFTPWrapper, folder: string): void {
  const held = new Map<number, Held>()
  let handles = 0

  const onDisk = (path: string): string => join(folder, posix.normalize(`/${path}`))
  const hold = (entry: Held): Buffer => {
    held.set(++handles, entry)
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(handles)
    return handle
  }
  const heldBy = (handle: Buffer): Held => {
    const entry = held.get(handle.length === 4 ? handle.readUInt32BE() : 0)
    if (entry === undefined) throw new Error('no such handle')
    return entry
  }
  const fileOf = (handle: Buffer): FileHandle => {
    const { file } = heldBy(handle)
    if (file === undefined) throw new Error('a folder is not read as a file')
    return file
  }
  /** Does the work, and answers "done" where it has sent no answer of its own. */
  const answer = (id: number, work: () => Promise<'answered' | 'done'>): void => {
    work().then(
      (how) => how === 'done' && sftp.status(id, STATUS_CODE.OK),
      (error: unknown) => sftp.status(id, statusOf(error)),
    )
  }

  sftp.on('close', () => {
    for (const { file } of held.values()) file?.close().catch(() => undefined)
    held.clear()
  })
  sftp.on('OPEN', (id, path, flags) =>
    answer(id, async () => {
      sftp.handle(id, hold({ path, file: await open(onDisk(path), modeOf(flags), 0o660) }))
      return 'answered'
    }),
  )
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, async () => {
      const piece = Buffer.alloc(Math.min(length, 32_768))
      const { bytesRead } = await fileOf(handle).read(piece, 0, piece.length, offset)
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.data(id, piece.subarray(0, bytesRead))
      return 'answered'
    }),
  )
  sftp.on('WRITE', (id, handle, offset, bytes) =>
    answer(id, async () => {
      await fileOf(handle).write(bytes, 0, bytes.length, offset)
      return 'done'
    }),
  )
  sftp.on('CLOSE', (id, handle) =>
    answer(id, async () => {
      const { file } = heldBy(handle)
      held.delete(handle.readUInt32BE())
      await file?.close()
      return 'done'
    }),
  )
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => {
      sftp.handle(id, hold({ path, names: await readdir(onDisk(path)) }))
      return 'answered'
    }),
  )
  sftp.on('READDIR', (id, handle) =>
    answer(id, async () => {
      const entry = heldBy(handle)
      const names = entry.names ?? []
      entry.names = undefined
      const rows = await Promise.all(names.map((name) => rowOf(join(onDisk(entry.path), name), name)))
      const there = rows.filter((row) => row !== undefined)
      if (there.length === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.name(id, there)
      return 'answered'
    }),
  )
  const attributes = (id: number, path: string): void =>
    answer(id, async () => {
      sftp.attrs(id, attributesOf(await lstat(onDisk(path))))
      return 'answered'
    })
  sftp.on('STAT', attributes)
  sftp.on('LSTAT', attributes)
  sftp.on('MKDIR', (id, path) => answer(id, () => mkdir(onDisk(path)).then(() => 'done')))
  sftp.on('REMOVE', (id, path) => answer(id, () => unlink(onDisk(path)).then(() => 'done')))
  sftp.on('RENAME', (id, path, to) =>
    answer(id, async () => {
      // In this version of the protocol a name that is taken is not given away.
      if ((await rowOf(onDisk(to), to)) !== undefined) throw new Error(`${to} is there`)
      await rename(onDisk(path), onDisk(to))
      return 'done'
    }),
  )
}

function modeOf(flags: number): string {
  if ((flags & OPEN_MODE.WRITE) === 0) return 'r'
  if ((flags & OPEN_MODE.CREAT) === 0) return 'r+'
  return (flags & OPEN_MODE.EXCL) === 0 ? 'w+' : 'wx+'
}

/** Undefined where it has gone since its name was read. */
async function rowOf(path: string, filename: string): Promise<ssh2.FileEntry | undefined> {
  const stats = await lstat(path).catch(() => undefined)
  return stats && { filename, longname: filename, attrs: attributesOf(stats) }
}

function attributesOf({ mode, size, uid, gid, atimeMs, mtimeMs }: Awaited<ReturnType<typeof lstat>>) {
  const seconds = (ms: number | bigint): number => Math.floor(Number(ms) / 1000)
  return {
    mode: Number(mode),
    size: Number(size),
    uid: Number(uid),
    gid: Number(gid),
    atime: seconds(atimeMs),
    mtime: seconds(mtimeMs),
  }
}

function statusOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE
  return code === 'EACCES' || code === 'EPERM' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE
}
