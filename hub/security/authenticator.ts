/** Who signed a request, by the keys of the topology: a connected system, or one of those who tend the hub. */
import type { Operator, System, Topology } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import type { Store } from '../contract/store.ts'
import { authenticate, type KnownKey, type ReceivedRequest } from './signature.ts'

export type Principal =
  | { readonly kind: 'system'; readonly system: System }
  | { readonly kind: 'operator'; readonly operator: Operator }

/**
 * Reads every key's secret now, so that a missing one stops the start; throws `ConfigError` then. The answer throws
 * `IntakeError('AUTH_FAILED')` for whatever is not signed by a key of the topology (see `authenticate`).
 */
export function makeAuthenticator(parts: {
  readonly topology: Pick<Topology, 'systems' | 'operators'>
  /** The value of a secret by its name. */
  readonly secret: (name: string) => string
  readonly clock: Pick<Clock, 'now'>
  readonly store: Pick<Store, 'nonceRemember'>
}): (request: ReceivedRequest) => Promise<Principal> {
  const { topology, secret, clock, store } = parts
  const keys = new Map<string, KnownKey>()
  // No operator is called like a system (hub/config/checks/check-operators.ts), so that an id says who it is.
  const principals = new Map<string, Principal>()
  const know = (principal: Principal, { id: owner, keys: own }: System | Operator): void => {
    principals.set(owner, principal)
    for (const key of own)
      keys.set(key.id, { system: owner, algorithm: key.algorithm, secret: secret(key.secret) })
  }
  for (const system of topology.systems.values()) know({ kind: 'system', system }, system)
  for (const operator of topology.operators.values()) know({ kind: 'operator', operator }, operator)
  return async function authenticatePrincipal(request) {
    const { systemId: owner } = await authenticate(request, {
      keys,
      nowMs: clock.now(),
      nonceRemember: (nonce) => store.nonceRemember(nonce),
    })
    return principals.get(owner) as Principal
  }
}
