/**
 * An SSH server for tests whose file transfer is written out byte by byte (draft-ietf-secsh-filexfer-02): names are the bytes that
 * they are, and answers can be wrong. Files stand in memory, by the bytes of their path. It shares no code with the adapter.
 */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'

const FILE_MODE = 0o100644
const FOLDER_MODE = 0o040755

export class ScriptedServer {
  readonly fingerprint: string
  /** Content by path, each byte of the path a character of Latin-1. */
  readonly files = new Map<string, Buffer>()
  /** Replaces the answer to a request, the bytes of a packet without its length. Undefined: as usual. */
  script: (type: number, id: Buffer) => Buffer | undefined = () => undefined
  readonly #server: ssh2.Server
  readonly #clients = new Set<ssh2.Connection>()

  constructor() {
    const hostKey = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    }).privateKey
    const key = ssh2.utils.parseKey(hostKey)
    if (key instanceof Error) throw key
    this.fingerprint = `SHA256:${createHash('sha256').update(key.getPublicSSH()).digest('base64').replace(/=+$/, '')}`
    this.#server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      this.#clients.add(client)
      client.on('error', () => {})
      client.on('close', () => this.#clients.delete(client))
      client.on('authentication', (context) => context.accept())
      client.on('ready', () =>
        client.on('session', (accept) =>
          accept().on('subsystem', (admit) => this.#serve(admit() as unknown as Duplex)),
        ),
      )
    })
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const client of this.#clients) client.end()
    await closed
  }

  #serve(stream: Duplex): void {
    const handles = new Map<string, { path: string; listed: boolean }>()
    let rest = Buffer.alloc(0)
    stream.on('error', () => {})
    stream.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
        const request = rest.subarray(4, 4 + rest.readUInt32BE())
        rest = rest.subarray(4 + request.length)
        const type = request[0] as number
        const id = request.subarray(1, 5)
        const answer =
          this.script(type, id) ??
          (type === 1 ? Buffer.of(2, 0, 0, 0, 3) : this.#answer(type, id, request.subarray(5), handles))
        stream.write(Buffer.concat([number(answer.length), answer]))
      }
    })
  }

  #answer(
    type: number,
    id: Buffer,
    payload: Buffer,
    handles: Map<string, { path: string; listed: boolean }>,
  ): Buffer {
    const first = payload.subarray(4, 4 + payload.readUInt32BE())
    const behind = payload.subarray(4 + first.length)
    const path = first.toString('latin1').replace(/\/\.$/, '')
    const status = (code: number): Buffer =>
      Buffer.concat([Buffer.of(101), id, number(code), field(''), field('')])
    const opened = handles.get(first.toString('latin1'))
    switch (type) {
      case 3:
      case 11: {
        const writes = type === 3 && (behind.readUInt32BE() & 0x10) !== 0
        if (writes) this.files.set(path, Buffer.alloc(0))
        if (!this.#isFolder(path) && !this.files.has(path)) return status(2)
        const handle = String(handles.size)
        handles.set(handle, { path, listed: false })
        return Buffer.concat([Buffer.of(102), id, field(handle)])
      }
      case 4:
        return status(0)
      case 5: {
        const content = this.files.get(opened?.path ?? '') ?? Buffer.alloc(0)
        const at = Number(behind.readBigUInt64BE())
        if (at >= content.length) return status(1)
        return Buffer.concat([Buffer.of(103), id, field(content.subarray(at, at + behind.readUInt32BE(8)))])
      }
      case 6: {
        const content = this.files.get(opened?.path ?? '') ?? Buffer.alloc(0)
        this.files.set(opened?.path ?? '', Buffer.concat([content, behind.subarray(12)]))
        return status(0)
      }
      case 7:
        if (this.#isFolder(path)) return Buffer.concat([Buffer.of(105), id, attributes(FOLDER_MODE, 0)])
        if (this.files.has(path))
          return Buffer.concat([
            Buffer.of(105),
            id,
            attributes(FILE_MODE, (this.files.get(path) as Buffer).length),
          ])
        return status(2)
      case 12: {
        if (opened === undefined || opened.listed) return status(1)
        opened.listed = true
        const below = [...this.files].filter(([each]) => each.startsWith(`${opened.path}/`))
        const rows = below.map(([each, content]) => {
          const name = Buffer.from(each.slice(opened.path.length + 1), 'latin1')
          return Buffer.concat([field(name), field('-rw-r--r--'), attributes(FILE_MODE, content.length)])
        })
        return Buffer.concat([Buffer.of(104), id, number(rows.length), ...rows])
      }
      case 13:
        return status(this.files.delete(path) ? 0 : 2)
      case 14:
        return status(0)
      case 18: {
        const to = behind.subarray(4).toString('latin1')
        const content = this.files.get(path)
        if (content === undefined) return status(2)
        if (this.files.has(to)) return status(4)
        this.files.delete(path)
        this.files.set(to, content)
        return status(0)
      }
      default:
        return status(8)
    }
  }

  /** Every folder that something stands in, and `/in`. */
  #isFolder(path: string): boolean {
    return (
      path === '/in' ||
      path === '/in/done' ||
      [...this.files.keys()].some((each) => each.startsWith(`${path}/`))
    )
  }
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function field(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as Buffer)
  return Buffer.concat([number(bytes.length), bytes])
}

/** Size, permissions, times. */
function attributes(mode: number, size: number): Buffer {
  return Buffer.concat([number(0x1 | 0x4 | 0x8), number(0), number(size), number(mode), number(1), number(1)])
}
