/** The receiver side of this kind's tests: a partner that empties its folder, on this machine or behind a real SFTP server. */
import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  type Arrival,
  anOutbound,
  type Behaviour,
  type Bench,
  type Lack,
  type Receiver,
} from '../conformance.ts'
import { unusedPort } from '../unused-port.ts'
import type { FileConfig } from './link.ts'
import { SftpServer } from './sftp-server.ts'

export function freshFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'hub-file-'))
}

const SECRETS = { FILE_PASSWORD: 'correct horse' }

/** Takes what is complete out of a folder as soon as somebody looks, and keeps what it found. */
class Collector {
  readonly folder: string
  readonly #taken: Arrival[] = []
  readonly #left = new Set<string>()
  readonly #waiting = new Set<() => void>()

  constructor(folder: string) {
    this.folder = folder
  }

  get arrivals(): readonly Arrival[] {
    this.collect()
    return this.#taken
  }

  collect(): void {
    const names = readdirSync(this.folder)
    for (const name of names.filter((each) => names.includes(`${each}.ok`) && !this.#left.has(each)).sort()) {
      const file = path.join(this.folder, name)
      this.#taken.push({ messageId: name.replace(/\.[a-z]+$/, ''), body: readFileSync(file) })
      unlinkSync(`${file}.ok`)
      unlinkSync(file)
    }
    for (const wake of [...this.#waiting]) wake()
  }

  async arrived(count: number): Promise<void> {
    while (this.arrivals.length < count)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
  }

  /** Has the message already, as `anOutbound` makes it, and leaves it where it is. */
  haveAlready(): void {
    const { messageId, body } = anOutbound()
    const name = `${messageId}.json`
    this.#left.add(name)
    mkdirSync(this.folder, { recursive: true })
    writeFileSync(path.join(this.folder, name), body)
    writeFileSync(path.join(this.folder, `${name}.ok`), '')
  }
}

class LocalReceiver implements Receiver<FileConfig> {
  readonly #collector: Collector
  readonly config: FileConfig

  constructor(folder: string) {
    this.#collector = new Collector(folder)
    this.config = { place: { kind: 'local', folder }, ok: true }
  }

  get arrivals(): readonly Arrival[] {
    return this.#collector.arrivals
  }

  behave({ kind }: Behaviour): void {
    if (kind === 'duplicate') this.#collector.haveAlready()
    else if (kind !== 'take') throw new Error(`a folder cannot be told to ${kind}`)
  }

  arrived(count: number): Promise<void> {
    return this.#collector.arrived(count)
  }

  strayed(): number {
    return 0
  }

  async quiet(): Promise<void> {}

  async stop(): Promise<void> {
    await rm(this.#collector.folder, { recursive: true })
  }
}

class SftpReceiver implements Receiver<FileConfig> {
  readonly #collector: Collector
  readonly #server: SftpServer

  constructor(folder: string) {
    this.#collector = new Collector(folder)
    this.#server = new SftpServer(folder)
    // The partner has taken a file before the hub is told that it stands there.
    this.#server.onDone = ({ what, to }) => {
      if (what === 'rename' && to?.endsWith('.ok')) this.#collector.collect()
    }
  }

  async open(): Promise<this> {
    await this.#server.open()
    return this
  }

  get config(): FileConfig {
    return { place: sftpPlace(this.#server), ok: true }
  }

  get arrivals(): readonly Arrival[] {
    return this.#collector.arrivals
  }

  behave(behaviour: Behaviour): void {
    const server = this.#server
    const onPublishing = (treatment: ReturnType<SftpServer['treat']>): void => {
      server.treat = ({ what, to }) => (what === 'rename' && to?.endsWith('.ok') ? treatment : 'pass')
    }
    switch (behaviour.kind) {
      case 'take':
        onPublishing('pass')
        break
      case 'duplicate':
        this.#collector.haveAlready()
        break
      case 'deny':
        server.admits = false
        break
      case 'silent':
        onPublishing('mute')
        break
      case 'cut':
        onPublishing(behaviour.when === 'before-answer' ? 'cut' : 'half')
        break
      default:
        throw new Error(`a server of files cannot be told to ${behaviour.kind}`)
    }
  }

  arrived(count: number): Promise<void> {
    return this.#collector.arrived(count)
  }

  strayed(): number {
    return 0
  }

  quiet(): Promise<void> {
    return this.#server.quiet()
  }

  async stop(): Promise<void> {
    await this.#server.shut()
    await rm(this.#collector.folder, { recursive: true })
  }
}

/** A link's or listener's `place` at the server; `/` is the server's folder. */
export function sftpPlace(server: SftpServer): Extract<FileConfig['place'], { kind: 'sftp' }> {
  return {
    kind: 'sftp',
    host: '127.0.0.1',
    port: server.port,
    user: server.user,
    password: { secret: 'FILE_PASSWORD' },
    hostKeys: [server.fingerprint],
    folder: '/',
  }
}

const NO_WORDS: Partial<Record<Lack, string>> = {
  'content-type': 'a file has a name and bytes; its reader knows the character set',
  reference: 'a folder has nothing to say about a file but that it is there',
  refuse: 'a folder takes any content; a name that is taken by another content has tests of its own',
  busy: 'a folder that is full does not say when it will not be; that has tests of its own',
  gibberish: 'what is no answer of the protocol ends the connection, as a cut does',
  redirect: 'a folder sends nobody elsewhere',
}

export const localBench: Bench<FileConfig> = {
  start: async () => new LocalReceiver(await freshFolder()),
  unreachable: async () => ({
    place: { kind: 'local', folder: path.join(tmpdir(), 'hub-file-that-is-not-there') },
  }),
  readAnswer: () => ({ verdict: 'unreadable' }),
  lacks: {
    ...NO_WORDS,
    deny: 'tests may run as root, whom no folder refuses; behind SFTP it is tested',
    silent: 'a local folder answers at once',
    cut: 'nothing lies between the hub and its own folder',
    flood: 'a folder does not answer',
  },
}

export const sftpBench: Bench<FileConfig> = {
  start: async () => new SftpReceiver(await freshFolder()).open(),
  unreachable: async () => ({
    place: {
      kind: 'sftp',
      host: '127.0.0.1',
      port: await unusedPort(),
      user: 'hub',
      password: { secret: 'FILE_PASSWORD' },
      hostKeys: [`SHA256:${'A'.repeat(43)}`],
      folder: '/',
    },
  }),
  readAnswer: () => ({ verdict: 'unreadable' }),
  secrets: SECRETS,
  lacks: {
    ...NO_WORDS,
    flood: 'answers have a length that is checked before they are read; that has tests of its own',
  },
}
