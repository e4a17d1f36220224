/** Which connected system signed a request, by the keys of the topology. */
import type { System, Topology } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import type { Store } from '../contract/store.ts'
import { authenticate, type KnownKey, type ReceivedRequest } from './signature.ts'

/**
 * Reads every key's secret now, so that a missing one stops the start; throws `ConfigError` then. The answer throws
 * `IntakeError('AUTH_FAILED')` for whatever is not signed by a key of the topology (see `authenticate`).
 */
export function makeAuthenticator(parts: {
  readonly topology: Pick<Topology, 'systems'>
  /** The value of a secret by its name. */
  readonly secret: (name: string) => string
  readonly clock: Pick<Clock, 'now'>
  readonly store: Pick<Store, 'nonceRemember'>
}): (request: ReceivedRequest) => Promise<System> {
  const { topology, secret, clock, store } = parts
  const keys = new Map<string, KnownKey>()
  for (const { id: system, keys: own } of topology.systems.values()) {
    for (const key of own) keys.set(key.id, { system, algorithm: key.algorithm, secret: secret(key.secret) })
  }
  return async function authenticatePartner(request) {
    const { systemId } = await authenticate(request, {
      keys,
      nowMs: clock.now(),
      nonceRemember: (nonce) => store.nonceRemember(nonce),
    })
    return topology.systems.get(systemId) as System
  }
}
