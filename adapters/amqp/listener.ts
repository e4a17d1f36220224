/** Reads one queue and hands each message over; settles it with the broker once its outcome is known. */
import { createHash } from 'node:crypto'
import pRetry from 'p-retry'
import { randomFraction } from '../../hub/contract/clock.ts'
import type {
  Inbound,
  InboundOutcome,
  Listener,
  ListenerStatus,
  ListenServices,
} from '../../hub/contract/listener.ts'
import { statusAfter } from '../shared/listener-status.ts'
import { defaultsOf } from '../shared/options.ts'
import { type BrokerConfig, brokerOf } from './broker-address.ts'
import { type ConnectionOptions, reasonOf } from './connection.ts'
import {
  type Binding,
  type ConsumerSession,
  FIRST_OFFERED,
  openConsumer,
  type Parking,
  type Taken,
} from './consumer.ts'
import listenSchema from './listen.schema.json' with { type: 'json' }
import { type FetchConfig, type Fetcher, openFetcher } from './notice.ts'

/** As checked by listen.schema.json, which describes every field and holds the defaults. */
export interface AmqpListenConfig extends BrokerConfig {
  readonly queue: string
  readonly declare?: boolean
  readonly bindings?: readonly Binding[]
  readonly concurrency?: number
  readonly prefetch?: number
  readonly contentType?: string
  readonly laterMs?: number
  readonly patienceMs?: number
  readonly maxBodyBytes?: number
  readonly connectTimeoutMs?: number
  readonly fetch?: FetchConfig
}

type Settings = AmqpListenConfig & Required<Omit<AmqpListenConfig, 'fetch' | 'tls'>>

/** Waits between attempts to connect, and after sessions that settled nothing: a broker comes back within minutes. */
const RECONNECT = { minTimeout: 200, maxTimeout: 30_000, factor: 2, randomize: true } as const

/** @throws ConfigError where the secret is no address of a broker; never with the secret in it */
export function openAmqpListener(config: AmqpListenConfig, services: ListenServices): Listener {
  const settings = { ...defaultsOf(listenSchema.properties), ...config } as Settings
  const broker = brokerOf(settings, services.secret)
  const fetcher = settings.fetch && openFetcher(settings.fetch, services)
  const listener = new AmqpListener(settings, broker, services, fetcher)
  listener.start()
  return listener
}

type BrokerAddress = Pick<ConnectionOptions, 'url' | 'tls'>

