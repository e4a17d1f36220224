/**
 * One channel in confirm mode on one connection, and an honest account of how far each message came.
 *
 * A session is a connection with its channel and exchange. It lives until either closes, and then takes every message
 * that was not confirmed with it: those have an unknown outcome. The next message opens a new session. amqplib's own
 * recovery is not used: it would reconnect without publishing again what was not confirmed.
 */
import { type ConfirmChannel, IllegalOperationError, type Message } from 'amqplib'
import { unlessStopped } from '../shared/unless-stopped.ts'
import {
  type Connection,
  type ConnectionOptions,
  openConnection,
  reasonOf,
  replyCode,
  tolerate,
} from './connection.ts'

export interface Publication {
  /** At most 255 bytes of UTF-8, as `messageId` and `contentType`. */
  readonly routingKey: string
  readonly messageId: string
  readonly type: string
  readonly contentType: string
  /** Together far below 64 KiB: amqplib refuses a larger table. */
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Uint8Array
  readonly mandatory: boolean
}

export type Reply =
  /** Nothing was sent. */
  | { readonly kind: 'not-sent'; readonly reason: string; readonly cause?: unknown }
  /** The broker has said that it takes nothing (connection.blocked: memory or disk); nothing was sent. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** The message may have arrived; the broker did not say. */
  | { readonly kind: 'no-confirm'; readonly reason: string; readonly cause?: unknown }
  | { readonly kind: 'nacked' }
  /** Mandatory, and no queue wanted it. */
  | {
      readonly kind: 'returned'
      readonly code: number
      readonly words: string
      readonly exchange: string
      readonly routingKey: string
    }
  | { readonly kind: 'confirmed' }

/** `contract` and `credential`: the broker is there and refuses us. */
export type ProbeAnswer =
  | { readonly kind: 'reached' }
  | { readonly kind: 'not-reached' | 'contract' | 'credential'; readonly reason: string }

export interface BrokerOptions extends ConnectionOptions {
  readonly exchange: string
  readonly exchangeType: string
  readonly declare: boolean
  readonly confirmTimeoutMs: number
}

/** What this adapter uses of a broker. */
export interface Broker {
  /** Publishes once; connects before where there is no session. Rejects only for what is a bug. */
  publish(publication: Publication, signal: AbortSignal): Promise<Reply>
  /** Whether the broker lets us in and has the exchange. Declares and publishes nothing. */
  probe(signal: AbortSignal): Promise<ProbeAnswer>
  /** What is not confirmed by now has an unknown outcome. Safe twice. */
  close(): Promise<void>
}

export function openBroker(options: BrokerOptions): Broker {
  return new ConfirmingBroker(options)
}

class ConfirmingBroker implements Broker {
  readonly #options: BrokerOptions
  readonly #closing = new AbortController()
  #session: Promise<Session> | undefined

  constructor(options: BrokerOptions) {
    this.#options = options
  }

