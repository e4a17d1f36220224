/** The keys of the topology, ready to verify with, and the authenticator of partner requests on top of them. */
import type { Clock } from '../contract/clock.ts'
import type { Store } from '../contract/store.ts'
import type { System, Topology } from '../config/topology.ts'
import { authenticate, type KnownKey, type ReceivedRequest, WINDOW_SECONDS } from './signature.ts'

/** @throws ConfigError where a secret that a key names is not known. */
export function partnerKeys(topology: Pick<Topology, 'systems'>, secret: (name: string) => string): ReadonlyMap<string, KnownKey> {
  const keys = new Map<string, KnownKey>()
  for (const system of topology.systems.values()) {
    for (const key of system.keys) keys.set(key.id, { system: system.id, algorithm: key.algorithm, secret: secret(key.secret) })
  }
  return keys
}

/** Answers the system that signed a request. The answer throws IntakeError AUTH_FAILED, and StoreError where nonces cannot be kept. */
export function makeAuthenticator(parts: {
  readonly topology: Pick<Topology, 'systems'>
  readonly secret: (name: string) => string
  readonly clock: Clock
  readonly store: Pick<Store, 'nonceRemember'>
}): (request: ReceivedRequest) => Promise<System> {
  const keys = partnerKeys(parts.topology, parts.secret)
  return async (request) => {
    const { systemId } = await authenticate(request, {
      keys,
      nowMs: parts.clock.now(),
      windowSeconds: WINDOW_SECONDS,
      nonceRemember: (nonce) => parts.store.nonceRemember(nonce),
    })
    return parts.topology.systems.get(systemId) as System
  }
}
