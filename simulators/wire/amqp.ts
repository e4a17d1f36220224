/**
 * A broker in both directions: what the hub publishes is read from a queue of the system's own; letters are thin notices,
 * and what they are about lies behind the system's HTTP door for the hub to fetch.
 */
import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib'
import { prefixOf, type SigningFile, signingOf, type WireConfig } from '../deployment.ts'
import type { AmqpSide } from '../formats/partner-format.ts'
import type { Sending } from '../outbox.ts'
import { pause } from '../time.ts'
import { awaitLetter } from './found-letter.ts'
import { HubUnreachable } from './hub-client.ts'
import { type ParkedLetters, parkedLetters } from './parked-letters.ts'
import type { WireAnswer } from './server.ts'
import { checkOf } from './signature-check.ts'
import type { Wire, WireParts } from './wire.ts'

interface NamedSecret {
  readonly secret: string
}

interface OutboundConfig {
  readonly url: NamedSecret
  readonly exchange: string
  readonly exchangeType?: string
}

interface InboundConfig {
  readonly url: NamedSecret
  readonly queue: string
  readonly bindings?: readonly { readonly exchange: string }[]
  readonly laterMs?: number
  readonly fetch?: { readonly url: string; readonly signing?: SigningFile }
}

const RECONNECT_MS = 300
const LATER_MS = 5000

/** @throws Error where the broker does not answer */
export async function openAmqpDoor(parts: WireParts, { config }: WireConfig): Promise<Wire> {
  const { party, system, format, time, onTrouble } = parts
  const { url, exchange, exchangeType = 'topic' } = config as OutboundConfig
  const address = addressIn(parts, url)
  const scope = scopeOf(parts)
  const queue = `${system.id}.inbox${scope}`
  const stop = new AbortController()
  let model: ChannelModel | undefined

  const open = async (): Promise<ChannelModel> => {
    const opened = await connect(address)
    opened.on('error', () => undefined)
    const channel = await opened.createChannel()
    // Before the hub publishes: a message that reaches no queue is refused by the broker.
    await channel.assertExchange(exchange, exchangeType, { durable: true })
    await channel.assertQueue(queue, { durable: true })
    await channel.bindQueue(queue, exchange, format.amqp?.incomingKey ?? '#')
    await channel.close()
    return opened
  }
  const read = async (from: ChannelModel): Promise<void> => {
    const channel = await from.createChannel()
    const gone = new Promise<void>((resolve) => {
      channel.on('error', () => undefined)
      channel.once('close', resolve)
    })
    await channel.prefetch(8)
    await channel.consume(queue, (message) => {
      if (message === null) return void channel.close().catch(() => undefined)
      // A broker gives no answers: what is not acknowledged comes again, whatever the reason.
      let done = party.faults.insteadOfHandling() === undefined
      if (done) {
        take(message)
        done = !party.faults.losesAnswer()
      }
      if (done) channel.ack(message)
      else channel.nack(message)
    })
    await gone
  }
  const take = ({ properties, content }: ConsumeMessage): void => {
    const { messageId, type } = properties
    const { case: caseNo } = properties.headers ?? {}
    if ([messageId, type, caseNo].every((text) => typeof text === 'string'))
      party.receive({ messageId, type, caseNo, body: content })
    else onTrouble(system.id, new Error('a publication without message-id, type or case'))
  }
  const forever = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        model ??= await open()
        await read(model)
      } catch {
        // The broker has gone, and it comes back: that is told by what the hub publishes, or not.
      }
      await model?.close().catch(() => undefined)
      model = undefined
      await pause(time, RECONNECT_MS, stop.signal).catch(() => undefined)
    }
  }

  model = await open().catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error)
    throw new Error(`The broker of ${url.secret} cannot be used: ${words}`, { cause: error })
  })
  return {
    collect: () => void forever(),
    close: async () => {
      stop.abort(new Error('the simulator was stopped'))
      await model?.close().catch(() => undefined)
    },
    clear: () => remove(address, scope, { queues: [queue], exchanges: [exchange] }),
  }
}

