/**
 * One queue read on one connection, and the two queues beside it: `<queue>.later` for what comes too early, which the broker
 * gives back after a while, and `<queue>.parked` for what nobody will take, with its reason. Whatever is moved is confirmed
 * there before it is acknowledged here, so that a message may stand twice for a moment, and never nowhere.
 *
 * A session ends with its connection or either channel, and with a move that failed. What was not acknowledged then comes again.
 */
import type { Channel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib'
import { unlessStopped } from '../shared/unless-stopped.ts'
import { type Connection, type ConnectionOptions, openConnection, reasonOf, tolerate } from './connection.ts'

export interface Binding {
  readonly exchange: string
  readonly exchangeType?: string
  readonly key: string
}

export interface ConsumerOptions extends ConnectionOptions {
  readonly queue: string
  readonly declare: boolean
  readonly bindings: readonly Binding[]
  readonly prefetch: number
  readonly laterMs: number
}

/** Headers of ours; the rest of a message is moved as it is. */
export const FIRST_OFFERED = 'x-hub-first-offered'

export interface Parking {
  readonly code: string
  readonly words: string
}

/** A message until it is settled, in one of three ways, each safe where the session has ended: the message comes again then. */
export interface Taken {
  readonly message: ConsumeMessage
  done(): void
  /** @param firstOfferedMs when it was first found too early, epoch milliseconds; absent: it was not */
  later(firstOfferedMs: number | undefined): Promise<void>
  park(parking: Parking): Promise<void>
}

export interface ConsumerSession {
  /** Resolves with the reason once nothing comes any more. */
  readonly ended: Promise<string>
  /** Whether any message has been settled: a session that settles none would only take the same ones again. */
  readonly settled: () => boolean
  /** Takes nothing new; what was taken can still be settled. */
  pause(): Promise<void>
  close(): Promise<void>
}

/** @throws whatever kept the session from standing within its time */
export async function openConsumer(
  options: ConsumerOptions,
  onMessage: (taken: Taken) => void,
  stop: AbortSignal,
): Promise<ConsumerSession> {
  const connection = await openConnection(options, stop)
  const limit = new AbortController()
  const timer = options.clock.after(options.connectTimeoutMs, () => {
    limit.abort(new Error(`no queue within ${options.connectTimeoutMs} ms`))
  })
  try {
    const opening = open(connection, options, onMessage)
    return await unlessStopped(opening, AbortSignal.any([stop, limit.signal]))
  } catch (error) {
    await connection.close()
    throw error
  } finally {
    timer.cancel()
  }
}

async function open(
  connection: Connection,
  options: ConsumerOptions,
  onMessage: (taken: Taken) => void,
): Promise<ConsumerSession> {
  const { queue, prefetch } = options
  const { model } = connection
  // A channel error takes every consumer on the channel with it, so publishing has one of its own.
  const reading = await model.createChannel()
  const moving = await model.createConfirmChannel()
  let why: string | undefined
  let settled = false
  const gone = new AbortController()
  const endWith = (reason: string): void => {
    why ??= reason
    gone.abort()
    void connection.close()
  }
  const ended = new Promise<string>((resolve) => {
    const end = (reason: string) => (): void => {
      endWith(reason)
      resolve(why as string)
    }
    for (const emitter of [model, reading, moving]) {
      tolerate(emitter)
      emitter.on('error', (error: unknown) => {
        why ??= reasonOf(error)
      })
      emitter.on('handler-error', end('a message could not be handled'))
      emitter.on('close', end('the connection was closed'))
    }
  })
  // The broker returns a message before it confirms it. Which one does not matter: none is acknowledged after that.
  moving.on('return', ({ fields }: { readonly fields: { readonly routingKey: string } }) => {
    endWith(`the queue ${fields.routingKey} was deleted`)
  })
  await declare(reading, options)
  await reading.prefetch(prefetch)
  const acknowledge = (message: ConsumeMessage): void => {
    try {
      reading.ack(message)
      settled = true
    } catch {
      // The channel has ended: the message comes again, and is known by its key.
    }
  }
  const move: Desk['move'] = async (message, target, headers) => {
    try {
      await unlessStopped(publishMoved(moving, message, target, headers), gone.signal)
    } catch (error) {
      // Not confirmed, so not acknowledged either: it comes again, which it does only in another session.
      endWith(`a message could not be moved to ${target}: ${reasonOf(error)}`)
      return
    }
    acknowledge(message)
  }
  const { consumerTag } = await reading.consume(queue, (message) => {
    // Null: the broker cancelled us, because the queue is gone. The next session declares it again.
    if (message === null) endWith(`the queue ${queue} was deleted`)
    else onMessage(takenOf(message, { acknowledge, move }, options))
  })
  return {
    ended,
    settled: () => settled,
    pause: async () => {
      await reading.cancel(consumerTag).catch(() => {})
    },
    close: () => connection.close(),
  }
}

/** Quorum queues: a queue that survives a broker. */
async function declare(
  channel: Channel,
  { queue, declare: own, bindings, laterMs }: ConsumerOptions,
): Promise<void> {
  const quorum = { 'x-queue-type': 'quorum' }
  await channel.assertQueue(parkedQueue(queue), { durable: true, arguments: quorum })
  await channel.assertQueue(laterQueue(queue, laterMs), {
    durable: true,
    arguments: {
      ...quorum,
      'x-message-ttl': laterMs,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': queue,
    },
  })
  if (!own) {
    await channel.checkQueue(queue)
    return
  }
  await channel.assertQueue(queue, {
    durable: true,
    arguments: {
      ...quorum,
      // A broker that counts deliveries (RabbitMQ 4: twenty) would drop what comes back too often; it parks it instead.
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': parkedQueue(queue),
    },
  })
  for (const { exchange, exchangeType = 'topic', key } of bindings) {
    await channel.assertExchange(exchange, exchangeType, { durable: true })
    await channel.bindQueue(queue, exchange, key)
  }
}

export function parkedQueue(queue: string): string {
  return `${queue}.parked`
}

/** The time to live belongs to the queue and cannot be changed, so it is part of the name. */
export function laterQueue(queue: string, laterMs: number): string {
  return `${queue}.later.${laterMs}`
}

/** What a message is settled with. */
interface Desk {
  acknowledge(message: ConsumeMessage): void
  move(message: ConsumeMessage, target: string, headers: Readonly<Record<string, unknown>>): Promise<void>
}

function takenOf(
  message: ConsumeMessage,
  { acknowledge, move }: Desk,
  { queue, laterMs }: Pick<ConsumerOptions, 'queue' | 'laterMs'>,
): Taken {
  return {
    message,
    done: () => acknowledge(message),
    later: (firstOfferedMs) =>
      move(
        message,
        laterQueue(queue, laterMs),
        firstOfferedMs === undefined ? {} : { [FIRST_OFFERED]: firstOfferedMs },
      ),
    park: ({ code, words }) =>
      move(message, parkedQueue(queue), { 'x-hub-code': code, 'x-hub-reason': words.slice(0, 1000) }),
  }
}

/** Resolves once the broker has confirmed the copy. Rejects where it did not, or the message cannot be written. */
function publishMoved(
  moving: ConfirmChannel,
  message: ConsumeMessage,
  target: string,
  headers: Readonly<Record<string, unknown>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const properties = movedProperties(message, headers)
    moving.sendToQueue(target, message.content, properties, (error: unknown) =>
      error === null ? resolve() : reject(error),
    )
  })
}

/**
 * What goes with a moved message. Not the user id: the broker closes the channel of whoever gives another user's than its
 * own. Not the expiration: a parked message must not vanish. Not CC and BCC: the copy belongs in one queue.
 */
function movedProperties(
  { properties }: ConsumeMessage,
  headers: Readonly<Record<string, unknown>>,
): Options.Publish {
  const { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp, type, appId } =
    properties
  const { CC: _cc, BCC: _bcc, ...own } = properties.headers ?? {}
  return {
    contentType,
    contentEncoding,
    correlationId,
    replyTo,
    messageId,
    timestamp,
    type,
    appId,
    headers: { ...own, ...headers },
    persistent: true,
    mandatory: true,
  }
}