  async publish(publication: Publication, signal: AbortSignal): Promise<Reply> {
    const stop = AbortSignal.any([signal, this.#closing.signal])
    if (stop.aborted) return { kind: 'not-sent', reason: 'stopped before publishing' }
    let session: Session
    try {
      session = await unlessStopped(this.#connected(), stop)
    } catch (cause) {
      return { kind: 'not-sent', reason: stop.aborted ? 'stopped while connecting' : reasonOf(cause), cause }
    }
    return session.publish(publication, stop)
  }

  async probe(signal: AbortSignal): Promise<ProbeAnswer> {
    const stop = AbortSignal.any([signal, this.#closing.signal])
    const { exchange, declare } = this.#options
    let connection: Connection | undefined
    try {
      connection = await openConnection(this.#options, stop)
      const channel = await unlessStopped(connection.model.createChannel(), stop)
      tolerate(channel)
      await unlessStopped(channel.checkExchange(exchange), stop)
      return { kind: 'reached' }
    } catch (error) {
      const reason = reasonOf(error)
      const code = replyCode(error)
      if (code === 404 && declare && connection !== undefined) return { kind: 'reached' }
      // access-refused, and not-allowed for a virtual host (AMQP 0-9-1 §1.3)
      if (code === 403 || code === 530) return { kind: 'credential', reason }
      if (code === 404) return { kind: 'contract', reason }
      return { kind: 'not-reached', reason: stop.aborted ? 'stopped' : reason }
    } finally {
      await connection?.close()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }

  #connected(): Promise<Session> {
    if (this.#session !== undefined) return this.#session
    const forget = (): void => {
      if (this.#session === opening) this.#session = undefined
    }
    const opening = openSession(this.#options, this.#closing.signal, forget)
    this.#session = opening
    opening.catch(forget)
    return opening
  }
}

/**
 * @param onEnd called as soon as nothing can be published any more
 * @throws whatever kept the session from standing: no connection, no log-in, no exchange
 */
async function openSession(options: BrokerOptions, stop: AbortSignal, onEnd: () => void): Promise<Session> {
  const { exchange, exchangeType, declare, connectTimeoutMs, clock } = options
  const connection = await openConnection(options, stop)
  const limit = new AbortController()
  const timer = clock.after(connectTimeoutMs, () => {
    limit.abort(new Error(`no channel within ${connectTimeoutMs} ms`))
  })
  const patience = AbortSignal.any([stop, limit.signal])
  try {
    const channel = await unlessStopped(connection.model.createConfirmChannel(), patience)
    const session = new Session(connection, channel, options, onEnd)
    const there = declare
      ? channel.assertExchange(exchange, exchangeType, { durable: true })
      : channel.checkExchange(exchange)
    await unlessStopped(there, patience)
    return session
  } catch (error) {
    await connection.close()
    throw error
  } finally {
    timer.cancel()
  }
}

interface Pending {
  readonly messageId: string
  returned?: Extract<Reply, { kind: 'returned' }>
}

class Session {
  readonly #connection: Connection
  readonly #channel: ConfirmChannel
  readonly #options: BrokerOptions
  /** Published and not settled, in order of publishing. */
  readonly #pending = new Set<Pending>()
  #lost: { readonly reason: string; readonly cause?: unknown } | undefined
  #blocked: string | undefined
  /** Resolves when nothing can be published any more. */
  readonly #ended: Promise<void>
  /** Resolves when amqplib's buffer has room again. */
  #room: Promise<void> | undefined

  constructor(connection: Connection, channel: ConfirmChannel, options: BrokerOptions, onEnd: () => void) {
    this.#connection = connection
    this.#channel = channel
    this.#options = options
    const { model } = connection
    const note = (error: unknown): void => {
      this.#lost ??= { reason: reasonOf(error), cause: error }
    }
    tolerate(channel)
    channel.on('error', note)
    model.on('error', note)
    // A listener of ours failed, so that what we know of the channel may be wrong.
    channel.on('handler-error', () => void connection.close())
    model.on('blocked', (reason: string) => {
      this.#blocked = reason
    })
    model.on('unblocked', () => {
      this.#blocked = undefined
    })
    channel.on('return', (message) => this.#noteReturn(message))
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#lost ??= { reason: 'the connection was closed' }
        onEnd()
        resolve()
        // A channel that the broker closed leaves the connection open, and useless.
        void connection.close()
      }
      channel.on('close', end)
      model.on('close', end)
    })
  }

  async publish(publication: Publication, stop: AbortSignal): Promise<Reply> {
    // What amqplib buffers beyond its mark is memory of ours: wait until the broker has read some.
    while (this.#room !== undefined && this.#lost === undefined) {
      const room = Promise.race([this.#room, this.#ended])
      try {
        await unlessStopped(room, stop)
      } catch {
        return { kind: 'not-sent', reason: 'stopped while the broker was slow to read' }
      }
    }
    if (this.#lost !== undefined) return { kind: 'not-sent', ...this.#lost }
    if (this.#blocked !== undefined) return { kind: 'blocked', reason: this.#blocked }
    return this.#publish(publication, stop)
  }

  close(): Promise<void> {
    this.#lost ??= { reason: 'the link is closed' }
    return this.#connection.close()
  }

  #publish(publication: Publication, stop: AbortSignal): Promise<Reply> {
    const { clock, confirmTimeoutMs, exchange } = this.#options
    const { routingKey, body, messageId, type, contentType, headers, mandatory } = publication
    const pending: Pending = { messageId }
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        timer.cancel()
        stop.removeEventListener('abort', stopped)
        this.#pending.delete(pending)
      }
      const settle = (reply: Reply): void => {
        forget()
        resolve(reply)
      }
      const stopped = (): void => settle({ kind: 'no-confirm', reason: 'stopped while waiting' })
      const timer = clock.after(confirmTimeoutMs, () => {
        settle({ kind: 'no-confirm', reason: `no answer within ${confirmTimeoutMs} ms` })
      })
      stop.addEventListener('abort', stopped)
      const confirmed = (error: unknown): void => {
        if (error === null) settle(pending.returned ?? { kind: 'confirmed' })
        else settle(refusalOf(error, this.#lost))
      }
      this.#pending.add(pending)
      try {
        const options = { messageId, type, contentType, headers, mandatory, persistent: true }
        const roomLeft = this.#channel.publish(exchange, routingKey, Buffer.from(body), options, confirmed)
        if (!roomLeft) this.#awaitRoom()
      } catch (error) {
        // amqplib throws this before it writes anything: the channel is closed or closing.
        if (error instanceof IllegalOperationError) {
          settle({ kind: 'not-sent', reason: this.#lost?.reason ?? reasonOf(error), cause: error })
        } else {
          forget()
          reject(error)
        }
      }
    })
  }

  #awaitRoom(): void {
    this.#room ??= new Promise((resolve) => {
      this.#channel.once('drain', () => {
        this.#room = undefined
        resolve()
      })
    })
  }

  /** The broker returns a message before it confirms it (RabbitMQ, "Publisher Confirms"), so it is still pending. */
  #noteReturn({ fields, properties }: Message): void {
    for (const pending of this.#pending) {
      if (pending.messageId !== properties.messageId || pending.returned !== undefined) continue
      const { replyCode, replyText, exchange, routingKey } = fields as unknown as ReturnFields
      pending.returned = { kind: 'returned', code: replyCode, words: replyText, exchange, routingKey }
      return
    }
  }
}

/** Fields of basic.return (AMQP 0-9-1 §1.8.3.10), which amqplib's types leave out. */
interface ReturnFields {
  readonly replyCode: number
  readonly replyText: string
  readonly exchange: string
  readonly routingKey: string
}

/** amqplib tells a nack from the channel's end by the text alone; whatever is not certainly a nack is no answer. */
function refusalOf(error: unknown, lost: { readonly reason: string } | undefined): Reply {
  if (error instanceof Error && error.message === 'message nacked') return { kind: 'nacked' }
  return { kind: 'no-confirm', reason: lost?.reason ?? reasonOf(error), cause: error }
}
