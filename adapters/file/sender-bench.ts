/** The sender side of this kind's tests: partners that drop files, into a folder of this machine or behind a real SFTP server. */
import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import type { Fate, Sender, SenderBench, Sending } from '../listener-conformance.ts'
import { freshFolder, sftpPlace } from './bench.ts'
import type { FileListenConfig } from './inbound/settings.ts'
import { SftpServer } from './sftp-server.ts'

const HEADER = 'H|HN|411525|BJ|20261022|1'
const LARGEST_FILE = 60_000

/** How a partner writes one document into its file. */
interface Convention {
  readonly extension: string
  file(sending: Sending): Uint8Array
  readonly options: Omit<FileListenConfig, 'place'>
}

const WHOLE: Convention = {
  extension: 'json',
  file: ({ body }) => body,
  options: { content: 'whole', key: 'file', pollMs: 50, maxFileBytes: LARGEST_FILE },
}

const LINES: Convention = {
  extension: 'txt',
  file: ({ body }) => Buffer.concat([Buffer.from(`${HEADER}\n`), body, Buffer.from('\nT|1\n')]),
  options: {
    content: 'lines',
    charset: 'gb18030',
    records: { header: 'H', detail: 'D', trailer: 'T' },
    counts: [
      { record: 'T', field: 2 },
      { record: 'H', field: 6 },
    ],
    digest: 'md5',
    key: 'file',
    pollMs: 50,
    maxFileBytes: LARGEST_FILE,
  },
}

/** Writes by its own hand: the file, its digest, and `.ok` last; and looks for what became of it. */
class Dropper implements Sender<FileListenConfig> {
  readonly config: FileListenConfig
  readonly #folder: string
  readonly #convention: Convention
  readonly #server: SftpServer | undefined

  constructor(folder: string, convention: Convention, server?: SftpServer) {
    this.#folder = folder
    this.#convention = convention
    this.#server = server
    const place = server === undefined ? ({ kind: 'local', folder } as const) : sftpPlace(server)
    this.config = { place, ...convention.options }
  }

  async send(sending: Sending): Promise<void> {
    const file = path.join(this.#folder, this.#name(sending.id))
    const bytes = this.#convention.file(sending)
    await writeFile(file, bytes)
    await writeFile(`${file}.md5`, createHash('md5').update(bytes).digest('hex').toUpperCase())
    await writeFile(`${file}.ok`, '')
  }

  async fate(id: string): Promise<Fate> {
    const name = this.#name(id)
    for (const folder of ['', 'rejected']) {
      const report = path.join(this.#folder, folder, `${name}.err`)
      const words = await readFile(report, 'latin1').then(
        () => readFile(report),
        () => undefined,
      )
      if (words !== undefined)
        return {
          kind: 'refused',
          words: new TextDecoder(this.config.charset ?? 'utf-8', { fatal: true }).decode(words),
        }
    }
    const done = await exists(path.join(this.#folder, 'done', name))
    return done ? { kind: 'taken' } : { kind: 'open' }
  }

  async cut(): Promise<void> {
    if (this.#server === undefined) await rename(this.#folder, `${this.#folder}-away`)
    else await this.#server.shut()
  }

  async mend(): Promise<void> {
    if (this.#server !== undefined) {
      await this.#server.open()
      return
    }
    // As a share that is mounted again: another folder with the same files in it.
    const fresh = `${this.#folder}-fresh`
    await mkdir(fresh)
    for (const name of await readdir(`${this.#folder}-away`))
      await rename(path.join(`${this.#folder}-away`, name), path.join(fresh, name))
    await rename(fresh, this.#folder)
    await rm(`${this.#folder}-away`, { recursive: true })
  }

  async stop(): Promise<void> {
    await this.#server?.quiet()
    await this.#server?.shut()
    await rm(this.#folder, { recursive: true })
  }

  #name(id: string): string {
    return `HN_411525_BJ_${id}.${this.#convention.extension}`
  }
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

const id = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/)

export const wholeBench: SenderBench<FileListenConfig> = {
  start: async () => new Dropper(await freshFolder(), WHOLE),
  lacks: { 'content-type': 'a file has a name and bytes; the listener is told the media type' },
  documents: {
    any: fc.record({
      id,
      body: fc.jsonValue().map((value) => new TextEncoder().encode(JSON.stringify({ value }))),
      contentType: fc.constant('application/json; charset=utf-8'),
    }),
    sample: (sample) => ({
      id: sample,
      body: new TextEncoder().encode(`{"msgId":"${sample}","applyerPageCode":410101190001010015}`),
      contentType: 'application/json; charset=utf-8',
    }),
  },
  tooLarge: (sample) => ({
    id: sample,
    body: Buffer.alloc(LARGEST_FILE + 1, 0x20),
    contentType: 'application/json; charset=utf-8',
  }),
}

export const linesBench: SenderBench<FileListenConfig> = {
  async start() {
    const folder = await freshFolder()
    return new Dropper(folder, LINES, await new SftpServer(folder).open())
  },
  secrets: { FILE_PASSWORD: 'correct horse' },
  documents: {
    any: fc.record({
      id,
      // Any bytes a line can have: characters of GBK that end in 0x7C among them.
      body: fc
        .uint8Array({ maxLength: 2_000 })
        .map((bytes) =>
          Buffer.concat([Buffer.from('D|'), bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d)]),
        ),
      contentType: fc.constant('text/plain; charset=gb18030'),
    }),
    sample: (sample) => ({
      id: sample,
      body: Buffer.from(`D|${sample}|1141|410101190001010015|2026/10/22|0||2099/12/31`),
      contentType: 'text/plain; charset=gb18030',
    }),
  },
  arrives: ({ body, contentType }) => ({
    body: Buffer.concat([Buffer.from(`${HEADER}\n`), body]),
    contentType,
  }),
  tooLarge: (sample) => ({
    id: sample,
    body: Buffer.concat([Buffer.from('D|'), Buffer.alloc(LARGEST_FILE, 0x41)]),
    contentType: 'text/plain; charset=gb18030',
  }),
}
