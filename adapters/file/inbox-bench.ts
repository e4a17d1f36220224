/** A folder that tests drop files into, a listener on it, and a hub that answers as it is told to. */
import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Inbound, InboundOutcome, Listener } from '../../hub/contract/listener.ts'
import { listenServices, taken } from '../listener-conformance.ts'
import { freshFolder, sftpPlace } from './bench.ts'
import { file } from './file.ts'
import type { FileListenConfig } from './inbound/settings.ts'
import { SftpServer } from './sftp-server.ts'

/** The convention of the vertical agency: header, details and trailer in GB 18030, `.md5`, and `.ok` last. */
export const AGENCY: Omit<FileListenConfig, 'place'> = {
  depth: 1,
  names: ['HN_*.txt'],
  content: 'lines',
  charset: 'gb18030',
  records: { header: 'H', detail: 'D', trailer: 'T' },
  counts: [
    { record: 'T', field: 2 },
    { record: 'H', field: 6 },
  ],
  key: 'line',
  pollMs: 20,
}

/** Longer than anything here takes, shorter than a person waits. */
const PATIENCE_MS = 10_000

export class Inbox {
  readonly folder: string
  readonly server: SftpServer | undefined
  readonly received: Inbound[] = []
  readonly warnings: string[] = []
  readonly #listeners: Listener[] = []
  decide: (inbound: Inbound) => InboundOutcome | Promise<InboundOutcome> = taken
  /** Added to the clock of the listeners that are open. */
  laterMs = 0

  private constructor(folder: string, server: SftpServer | undefined) {
    this.folder = folder
    this.server = server
  }

  static async local(): Promise<Inbox> {
    return new Inbox(await freshFolder(), undefined)
  }

  static async sftp(): Promise<Inbox> {
    const folder = await freshFolder()
    return new Inbox(folder, await new SftpServer(folder).open())
  }

  /** Opens a listener; more than one are as many nodes. */
  async open(options: Omit<FileListenConfig, 'place'>): Promise<Listener> {
    const place =
      this.server === undefined ? ({ kind: 'local', folder: this.folder } as const) : sftpPlace(this.server)
    const services = listenServices(
      async (inbound) => {
        this.received.push(inbound)
        return this.decide(inbound)
      },
      {
        mount: () => {
          throw new Error('kind file has no door')
        },
      },
      { FILE_PASSWORD: 'correct horse' },
    )
    const note = (details: object, text: string): void => {
      this.warnings.push(`${text} ${JSON.stringify(details)}`)
    }
    const listener = await file.listen(
      { place, ...options },
      {
        ...services,
        clock: { now: () => services.clock.now() + this.laterMs, after: services.clock.after },
        log: { info: () => {}, warn: note, error: note },
      },
    )
    this.#listeners.push(listener)
    return listener
  }

  /** Writes a file and its companions below the folder, `.ok` last. */
  async drop(
    name: string,
    bytes: Uint8Array | string,
    companions: readonly ('md5' | 'ok')[] = ['ok'],
  ): Promise<void> {
    const target = path.join(this.folder, name)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, bytes)
    for (const companion of companions)
      await writeFile(
        `${target}.${companion}`,
        companion === 'md5'
          ? `${createHash('md5').update(bytes).digest('hex')}  ${path.basename(name)}\r\n`
          : '',
      )
  }

  async has(name: string): Promise<boolean> {
    return access(path.join(this.folder, name)).then(
      () => true,
      () => false,
    )
  }

  /** Resolves once it stands there. */
  appears(name: string): Promise<void> {
    return until(`${name} appears`, () => this.has(name))
  }

  read(name: string): Promise<Buffer> {
    return readFile(path.join(this.folder, name))
  }

  /** The report, once it is there. */
  async report(name: string, charset = 'utf-8'): Promise<string> {
    await this.appears(name)
    return new TextDecoder(charset, { fatal: true }).decode(await this.read(name))
  }

  async names(folder = ''): Promise<string[]> {
    return (await readdir(path.join(this.folder, folder))).sort()
  }

  /** Resolves once exactly these names stand in the folder. */
  shows(expected: readonly string[], folder = ''): Promise<void> {
    const wanted = [...expected].sort().join()
    return until(
      `${folder || 'the folder'} holds ${wanted}`,
      async () => (await this.names(folder)).join() === wanted,
    )
  }

  /** What was handed over, as text. */
  bodies(charset = 'gb18030'): string[] {
    return this.received.map(({ body }) => new TextDecoder(charset).decode(body))
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()))
    await this.server?.shut()
    await rm(this.folder, { recursive: true })
  }
}

/** Looks until it holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: did not happen within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
