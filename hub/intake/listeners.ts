/** Opens every listener of the topology, and knows how each of them is. */
import type { System, Topology } from '../config/topology.ts'
import type { AdapterKind } from '../contract/adapter.ts'
import type { Clock, RandomBytes } from '../contract/clock.ts'
import type { Door } from '../contract/door.ts'
import { DELIVERY_ERRORS, HubError } from '../contract/errors.ts'
import type { Listener, ListenerLog, ListenerStatus } from '../contract/listener.ts'
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
  /** Takes nothing new and lets what is under way be settled. Safe twice. */
  close(): Promise<void>
}

interface OpenListener {
  readonly system: string
  readonly kind: string
  readonly listener: Listener
}

/** @throws ConfigError where the options of one cannot work; those opened before it are closed */
export async function openListeners(parts: ListenersParts): Promise<Listeners> {
  const open: OpenListener[] = []
  const close = async (): Promise<void> => {
    await Promise.all(open.map(({ listener }) => listener.close()))
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
        .map(({ system, kind, listener }) => ({ system, kind, ...listener.status() })),
    close,
  }
}

function openListener(
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
  return kind.listen(config, {
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
  })
}
