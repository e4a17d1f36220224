/** The receiver side of this kind's tests: a queue of the real broker, behind a door that behaves as it is told. */
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib'
import type { Arrival, Behaviour, Bench, Receiver } from '../conformance.ts'
import { unusedPort } from '../unused-port.ts'
import type { AmqpConfig } from './amqp.ts'
import { BrokerProxy, type ConfirmTreatment } from './broker-proxy.ts'

/** The broker that tests use. */
export const BROKER_URL = process.env.HUB_TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'

/**
 * Skips the suite where no broker answers, saying so; on CI that is a failure instead. For mocha's `before`.
 */
export async function needsBroker(this: Mocha.Context): Promise<void> {
  const there = await connect(BROKER_URL).then(
    (model) => model.close().then(() => true),
    () => false,
  )
  if (there) return
  const words = `no RabbitMQ at ${new URL(BROKER_URL).host}`
  if (process.env.CI === 'true') throw new Error(words)
  console.log(`      skipped: ${words}`)
  this.skip()
}

let count = 0

/** A name of an exchange or queue that no other run uses. */
export function freshName(kind: string): string {
  return `hub-test.${kind}.${process.pid}.${count++}`
}

/** A quorum queue bound to an exchange of its own, read by a consumer on a connection of its own. */
export class Subscriber {
  readonly exchange: string
  readonly queue = freshName('queue')
  readonly messages: ConsumeMessage[] = []
  readonly #waiters = new Set<() => void>()
  #model: ChannelModel | undefined
  #channel: Channel | undefined

  constructor(exchange: string = freshName('exchange')) {
    this.exchange = exchange
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error('not open')
    return this.#channel
  }

  async open(pattern = '#'): Promise<this> {
    this.#model = await connect(BROKER_URL)
    this.#channel = await this.#model.createChannel()
    await this.channel.assertExchange(this.exchange, 'topic', { durable: true })
    await this.declare(pattern)
    return this
  }

  /** The queue, its binding and its reader; again after the queue was deleted. */
  async declare(pattern = '#'): Promise<void> {
    await this.channel.assertQueue(this.queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    await this.channel.bindQueue(this.queue, this.exchange, pattern)
    await this.channel.consume(this.queue, (message) => {
      // Null: the broker cancelled the reader, because the queue is gone.
      if (message === null) return
      this.channel.ack(message)
      this.messages.push(message)
      for (const look of [...this.#waiters]) look()
    })
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiters.delete(look)
          resolve()
        }
        this.#waiters.add(look)
      })
    }
  }

  /** Deletes what it declared. */
  async stop(): Promise<void> {
    await this.channel.deleteQueue(this.queue)
    await this.channel.deleteExchange(this.exchange)
    await this.#model?.close()
  }
}

export class BrokerReceiver implements Receiver<AmqpConfig> {
  readonly subscriber = new Subscriber()
  readonly proxy = new BrokerProxy(BROKER_URL)
  readonly config: AmqpConfig

  constructor(secret: string) {
    this.config = { url: { secret }, exchange: this.subscriber.exchange }
  }

  async start(): Promise<this> {
    await this.subscriber.open()
    // What the publisher is told must be true of the reader too, or a test could look before the message is there.
    this.proxy.beforeConfirm = () =>
      this.subscriber.until(() => this.subscriber.messages.length >= this.proxy.published)
    await this.proxy.open()
    return this
  }

  get arrivals(): readonly Arrival[] {
    return this.subscriber.messages.map(({ properties, content }) => ({
      messageId: String(properties.messageId),
      contentType: String(properties.contentType),
      body: content,
    }))
  }

  behave(behaviour: Behaviour): void {
    this.proxy.treatment = treatmentOf(behaviour)
  }

  arrived(count: number): Promise<void> {
    return this.subscriber.until(() => this.subscriber.messages.length >= count)
  }

  strayed(): number {
    return 0
  }

  quiet(): Promise<void> {
    return this.proxy.quiet()
  }

  async stop(): Promise<void> {
    await this.proxy.shut()
    await this.subscriber.stop()
  }
}

function treatmentOf(behaviour: Behaviour): ConfirmTreatment {
  switch (behaviour.kind) {
    case 'take':
      return 'pass'
    case 'silent':
      return 'drop'
    case 'cut':
      return behaviour.when === 'before-answer' ? 'cut-before' : 'cut-within'
    default:
      throw new Error(`a broker cannot be told to ${behaviour.kind}`)
  }
}

/** Secrets of the links under test: a receiver's address is known only once it listens. */
const secrets: Record<string, string> = {}

export const bench: Bench<AmqpConfig> = {
  async start() {
    const name = `BROKER_${count++}`
    const receiver = await new BrokerReceiver(name).start()
    secrets[name] = receiver.proxy.url
    return receiver
  },
  async unreachable() {
    secrets.BROKER_ABSENT = `amqp://guest:guest@127.0.0.1:${await unusedPort()}`
    return { url: { secret: 'BROKER_ABSENT' }, exchange: 'nowhere' }
  },
  readAnswer: () => ({ verdict: 'unreadable' }),
  secrets,
  lacks: {
    reference: 'a confirm says that the message was taken and nothing else',
    duplicate: 'a broker does not look for repeats; its readers do',
    refuse: 'a broker has no words about a content; unroutable messages have tests of their own',
    deny: 'a broker refuses a sender when it connects; the log-in has tests of its own',
    busy: 'a nack says nothing of when to come back; it has tests of its own',
    flood: 'a confirm has a fixed length',
    gibberish: 'what is no frame ends the connection, as a cut does',
    redirect: 'a broker sends nobody elsewhere',
  },
}
