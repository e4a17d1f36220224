/** Runs one loop for every system that is delivered to, while this node owns it. Those that collect from the inbox have none. */

import type { OutboundSettings, System, Topology } from '../config/topology.ts'
import type { AdapterKind, Link } from '../contract/adapter.ts'
import type { Clock, RandomBytes } from '../contract/clock.ts'
import { DELIVERY_ERRORS, HubError } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'
import type { PackageVersions } from '../mapping/registry/package-versions.ts'
import type { Arrivals } from './arrivals.ts'
import type { BreakerState } from './breaker.ts'
import { Destination, type DestinationLog } from './destination.ts'
import { CLAIM_MS, Ownership } from './ownership.ts'
import { type PrepareParts, prepare } from './prepare.ts'

export interface DispatcherParts {
  readonly topology: Topology
  readonly packages: PackageVersions
  readonly kinds: readonly AdapterKind[]
  readonly store: Store
  readonly arrivals: Arrivals
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly secret: (name: string) => string
  /** Unique per process; who owns a destination and holds a lease. */
  readonly owner: string
  readonly log: DestinationLog
  /** Absent: a hub without files, as in the simulation. */
  readonly materials?: PrepareParts['materials']
  /** How long a claim on a destination lasts, and what paces its renewal; by default `CLAIM_MS` on `clock`. */
  readonly claims?: { readonly claimMs: number; readonly clock: Clock }
}

export interface Dispatcher {
  start(): void
  /** Another node has given something up, or may have: what is to be had is claimed at once. */
  lookAround(): void
  /** State of a destination's breaker; undefined where nothing is delivered to it, or another node does. */
  breakerOf(destination: string): BreakerState | undefined
  /** Attempts under way end, unattempted leases go back, and what this node owned is the others' at once. Safe twice. */
  stop(): Promise<void>
}

export function makeDispatcher(parts: DispatcherParts): Dispatcher {
  const destinations = new Map<string, Destination>()
  for (const system of parts.topology.systems.values()) {
    const destination = system.outbound && destinationOf(system, system.outbound, parts)
    if (destination !== undefined) destinations.set(system.id, destination)
  }
  const { claimMs, clock } = parts.claims ?? { claimMs: CLAIM_MS, clock: parts.clock }
  const ownership = new Ownership({ ...parts, node: parts.owner, destinations, claimMs, clock })
  const leave: (() => void)[] = []
  return {
    start() {
      for (const [id, destination] of destinations)
        leave.push(parts.arrivals.listen(id, () => destination.wake()))
      ownership.start()
    },
    lookAround: () => ownership.look(),
    breakerOf: (destination) => destinations.get(destination)?.breaker,
    stop() {
      for (const stopListening of leave.splice(0)) stopListening()
      return ownership.stop()
    },
  }
}

/** Undefined where the kind sends nothing: the system comes and collects. */
function destinationOf(
  system: System,
  settings: OutboundSettings,
  parts: DispatcherParts,
): Destination | undefined {
  const kind = parts.kinds.find(({ name }) => name === settings.adapter)
  if (kind === undefined) {
    throw new HubError(
      'CONFIG_UNCHECKED',
      `System ${system.id} names an unknown adapter; the topology was not checked.`,
    )
  }
  const open = kind.open?.bind(kind)
  if (open === undefined) return undefined
  const { packages, store, clock, randomBytes, secret, owner, log, materials } = parts
  const preparing: PrepareParts = {
    packages,
    store,
    clock,
    log,
    carriesAttachments: kind.traits.attachments === true,
    ...(materials === undefined ? {} : { materials }),
  }
  const { readAnswer } = packages.current(system.format)
  const openLink = (): Promise<Link> =>
    open(settings.config, { clock, randomBytes, secret, readAnswer, errors: DELIVERY_ERRORS })
  return new Destination({
    id: system.id,
    settings,
    calendar: parts.topology.calendar,
    store,
    clock,
    randomBytes,
    owner,
    log,
    prepare: (leased) => prepare(leased, system, preparing),
    openLink,
  })
}
