/**
 * A door in front of the real broker for tests: it passes frames on, and can hold, change or cut what the broker says,
 * or be shut as a broker that is down. It reads frames (AMQP 0-9-1 §4.2.3) and shares no code with the adapter.
 */
import type { Socket } from 'node:net'
import { DoorProxy } from '../door-proxy.ts'

/** What becomes of a confirm of the broker's on its way to the client. */
export type ConfirmTreatment = 'pass' | 'drop' | 'refuse' | 'cut-before' | 'cut-within'

const METHOD = 1
const HEADER = 2
const FRAME_END = 0xce
const CONNECTION_BLOCKED = methodId(10, 60)
const CONNECTION_UNBLOCKED = methodId(10, 61)
const BASIC_PUBLISH = methodId(60, 40)
const BASIC_DELIVER = methodId(60, 60)
const BASIC_ACK = methodId(60, 80)
const BASIC_NACK = methodId(60, 120)

function methodId(classId: number, method: number): number {
  return classId * 65_536 + method
}

export class BrokerProxy extends DoorProxy {
  /** Messages that clients have begun to publish. */
  published = 0
  /** Ids of messages that clients have acknowledged, in that order. */
  readonly acked: string[] = []
  /** Ids of messages that clients have published, in that order. */
  readonly publishedIds: string[] = []
  treatment: ConfirmTreatment = 'pass'
  /** A confirm is passed on only after this resolves. */
  beforeConfirm: () => Promise<void> = async () => {}
  readonly #broker: URL
  readonly #clients = new Set<Socket>()

  /** @param broker address of the real one, with user and password */
  constructor(broker: string) {
    const address = new URL(broker)
    super({ host: address.hostname, port: Number(address.port || 5672) })
    this.#broker = address
  }

