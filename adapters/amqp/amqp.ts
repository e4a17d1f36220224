/** Publishes each message to one exchange of a broker, and judges what the broker confirms; listener.ts reads queues. */
import type { AdapterKind, Link, LinkServices, Outbound, Receipt } from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import type { ListenServices } from '../../hub/contract/listener.ts'
import { defaultsOf } from '../shared/options.ts'
import { type BrokerConfig, brokerOf } from './broker-address.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import listenSchema from './listen.schema.json' with { type: 'json' }
import { type AmqpListenConfig, openAmqpListener } from './listener.ts'
import { type Broker, openBroker, type Publication, type Reply } from './publisher.ts'

/** As checked by config.schema.json, which describes every field and holds the defaults. */
export interface AmqpConfig extends BrokerConfig {
  readonly exchange: string
  readonly exchangeType?: 'topic' | 'direct' | 'fanout' | 'headers'
  readonly declare?: boolean
  readonly routingKey?: string
  readonly mandatory?: boolean
  readonly confirmTimeoutMs?: number
  readonly connectTimeoutMs?: number
}

type Settings = AmqpConfig &
  Required<
    Pick<AmqpConfig, 'exchangeType' | 'declare' | 'mandatory' | 'confirmTimeoutMs' | 'connectTimeoutMs'>
  >

export const amqp = {
  name: 'amqp',
  summary: 'Publishes each message to one exchange of an AMQP 0-9-1 broker, with confirms; reads queues.',
  configSchema,
  traits: { ordered: true, queryable: false },
  open: async (config: AmqpConfig, services: LinkServices) => openAmqpLink(config, services),
  listenSchema,
  listen: async (config: AmqpListenConfig, services: ListenServices) => openAmqpListener(config, services),
} satisfies AdapterKind<AmqpConfig, AmqpListenConfig>

/** Longest short string of the protocol (AMQP 0-9-1 §4.2.5.3), in bytes of UTF-8: routing key, message id, media type. */
const SHORT_STRING_BYTES = 255

/**
 * What the broker's reply means: the whole policy of this adapter, in the order of its lines. Returns the receipt, or
 * throws the `DeliveryError` whose class is the instruction. Pure.
 */
export function judge(reply: Reply): Receipt {
  switch (reply.kind) {
    case 'not-sent':
      throw new LinkLost(`Not published: ${reply.reason}`, { cause: reply.cause })
    case 'blocked':
      throw new RetryLater(`The broker takes nothing at the moment: ${reply.reason}`)
    case 'no-confirm':
      throw new OutcomeUnknown(`Published, but not confirmed: ${reply.reason}`, { cause: reply.cause })
    case 'nacked':
      throw new RetryLater('The broker refused to store the message (nack).')
    case 'returned':
      throw new Rejected(
        'contract',
        `The broker returned the message: ${reply.code} ${reply.words}. No queue is bound to exchange ${reply.exchange} for routing key ${reply.routingKey}; bind one, or set mandatory: false.`,
      )
    case 'confirmed':
      return {}
  }
}

/** @throws ConfigError where the secret is no address of a broker; never with the secret in it */
function openAmqpLink(config: AmqpConfig, services: LinkServices): Link {
  const settings: Settings = { ...defaultsOf(configSchema.properties), ...config } as Settings
  const { exchange, exchangeType, declare, connectTimeoutMs, confirmTimeoutMs } = settings
  const broker = openBroker({
    ...brokerOf(settings, services.secret),
    exchange,
    exchangeType,
    declare,
    connectTimeoutMs,
    confirmTimeoutMs,
    clock: services.clock,
  })
  return new AmqpLink(settings, broker)
}

class AmqpLink implements Link {
  readonly #settings: Settings
  readonly #broker: Broker

  constructor(settings: Settings, broker: Broker) {
    this.#settings = settings
    this.#broker = broker
  }

  async deliver(message: Outbound, signal: AbortSignal): Promise<Receipt> {
    const publication = publicationOf(message, this.#settings)
    return judge(await this.#broker.publish(publication, signal))
  }

  async probe(signal: AbortSignal): Promise<void> {
    const answer = await this.#broker.probe(signal)
    if (answer.kind === 'reached') return
    if (answer.kind === 'not-reached') throw new LinkLost(`Not connected: ${answer.reason}`)
    throw new Rejected(answer.kind, answer.reason)
  }

  close(): Promise<void> {
    return this.#broker.close()
  }
}

/**
 * The message as it is published. The format's hints `routingKey` and `contentType` come before the config's routing
 * key, the message type, and the format's own media type.
 *
 * @throws Rejected where a text is longer than the protocol can carry
 */
export function publicationOf(
  message: Outbound,
  { routingKey, mandatory }: Pick<Settings, 'routingKey' | 'mandatory'>,
): Publication {
  const publication: Publication = {
    routingKey: message.hints.routingKey ?? routingKey ?? message.type,
    messageId: message.messageId,
    type: message.type,
    contentType: message.hints.contentType ?? message.contentType,
    headers: {
      type: message.type,
      case: message.caseNo,
      sequence: message.sequence,
      ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
    },
    body: message.body,
    mandatory,
  }
  for (const part of ['routingKey', 'messageId', 'contentType'] as const) {
    const bytes = Buffer.byteLength(publication[part])
    if (bytes > SHORT_STRING_BYTES) {
      throw new Rejected('contract', `${part} has ${bytes} bytes; AMQP carries ${SHORT_STRING_BYTES}.`)
    }
  }
  return publication
}
