/** Requests and answers on one stream of the SSH File Transfer Protocol, and an honest end when the stream ends. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../hub/contract/clock.ts'
import { PlaceError, type PlaceFailure } from './place.ts'
import { Fields, PacketCutter, packet, STATUS, TYPE, uint32, WireError } from './sftp-wire.ts'

export interface Answer {
  readonly type: number
  readonly fields: Fields
}

/** Larger than what OpenSSH sends (256 KiB). */
const LARGEST_PACKET = 300_000
const VERSION = 3

interface Pending {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: PlaceError) => void
}

export class SftpSession {
  readonly #stream: Duplex
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #cutter = new PacketCutter(LARGEST_PACKET)
  readonly #pending = new Map<number, Pending>()
  readonly #extensions = new Map<string, string>()
  readonly #onEnd: () => void
  #hello: ((error?: PlaceError) => void) | undefined
  #lastId = 0
  #ended: PlaceError | undefined

  /** @param onEnd called once, as soon as nothing can be asked any more */
  constructor(stream: Duplex, options: { clock: Clock; timeoutMs: number; onEnd: () => void }) {
    this.#stream = stream
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
    this.#onEnd = options.onEnd
    stream.on('data', (bytes: Uint8Array) => this.#take(bytes))
    stream.on('error', (error: Error) => this.end(`the connection broke: ${error.message}`))
    stream.on('close', () => this.end('the server closed the connection'))
  }

  /** Agrees on the version. @throws PlaceError */
  async open(): Promise<void> {
    const said = new Promise<void>((resolve, reject) => {
      this.#hello = (error) => (error ? reject(error) : resolve())
    })
    const timer = this.#clock.after(this.#timeoutMs, () =>
      this.end(`the server did not say its version within ${this.#timeoutMs} ms`),
    )
    this.#stream.write(packet(TYPE.INIT, uint32(VERSION)))
    await said.finally(() => timer.cancel())
  }

  has(extension: string): boolean {
    return this.#extensions.has(extension)
  }

  /** One request, one answer. @throws PlaceError `lost` where none comes in time or the stream ends */
  async ask(type: number, ...parts: readonly Uint8Array[]): Promise<Answer> {
    if (this.#ended !== undefined) throw this.#ended
    this.#lastId = (this.#lastId + 1) % 2 ** 32
    const id = this.#lastId
    const answer = new Promise<Answer>((resolve, reject) => this.#pending.set(id, { resolve, reject }))
    const timer = this.#clock.after(this.#timeoutMs, () =>
      this.end(`the server did not answer within ${this.#timeoutMs} ms`),
    )
    this.#stream.write(packet(type, uint32(id), ...parts))
    try {
      return await answer
    } finally {
      timer.cancel()
    }
  }

  /** Asks for something whose answer is a status. @throws PlaceError unless it is OK */
  async act(doing: string, type: number, ...parts: readonly Uint8Array[]): Promise<void> {
    const answer = await this.ask(type, ...parts)
    if (answer.type !== TYPE.STATUS) throw this.#nonsense(doing)
    const status = statusOf(answer)
    if (status.code !== STATUS.OK) throw statusError(doing, status)
  }

  /** The answer, where it is of the type; else what its status says. @throws PlaceError */
  async get(doing: string, wanted: number, type: number, ...parts: readonly Uint8Array[]): Promise<Fields> {
    const answer = await this.ask(type, ...parts)
    if (answer.type === wanted) return answer.fields
    if (answer.type !== TYPE.STATUS) throw this.#nonsense(doing)
    throw statusError(doing, statusOf(answer))
  }

  /** What is under way is lost. Safe twice. */
  end(reason: string): void {
    if (this.#ended !== undefined) return
    const error = new PlaceError('lost', `The connection is gone: ${reason}.`)
    this.#ended = error
    this.#hello?.(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    this.#stream.destroy()
    this.#onEnd()
  }

  #nonsense(doing: string): PlaceError {
    this.end('the server does not keep to its protocol')
    return new PlaceError('lost', `Could not ${doing}: the server's answer is of the wrong kind.`)
  }

  #take(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    try {
      for (const content of this.#cutter.push(bytes)) this.#settle(new Fields(content))
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.end(error.message)
    }
  }

  #settle(fields: Fields): void {
    const type = fields.byte()
    if (type === TYPE.VERSION) {
      fields.uint32()
      while (!fields.empty) this.#extensions.set(fields.text().toString(), fields.text().toString())
      this.#hello?.()
      return
    }
    const id = fields.uint32()
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.resolve({ type, fields })
  }
}

export interface Status {
  readonly code: number
  readonly words: string
}

export function statusOf({ fields }: Answer): Status {
  const code = fields.uint32()
  // Some servers leave the words out.
  const words = fields.empty ? '' : fields.text().toString().slice(0, 200)
  return { code, words: words.replace(/[^\P{C}\n]/gu, ' ') }
}

export function statusError(doing: string, { code, words }: Status): PlaceError {
  return new PlaceError(
    failureOf(code, words),
    `Could not ${doing}: the server says ${code} ${words}.`.replace(/\.\.$/, '.'),
  )
}

function failureOf(code: number, words: string): PlaceFailure {
  switch (code) {
    case STATUS.NO_SUCH_FILE:
      return 'missing'
    case STATUS.PERMISSION_DENIED:
    case STATUS.WRITE_PROTECT:
      return 'denied'
    case STATUS.FILE_ALREADY_EXISTS:
      return 'exists'
    case STATUS.NO_SPACE:
    case STATUS.QUOTA_EXCEEDED:
      return 'full'
    default:
      // Version 3 has one code for all of these, so the words are all there is.
      return /\bspace\b|quota|disk full/i.test(words) ? 'full' : 'failed'
  }
}
