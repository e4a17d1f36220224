/**
 * One queue read on one connection, and the two queues beside it: `<queue>.later` for what comes too early, which the broker
 * gives back after a while, and `<queue>.parked` for what nobody will take, with its reason. Whatever is moved is confirmed
 * there before it is acknowledged here, so that a message may stand twice for a moment, and never nowhere.
 *
 * A session ends with its connection or either channel, and with a move that failed. What was not acknowledged then comes again.
 */
import type { ConfirmChannel, ConsumeMessage, Options } from 'amqplib'
import type { Timer } from '../../hub/contract/clock.ts'
import { unlessStopped } from '../shared/unless-stopped.ts'
import { type Connection, type ConnectionOptions, openConnection, reasonOf, tolerate } from './connection.ts'
import { declareQueues, laterQueue, parkedQueue, type QueueOptions } from './queues.ts'

export type { Binding } from './queues.ts'
export { laterQueue, parkedQueue } from './queues.ts'

export interface ConsumerOptions extends ConnectionOptions, QueueOptions {
  readonly prefetch: number
}

/** How long the broker may take to confirm what is still being moved, once the session is to end. */
const LEAVING_MS = 3_000

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
  later(firstOfferedMs: number | undefined): Promise<boolean>
  /** Both resolve with whether it was moved. */
  park(parking: Parking): Promise<boolean>
}

export interface ConsumerSession {
  /** Resolves with the reason once nothing comes any more. */
  readonly ended: Promise<string>
  /** Whether any message has been settled: a session that settles none would only take the same ones again. */
  readonly settled: () => boolean
  /** Takes nothing new; what was taken can still be settled, for some seconds. Safe twice. */
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
  const over = new AbortController()
  let leaving: Timer | undefined
  const ended = new Promise<string>((resolve) => {
    over.signal.addEventListener('abort', () => resolve(why ?? 'the connection was dropped'))
    const end = (reason: string) => (): void => {
      endWith(reason)
      over.abort()
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
  await declareQueues(model, reading, options)
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
      return false
    }
    acknowledge(message)
    return true
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
      // A broker that is frozen answers nothing; what it has not confirmed comes again.
      leaving ??= options.clock.after(LEAVING_MS, () => endWith(`the broker was silent for ${LEAVING_MS} ms`))
      await unlessStopped(reading.cancel(consumerTag), gone.signal).catch(() => {})
    },
    close: async () => {
      leaving?.cancel()
      await connection.close()
      // A dropped socket does not always tell its channels.
      over.abort()
    },
  }
}

/** What a message is settled with. */
interface Desk {
  acknowledge(message: ConsumeMessage): void
  move(message: ConsumeMessage, target: string, headers: Readonly<Record<string, unknown>>): Promise<boolean>
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
