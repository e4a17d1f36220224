/**
 * The province's event stream under test: the hub reaches the broker through a network that goes away for a while, as a
 * broker does that is stopped and started; a subscriber who is always there sees everything that was published.
 */
import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { openFaultProxy, scripted } from '../simulators/fault-proxy.ts'
import type { Ledger } from '../simulators/ledger.ts'
import { machineTime } from '../simulators/time.ts'

export interface EventStream {
  /** What the hub has to be told. */
  readonly environment: Readonly<Record<string, string>>
  /** From now on everything that is acknowledged is due to the stream, and what is published is written down. */
  watch(ledger: Ledger): Promise<void>
  /** The broker is gone for so long: every connection is reset, and every new one. */
  outage(forMs: number): void
  outages(): number
  /** The broker is there, and stays. */
  calm(): void
  /** Takes its exchange off the broker. Safe twice. */
  close(): Promise<void>
}

export const EVENT_STREAM = 'event-stream'
const TOPOLOGY = join(import.meta.dirname, '..', 'topology')

/**
 * @param brokerUrl may be used by others too: the exchange is the run's own
 * @param folder for the topology that names it
 * @throws Error where no broker answers
 */
export async function openEventStream(brokerUrl: string, folder: string): Promise<EventStream> {
  const exchange = `hub-crash.${randomBytes(6).toString('hex')}`
  const topology = topologyWith(exchange, join(folder, 'topology'))
  const broker = new URL(brokerUrl)
  const proxy = await openFaultProxy({
    target: () => ({ host: broker.hostname, port: Number(broker.port || 5672) }),
    choose: scripted([]),
  })
  const subscription = await connect(brokerUrl)
  const channel = await subscription.createChannel()
  await channel.assertExchange(exchange, 'topic', { durable: true })
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, exchange, '#')
  const through = new URL(brokerUrl)
  through.host = new URL(proxy.address).host
  let outages = 0
  let isCalm = false
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await channel.deleteExchange(exchange)
    await subscription.close()
    await proxy.close()
  }
  return {
    environment: { HUB_AMQP_URL: through.href, HUB_TOPOLOGY_DIR: topology },
    watch: async (ledger) => {
      ledger.watch({ acknowledged: ({ messageId }) => ledger.owed(messageId, EVENT_STREAM) })
      await channel.consume(
        queue,
        (message) => {
          if (message === null) return
          const { id, subject, type } = JSON.parse(message.content.toString('utf8'))
          // As a subscriber must: what came before changes nothing.
          if (!ledger.hasSeen(EVENT_STREAM, id)) ledger.effect(EVENT_STREAM, id)
          ledger.arrived({ receiver: EVENT_STREAM, messageId: id, caseNo: subject, type })
        },
        { noAck: true },
      )
    },
    outage: (forMs) => {
      if (isCalm) return
      outages++
      proxy.down()
      machineTime.after(forMs, () => proxy.up())
    },
    outages: () => outages,
    calm: () => {
      isCalm = true
      proxy.up()
    },
    close: () => (closing ??= close()),
  }
}

/** The deployment's own topology, but with an exchange of this run, and a hub that does not wait for minutes. */
function topologyWith(exchange: string, folder: string): string {
  cpSync(TOPOLOGY, folder, { recursive: true })
  const file = join(folder, 'systems', `${EVENT_STREAM}.yaml`)
  const text = readFileSync(file, 'utf8')
    .replace(/exchange: hub\.events\S*/, `exchange: ${exchange}`)
    .replace(/retry: .*/, 'retry: { firstMs: 100, factor: 2, maxMs: 2000, attempts: 1000 }')
  writeFileSync(file, text)
  return folder
}
