/**
 * The queues of one listener. All are quorum queues, which survive a broker. What a broker moves by itself, because its time
 * has come or it was delivered too often, it keeps until the target has confirmed it (dead-lettering at least once, RabbitMQ
 * 3.10); that needs an overflow of reject-publish, though no queue here has a limit.
 */
import type { Channel, ChannelModel } from 'amqplib'
import { replyCode, tolerate } from './connection.ts'

export interface Binding {
  readonly exchange: string
  readonly exchangeType?: string
  readonly key: string
}

export interface QueueOptions {
  readonly queue: string
  readonly declare: boolean
  readonly bindings: readonly Binding[]
  readonly laterMs: number
}

const QUORUM = { 'x-queue-type': 'quorum' } as const
const KEPT_UNTIL_MOVED = {
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
} as const
const PRECONDITION_FAILED = 406

export function parkedQueue(queue: string): string {
  return `${queue}.parked`
}

/** What a queue was declared with cannot be changed, so the time to live and the strategy are part of the name. */
export function laterQueue(queue: string, laterMs: number): string {
  return `${queue}.later.${laterMs}.at-least-once`
}

/**
 * Safe twice.
 *
 * @param channel closed by the broker where it refuses
 */
export async function declareQueues(
  model: ChannelModel,
  channel: Channel,
  { queue, declare, bindings, laterMs }: QueueOptions,
): Promise<void> {
  await channel.assertQueue(parkedQueue(queue), { durable: true, arguments: QUORUM })
  await channel.assertQueue(laterQueue(queue, laterMs), {
    durable: true,
    arguments: { ...QUORUM, ...KEPT_UNTIL_MOVED, 'x-message-ttl': laterMs, ...deadLetterTo(queue) },
  })
  if (!declare) {
    await channel.checkQueue(queue)
    return
  }
  // A broker that counts deliveries (RabbitMQ 4: twenty) would drop what comes back too often; it parks it instead.
  const own = { ...QUORUM, ...deadLetterTo(parkedQueue(queue)) }
  if (!(await agrees(model, queue, { ...own, ...KEPT_UNTIL_MOVED }))) {
    // It stands since before there was a strategy, with messages in it: it is read as it is.
    await channel.assertQueue(queue, { durable: true, arguments: own })
  }
  for (const { exchange, exchangeType = 'topic', key } of bindings) {
    await channel.assertExchange(exchange, exchangeType, { durable: true })
    await channel.bindQueue(queue, exchange, key)
  }
}

/** Through the broker's nameless exchange, which knows every queue by its name. */
function deadLetterTo(queue: string): Readonly<Record<string, string>> {
  return { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue }
}

/** Whether the queue stands now with these arguments. On a channel of its own: a refusal closes the channel. */
async function agrees(
  model: ChannelModel,
  queue: string,
  args: Readonly<Record<string, string>>,
): Promise<boolean> {
  const channel = await model.createChannel()
  tolerate(channel)
  try {
    await channel.assertQueue(queue, { durable: true, arguments: args })
  } catch (error) {
    if (replyCode(error) === PRECONDITION_FAILED) return false
    throw error
  }
  await channel.close()
  return true
}