/** @throws Error where the format has no side for a broker, or the listener names no exchange */
export function openAmqpCarrier(parts: WireParts, { config }: WireConfig): Wire {
  const { format, system, client, time } = parts
  const { url, queue, bindings = [], fetch, laterMs = LATER_MS } = config as InboundConfig
  const { amqp } = format
  if (amqp === undefined) throw new Error(`The format ${format.name} does not say how it writes to a broker.`)
  const [binding] = bindings
  if (binding === undefined) throw new Error(`${system.id}: the listener's queue is bound to no exchange.`)
  const { exchange } = binding
  const address = addressIn(parts, url)
  const details = new Map<string, Buffer>()
  let way: Promise<Way> | undefined

  const current = (): Promise<Way> => {
    if (way === undefined) {
      const opening = connected(address, exchange, queue)
      way = opening
      const forget = (): void => {
        if (way === opening) way = undefined
      }
      opening.then(({ model, channel }) => {
        model.once('close', forget)
        channel.once('close', forget)
      }, forget)
    }
    return way
  }

  return {
    ...(fetch === undefined ? {} : { door: detailDoor(fetch, details, parts) }),
    carrier: {
      carry: async (sending, signal) => {
        const messageId = amqp.messageId(sending.letter, sending.envelope)
        keepDetail(amqp, sending, details)
        const { channel, parked } = await current().catch(lost)
        await published(channel, exchange, amqp, sending, messageId).catch(lost)
        const refusal = (): Promise<string | undefined> => parked.wordsFor(messageId)
        return awaitLetter(sending, { client, time, format, refusal }, signal)
      },
    },
    close: async () => {
      const { model } = (await way?.catch(() => undefined)) ?? {}
      await model?.close().catch(() => undefined)
    },
    clear: () =>
      remove(address, scopeOf(parts), {
        queues: [queue, `${queue}.parked`, `${queue}.later.${laterMs}`],
        exchanges: bindings.map((bound) => bound.exchange),
      }),
  }
}

interface Way {
  readonly model: ChannelModel
  readonly channel: ConfirmChannel
  readonly parked: ParkedLetters
}

async function connected(address: string, exchange: string, queue: string): Promise<Way> {
  const model = await connect(address)
  model.on('error', () => undefined)
  const channel = await model.createConfirmChannel()
  channel.on('error', () => undefined)
  await channel.assertExchange(exchange, 'topic', { durable: true })
  return { model, channel, parked: parkedLetters(model, `${queue}.parked`) }
}

/** Resolves when the broker has confirmed it. */
function published(
  channel: ConfirmChannel,
  exchange: string,
  amqp: AmqpSide,
  { letter, envelope, body, contentType }: Sending,
  messageId: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the channel was closed'))
    channel.once('close', gone)
    const options = { messageId, contentType, persistent: true }
    channel.publish(exchange, amqp.routingKey(letter, envelope), body, options, (error) => {
      channel.off('close', gone)
      if (error) reject(error)
      else resolve()
    })
  })
}

function lost(error: unknown): never {
  throw new HubUnreachable(`The broker: ${error instanceof Error ? error.message : String(error)}`)
}

/** Before the notice goes out: whoever hears of something finds it. */
function keepDetail(amqp: AmqpSide, { letter, envelope }: Sending, details: Map<string, Buffer>): void {
  const detail = amqp.detail?.(letter, envelope)
  if (detail !== undefined) details.set(detail.path, detail.body)
}

function detailDoor(
  { url, signing }: NonNullable<InboundConfig['fetch']>,
  details: ReadonlyMap<string, Buffer>,
  { party, system, format, secret, time, onTrouble }: WireParts,
): NonNullable<Wire['door']> {
  const prefix = prefixOf(system.id, url)
  const check = checkOf(signingOf(signing), secret)
  const plain = (status: number, body: string): WireAnswer => ({
    kind: 'answer',
    status,
    contentType: 'text/plain; charset=utf-8',
    body,
  })
  return {
    prefix,
    handler: (request) => {
      const instead = party.faults.insteadOfHandling()
      if (instead !== undefined) return instead
      const wrong = check?.(request, time.now())
      if (wrong !== undefined) {
        onTrouble(system.id, new Error(`a record was asked for, and not by the hub: ${wrong}`))
        return plain(401, wrong)
      }
      const body = details.get(decodeURIComponent(request.path).slice(`/${prefix}`.length))
      if (body === undefined) return plain(404, 'no such record')
      return { kind: 'answer', status: 200, contentType: format.contentType, body }
    },
  }
}

function addressIn({ environment }: Pick<WireParts, 'environment'>, { secret }: NamedSecret): string {
  const address = environment[secret]
  if (!address) throw new Error(`${secret} is not set: there is no broker to meet the hub at.`)
  return address
}

function scopeOf({ grounds }: Pick<WireParts, 'grounds'>): string {
  return grounds.environment.SIMULATORS_SCOPE ?? ''
}

/** Takes the exchange of a stream off the broker, where the hub has made one of this run. */
export async function clearAmqpStream(
  { config }: WireConfig,
  parts: Pick<WireParts, 'environment' | 'grounds'>,
): Promise<void> {
  const { url, exchange } = config as OutboundConfig
  await remove(addressIn(parts, url), scopeOf(parts), { queues: [], exchanges: [exchange] })
}

/** Only what bears the mark of this run: whatever else is there belongs to somebody else as well. */
async function remove(
  address: string,
  scope: string,
  { queues, exchanges }: { readonly queues: readonly string[]; readonly exchanges: readonly string[] },
): Promise<void> {
  if (scope === '') return
  const model = await connect(address)
  try {
    const channel = await model.createChannel()
    for (const queue of queues.filter((name) => name.includes(scope))) await channel.deleteQueue(queue)
    for (const exchange of exchanges.filter((name) => name.endsWith(scope)))
      await channel.deleteExchange(exchange)
  } finally {
    await model.close()
  }
}