class AmqpListener implements Listener {
  readonly #settings: Settings
  readonly #broker: BrokerAddress
  readonly #services: ListenServices
  readonly #fetcher: Fetcher | undefined
  /** Ends the connecting and the waiting. */
  readonly #stopping = new AbortController()
  readonly #waiting: Taken[] = []
  readonly #underWay = new Set<Promise<void>>()
  #session: ConsumerSession | undefined
  /** Why notices cannot be followed, where that is ours to mend. */
  #unwelcome: string | undefined
  #parked = 0
  #status: ListenerStatus
  #running: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(
    settings: Settings,
    broker: BrokerAddress,
    services: ListenServices,
    fetcher: Fetcher | undefined,
  ) {
    this.#settings = settings
    this.#broker = broker
    this.#services = services
    this.#fetcher = fetcher
    this.#status = { state: 'opening', sinceMs: services.clock.now() }
  }

  start(): void {
    this.#running = this.#run()
  }

  status(): ListenerStatus {
    return this.#status
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#stopping.abort()
    await this.#session?.pause()
    this.#waiting.length = 0
    await Promise.all(this.#underWay)
    await this.#session?.close()
    await this.#running
    this.#fetcher?.close()
    this.#become('closed')
  }

  /** One session after the other. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let fruitless = 0
    while (!signal.aborted) {
      // Connecting at once would take the same message again, and fail with it again.
      if (fruitless > 0) await this.#wait(this.#pauseAfter(fruitless))
      const session = await this.#connect().catch(() => undefined)
      if (session === undefined) return
      this.#session = session
      this.#become('open', this.#openWords())
      const words = await session.ended
      this.#session = undefined
      fruitless = session.settled() ? 0 : fruitless + 1
      // What the broker had sent ahead comes again on the next connection.
      this.#waiting.length = 0
      if (signal.aborted) return
      this.#become('lost', words)
      this.#services.log.warn(
        { system: this.#services.system.id, queue: this.#settings.queue, words },
        'the broker is gone; connecting again',
      )
    }
  }

  /** Milliseconds, spread so that many listeners do not come back together. */
  #pauseAfter(fruitless: number): number {
    const { minTimeout, maxTimeout, factor } = RECONNECT
    const spread = 1 + randomFraction(this.#services.randomBytes)
    return Math.min(maxTimeout, minTimeout * factor ** (fruitless - 1) * spread)
  }

  #connect(): Promise<ConsumerSession> {
    const { queue, declare, bindings, prefetch, laterMs, connectTimeoutMs } = this.#settings
    const { clock } = this.#services
    const { signal } = this.#stopping
    const options = {
      ...this.#broker,
      connectTimeoutMs,
      clock,
      queue,
      declare,
      bindings,
      prefetch,
      laterMs,
    }
    const open = (): Promise<ConsumerSession> =>
      openConsumer(options, (taken) => this.#take(taken), signal).catch((cause: unknown) => {
        // p-retry gives up on a TypeError; a listener never does, whatever a broker or its client came up with.
        throw new Error(reasonOf(cause), { cause })
      })
    return pRetry(open, {
      ...RECONNECT,
      retries: Number.POSITIVE_INFINITY,
      signal,
      onFailedAttempt: ({ error }) => {
        this.#become(this.#status.state === 'opening' ? 'opening' : 'lost', reasonOf(error))
      },
    })
  }

  #become(state: ListenerStatus['state'], words?: string): void {
    this.#status = statusAfter(this.#status, state, this.#services.clock.now(), words)
  }

  /** What an operator should know though the queue is read. */
  #openWords(): string | undefined {
    const parked =
      this.#parked === 0
        ? undefined
        : `启动以来已搁置 ${this.#parked} 件 / ${this.#parked} parked since the start`
    const words = [this.#unwelcome, parked].filter((part) => part !== undefined)
    return words.length === 0 ? undefined : words.join('；')
  }

  #tell(): void {
    if (this.#status.state === 'open') this.#become('open', this.#openWords())
  }

  async #park(taken: Taken, parking: Parking): Promise<void> {
    this.#services.log.warn(this.#about(taken, parking.code), 'a message is parked')
    if (!(await taken.park(parking))) return
    this.#parked++
    this.#tell()
  }

  /** For the log: which message, and nothing of what it says. */
  #about({ message }: Taken, code: string): object {
    const id = text(message.properties.messageId)
    return { system: this.#services.system.id, queue: this.#settings.queue, code, id }
  }

  #take(taken: Taken): void {
    this.#waiting.push(taken)
    this.#next()
  }

  #next(): void {
    while (!this.#stopping.signal.aborted && this.#underWay.size < this.#settings.concurrency) {
      const taken = this.#waiting.shift()
      if (taken === undefined) return
      const work = this.#handle(taken)
        .catch((error: unknown) => {
          this.#services.log.error({ system: this.#services.system.id, error }, 'a message was not settled')
        })
        .finally(() => {
          this.#underWay.delete(work)
          this.#next()
        })
      this.#underWay.add(work)
    }
  }

  async #handle(taken: Taken): Promise<void> {
    const { fields, properties, content } = taken.message
    const { maxBodyBytes, contentType } = this.#settings
    if (content.length > maxBodyBytes) {
      const words = `报文 ${content.length} 字节，超过上限 ${maxBodyBytes} / ${content.length} bytes, more than ${maxBodyBytes}`
      return this.#park(taken, { code: 'REQUEST_TOO_LARGE', words })
    }
    const id = text(properties.messageId)
    const document = await this.#documentOf(taken, id ?? String(fields.deliveryTag))
    if (document === undefined) return
    const traceparent = text(properties.headers?.traceparent)
    const inbound: Inbound = {
      body: document?.body ?? content,
      contentType: document?.contentType ?? text(properties.contentType) ?? contentType,
      ...(id === undefined ? {} : { idempotencyKey: keyOf(id) }),
      ...(traceparent === undefined ? {} : { traceparent }),
    }
    await this.#settle(taken, inbound)
  }

  /** The message itself, or with what its notice points to. Undefined where it has been put off or parked. */
  async #documentOf(
    taken: Taken,
    id: string,
  ): Promise<Partial<Pick<Inbound, 'body' | 'contentType'>> | undefined> {
    if (this.#fetcher === undefined) return {}
    const fetched = await this.#fetcher.fetch(taken.message.content, id, this.#stopping.signal)
    if (this.#stopping.signal.aborted && fetched.kind === 'later') return undefined
    if (fetched.kind === 'later' && fetched.unwelcome) {
      this.#unwelcome = `取数地址答复 ${fetched.words}：请检查凭据与地址 / the address of fetch.url answers ${fetched.words}: check its credential and the address`
    } else if (fetched.kind === 'whole') this.#unwelcome = undefined
    this.#tell()
    switch (fetched.kind) {
      case 'whole':
        return fetched.document
      case 'later':
        this.#services.log.warn(
          {
            ...this.#about(taken, fetched.unwelcome ? 'FETCH_UNWELCOME' : 'FETCH_FAILED'),
            words: fetched.words,
          },
          'what a notice is about could not be fetched; it is put off',
        )
        // Not the notice's fault, so its patience does not begin.
        await taken.later(firstOffered(taken))
        return undefined
      case 'absent':
        await this.#putOff(taken, { code: 'DETAIL_ABSENT', words: fetched.words })
        return undefined
      case 'refused':
        await this.#park(taken, { code: 'DETAIL_REFUSED', words: fetched.words })
        return undefined
    }
  }

  async #settle(taken: Taken, inbound: Inbound): Promise<void> {
    const outcome = await this.#handOver(inbound)
    if (outcome === undefined) return
    if (outcome.kind === 'accepted') taken.done()
    else if (outcome.kind === 'refused') await this.#park(taken, outcome)
    else await this.#putOff(taken, outcome)
  }

  /** Waits for the hub as long as it takes: the messages behind this one would meet the same. Undefined where it was stopped meanwhile. */
  async #handOver(inbound: Inbound): Promise<InboundOutcome | undefined> {
    const { signal } = this.#stopping
    for (;;) {
      const outcome = await this.#services.receive(inbound)
      if (outcome.kind !== 'not-yet' || outcome.because !== 'hub') return outcome
      await this.#wait(outcome.afterMs)
      if (signal.aborted) return undefined
    }
  }

  #wait(delayMs: number): Promise<void> {
    const { signal } = this.#stopping
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.#services.clock.after(delayMs, done)
      signal.addEventListener('abort', done)
    })
  }

  /** Offered again after a while; parked once that has gone on for too long. */
  async #putOff(taken: Taken, parking: Parking): Promise<void> {
    const nowMs = this.#services.clock.now()
    const first = firstOffered(taken) ?? nowMs
    if (nowMs - first >= this.#settings.patienceMs) return this.#park(taken, parking)
    this.#services.log.info(this.#about(taken, parking.code), 'a message is put off')
    await taken.later(first)
  }
}

function firstOffered({ message }: Taken): number | undefined {
  const header: unknown = message.properties.headers?.[FIRST_OFFERED]
  return typeof header === 'number' ? header : undefined
}

/** A message id may have any characters, a key may not. */
function keyOf(id: string): string {
  if (/^[\x21-\x7e]{1,150}$/.test(id)) return `amqp:${id}`
  return `amqp-sm3:${createHash('sm3').update(id).digest('hex')}`
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
