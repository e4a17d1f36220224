/** The sending side of this kind's tests: a partner that publishes to an exchange of the real broker, and looks at what became of it. */
import { type ConfirmChannel, type ConsumeMessage, connect, type Options } from 'amqplib'
import fc from 'fast-check'
import type { Fate, Sender, SenderBench, Sending } from '../listener-conformance.ts'
import { BROKER_URL, freshName } from './bench.ts'
import { BrokerProxy } from './broker-proxy.ts'
import { laterQueue, parkedQueue } from './consumer.ts'
import type { AmqpListenConfig } from './listener.ts'

const LATER_MS = 150
const MAX_BODY_BYTES = 100_000

export class PublishingPartner implements Sender<AmqpListenConfig> {
  readonly exchange = freshName('exchange')
  readonly queue = freshName('inbound')
  readonly proxy = new BrokerProxy(BROKER_URL)
  readonly parked: ConsumeMessage[] = []
  readonly config: AmqpListenConfig
  #model: Awaited<ReturnType<typeof connect>> | undefined
  #channel: ConfirmChannel | undefined

  constructor(secret: string, change: Partial<AmqpListenConfig> = {}) {
    this.config = {
      url: { secret },
      queue: this.queue,
      bindings: [{ exchange: this.exchange, key: '#' }],
      laterMs: LATER_MS,
      maxBodyBytes: MAX_BODY_BYTES,
      ...change,
    }
  }

  get channel(): ConfirmChannel {
    if (this.#channel === undefined) throw new Error('not started')
    return this.#channel
  }

  async start(): Promise<this> {
    await this.proxy.open()
    this.#model = await connect(BROKER_URL)
    this.#channel = await this.#model.createConfirmChannel()
    await this.channel.assertExchange(this.exchange, 'topic', { durable: true })
    await this.readParked()
    return this
  }

  /** Again after the queue was deleted. */
  async readParked(): Promise<void> {
    await this.channel.assertQueue(parkedQueue(this.queue), {
      durable: true,
      arguments: { 'x-queue-type': 'quorum' },
    })
    await this.channel.consume(parkedQueue(this.queue), (message) => {
      if (message === null) return
      this.parked.push(message)
      this.channel.ack(message)
    })
  }

  async send({ id, body, contentType }: Sending): Promise<void> {
    await this.publish(body, { messageId: id, contentType })
  }

  async publish(
    body: Uint8Array,
    properties: Options.Publish,
    routingKey = 'case.410526.accept',
  ): Promise<void> {
    this.channel.publish(this.exchange, routingKey, Buffer.from(body), { persistent: true, ...properties })
    await this.channel.waitForConfirms()
  }

  async fate(id: string): Promise<Fate> {
    const parked = this.parked.find(({ properties }) => properties.messageId === id)
    if (parked !== undefined) {
      return { kind: 'refused', words: String(parked.properties.headers?.['x-hub-reason']) }
    }
    // What is put off or parked is published beside before it is acknowledged here.
    const count = (ids: readonly string[]): number => ids.filter((other) => other === id).length
    return count(this.proxy.acked) > count(this.proxy.publishedIds) ? { kind: 'taken' } : { kind: 'open' }
  }

  async cut(): Promise<void> {
    await this.proxy.shut()
  }

  async mend(): Promise<void> {
    await this.proxy.open()
  }

  async stop(): Promise<void> {
    await this.proxy.shut().catch(() => {})
    for (const queue of [
      this.queue,
      parkedQueue(this.queue),
      laterQueue(this.queue, this.config.laterMs ?? LATER_MS),
    ])
      await this.channel.deleteQueue(queue)
    await this.channel.deleteExchange(this.exchange)
    await this.#model?.close()
  }
}

const secrets: Record<string, string> = {}
let count = 0

export const senderBench: SenderBench<AmqpListenConfig> = {
  async start() {
    const name = `SENDING_BROKER_${count++}`
    const partner = await new PublishingPartner(name).start()
    secrets[name] = partner.proxy.url
    return partner
  },
  secrets,
  documents: {
    any: fc
      .record({ id: fc.constant('B'), body: fc.uint8Array({ maxLength: 60_000, size: 'max' }) })
      .map((document) => ({ ...document, contentType: 'application/octet-stream' })),
    sample: (id) => ({
      id,
      body: Buffer.from(`{"msgId":"${id}","blrxm":"李测试","no":410101190001010015}`),
      contentType: 'application/json; charset=utf-8',
    }),
  },
  tooLarge: (id) => ({ id, body: Buffer.alloc(MAX_BODY_BYTES + 1, 0x20), contentType: 'text/plain' }),
}
