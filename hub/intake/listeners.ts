/** Opens every listener of the topology, and knows how each of them is. */
import type { System, Topology } from '../config/topology.ts'
import type { AdapterKind } from '../contract/adapter.ts'
import type { Clock, RandomBytes } from '../contract/clock.ts'
import type { Door } from '../contract/door.ts'
import { ConfigError, DELIVERY_ERRORS, HubError } from '../contract/errors.ts'
import type { Listener, ListenerLog, ListenerStatus, ListenServices } from '../contract/listener.ts'
import type { Store } from '../contract/store.ts'
import type { Intake } from './intake.ts'
import { type ReceiveParts, receive } from './receive.ts'

export interface ListenersParts {
  readonly topology: Pick<Topology, 'systems'>
  readonly kinds: readonly AdapterKind[]
  readonly intake: Pick<Intake, 'accept'>
  readonly formats: ReceiveParts['formats']
  readonly store: Pick<Store, 'nonceRemember'>
  readonly door: Door
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly secret: (name: string) => string
  readonly log: ListenerLog
}

export interface ListenerReport extends ListenerStatus {
  readonly system: string
  readonly kind: string
}

export interface Listeners {
  /** All of them, or those of one system, as they are now. */
  status(system?: string): readonly ListenerReport[]
  /**
   * Takes nothing new and lets what is under way be settled. Safe twice. Never rejects: what one of them cannot close is
   * logged, and one that takes longer than `CLOSE_LIMIT_MS` is left behind, so that the hub itself can stop.
   */
  close(): Promise<void>
}

/** As long as a sender may take to be told what became of its document. */
const CLOSE_LIMIT_MS = 10_000

interface OpenListener {
  readonly system: string
  readonly kind: string
  readonly listener: Listener
}

/** @throws ConfigError where one cannot be opened; those opened before it are closed */
export async function openListeners(parts: ListenersParts): Promise<Listeners> {
  const open: OpenListener[] = []
  const close = async (): Promise<void> => {
    await Promise.all(open.map((one) => closed(one, parts)))
  }
  try {
    for (const system of parts.topology.systems.values())
      for (const { adapter, config } of system.inbound)
        open.push({
          system: system.id,
          kind: adapter,
          listener: await openListener(system, adapter, config, parts),
        })
  } catch (error) {
    await close()
    throw error
  }
  return {
    status: (wanted) =>
      open
        .filter(({ system }) => wanted === undefined || system === wanted)
        .map((one) => ({ system: one.system, kind: one.kind, ...statusOf(one, parts) })),
    close,
  }
}

/** Never rejects, and never takes longer than the limit. */
async function closed(
  { system, kind, listener }: OpenListener,
  { clock, log }: Pick<ListenersParts, 'clock' | 'log'>,
): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = clock.after(CLOSE_LIMIT_MS, () => {
    log.error({ system, adapter: kind, limitMs: CLOSE_LIMIT_MS }, 'a listener does not close; left behind')
    limit.resolve()
  })
  try {
    await Promise.race([listener.close(), limit.promise])
  } catch (error) {
    log.error({ system, adapter: kind, error }, 'a listener failed to close')
  } finally {
    timer.cancel()
  }
}

/** One that cannot say how it is must not hide how the others are. */
function statusOf(
  { system, kind, listener }: OpenListener,
  { clock, log }: Pick<ListenersParts, 'clock' | 'log'>,
): ListenerStatus {
  try {
    return listener.status()
  } catch (error) {
    log.error({ system, adapter: kind, error }, 'a listener cannot tell its status')
    const words = 'The listener cannot tell its status; the log says why.'
    return { state: 'lost', sinceMs: clock.now(), words }
  }
}

async function openListener(
  system: System,
  adapter: string,
  config: unknown,
  { kinds, intake, formats, store, door, clock, randomBytes, secret, log }: ListenersParts,
): Promise<Listener> {
  const kind = kinds.find(({ name }) => name === adapter)
  if (kind?.listen === undefined) {
    const words = `System ${system.id} names an adapter that does not listen; the topology was not checked.`
    throw new HubError('CONFIG_UNCHECKED', words)
  }
  const services: ListenServices = {
    system: { id: system.id, region: system.region },
    clock,
    randomBytes,
    secret,
    door,
    log,
    errors: DELIVERY_ERRORS,
    receive: (inbound) => receive(system, inbound, { intake, formats, clock, log }),
    once: (scope, value, expiresAtMs) =>
      store.nonceRemember({
        keyId: `${system.id}/${scope}`,
        nonce: value,
        expiresAtMs,
        nowMs: clock.now(),
      }),
  }
  try {
    return await kind.listen(config, services)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw failed(system.id, adapter, error)
  }
}

function failed(system: string, adapter: string, error: unknown): ConfigError {
  const why = error instanceof Error ? error.message : String(error)
  const fault = {
    file: `system ${system}, adapter ${adapter}`,
    path: '',
    code: 'LISTENER_FAILED',
    reason: `The listener cannot be opened: ${why}`,
    remedy: 'Mend its options, or the adapter: a listener names what is wrong with its options itself.',
  }
  return Object.assign(new ConfigError([fault]), { cause: error })
}