  /** The proxy's own address, with the user and password of the broker. */
  get url(): string {
    const url = new URL(this.#broker)
    url.hostname = '127.0.0.1'
    url.port = String(this.port)
    return url.href
  }

  /** Stops reading what clients send, as a broker under memory pressure does. */
  pause(): void {
    for (const socket of this.sockets) socket.pause()
  }

  resume(): void {
    for (const socket of this.sockets) socket.resume()
  }

  /** Holds every confirm from now on. Each call of the answer gives the way to let the next one pass, once it is there. */
  holdConfirms(): () => Promise<() => void> {
    const held: (() => void)[] = []
    const waiting: ((pass: () => void) => void)[] = []
    this.beforeConfirm = () =>
      new Promise((pass) => {
        const wanted = waiting.shift()
        if (wanted === undefined) held.push(pass)
        else wanted(pass)
      })
    return () =>
      new Promise((resolve) => {
        const pass = held.shift()
        if (pass === undefined) waiting.push(resolve)
        else resolve(pass)
      })
  }

  /** Tells every client that the broker takes nothing for that reason, or, without one, that it does again. */
  tellBlocked(reason?: string): void {
    const words = reason === undefined ? Buffer.alloc(0) : Buffer.from(` ${reason}`)
    if (reason !== undefined) words.writeUInt8(words.length - 1)
    const head = Buffer.alloc(11)
    head.writeUInt8(METHOD)
    head.writeUInt32BE(4 + words.length, 3)
    head.writeUInt32BE(reason === undefined ? CONNECTION_UNBLOCKED : CONNECTION_BLOCKED, 7)
    for (const client of this.#clients) client.write(Buffer.concat([head, words, Buffer.of(FRAME_END)]))
  }

  protected join(client: Socket, broker: Socket, cut: () => void): void {
    this.#clients.add(client)
    client.on('close', () => this.#clients.delete(client))
    const asked = new Frames(8)
    const delivered = new Deliveries()
    client.on('data', (chunk) => {
      broker.write(chunk)
      for (const frame of asked.push(chunk as Buffer)) {
        if (methodOf(frame) === BASIC_PUBLISH) this.published++
        if (frame[0] === HEADER) this.publishedIds.push(messageIdOf(frame))
        if (methodOf(frame) === BASIC_ACK) this.acked.push(delivered.idOf(frame))
      }
      this.changed()
    })
    const told = new Frames(0)
    let passing = Promise.resolve()
    broker.on('data', (chunk) => {
      for (const frame of told.push(chunk as Buffer)) {
        delivered.note(frame)
        passing = passing.then(() => this.#pass(frame, client, cut)).catch(cut)
      }
    })
  }

  async #pass(frame: Buffer, client: Socket, cut: () => void): Promise<void> {
    if (methodOf(frame) !== BASIC_ACK) {
      client.write(frame)
      return
    }
    await this.beforeConfirm()
    switch (this.treatment) {
      case 'pass':
        client.write(frame)
        return
      case 'drop':
        return
      case 'refuse':
        // An ack and a nack have the same fields, but for one bit that stays zero.
        frame.writeUInt32BE(BASIC_NACK, 7)
        client.write(frame)
        return
      case 'cut-before':
        cut()
        return
      case 'cut-within':
        client.write(frame.subarray(0, 10), cut)
    }
  }
}

/** Which message stands behind a delivery tag: a header frame follows its deliver frame on the same channel. */
class Deliveries {
  readonly #ids = new Map<string, string>()
  readonly #expected = new Map<number, string>()

  note(frame: Buffer): void {
    const channel = frame.readUInt16BE(1)
    if (methodOf(frame) === BASIC_DELIVER) {
      const tagAt = 12 + frame.readUInt8(11)
      this.#expected.set(channel, `${channel} ${frame.readBigUInt64BE(tagAt)}`)
    } else if (frame[0] === HEADER) {
      const key = this.#expected.get(channel)
      if (key !== undefined) this.#ids.set(key, messageIdOf(frame))
      this.#expected.delete(channel)
    }
  }

  idOf(ack: Buffer): string {
    return this.#ids.get(`${ack.readUInt16BE(1)} ${ack.readBigUInt64BE(11)}`) ?? ''
  }
}

/** Flags of the properties before message-id (AMQP 0-9-1 §4.2.6.1), from the highest bit, each with the size of its length or value. */
const BEFORE_MESSAGE_ID = ['short', 'short', 'table', 'octet', 'octet', 'short', 'short', 'short'] as const

function messageIdOf(header: Buffer): string {
  const flags = header.readUInt16BE(19)
  let at = 21
  BEFORE_MESSAGE_ID.forEach((size, index) => {
    if ((flags & (0x8000 >> index)) === 0) return
    if (size === 'short') at += 1 + header.readUInt8(at)
    else if (size === 'table') at += 4 + header.readUInt32BE(at)
    else at += 1
  })
  const has = (flags & (0x8000 >> BEFORE_MESSAGE_ID.length)) !== 0
  return has ? header.toString('utf8', at + 1, at + 1 + header.readUInt8(at)) : ''
}

function methodOf(frame: Buffer): number | undefined {
  return frame[0] === METHOD ? frame.readUInt32BE(7) : undefined
}

/** Cuts a stream into frames: type, channel (2), size (4), payload, end. */
class Frames {
  #rest = Buffer.alloc(0)
  #preamble: number

  /** @param preamble bytes before the first frame: the client's protocol header */
  constructor(preamble: number) {
    this.#preamble = preamble
  }

  push(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (this.#preamble > 0) {
      if (this.#rest.length < this.#preamble) return []
      this.#rest = this.#rest.subarray(this.#preamble)
      this.#preamble = 0
    }
    const frames: Buffer[] = []
    while (this.#rest.length >= 7 && this.#rest.length >= this.#rest.readUInt32BE(3) + 8) {
      const size = this.#rest.readUInt32BE(3) + 8
      frames.push(this.#rest.subarray(0, size))
      this.#rest = this.#rest.subarray(size)
    }
    return frames
  }
}
