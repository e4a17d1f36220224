/** Who signed a request, by the keys of the topology: a connected system, or one of those who tend the hub. */
import type { Operator, System, Topology } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import type { NonceUse } from '../contract/store.ts'
import { authenticate, type KnownKey, type ReceivedRequest } from './signature.ts'

export type Principal =
  | { readonly kind: 'system'; readonly system: System }
  | { readonly kind: 'operator'; readonly operator: Operator }

export interface Authenticated {
  readonly principal: Principal
  /** To be used up before the request is answered (nonce-guard.ts). */
  readonly nonce: NonceUse
}

/**
 * Reads every key's secret now, so that a missing one stops the start; throws `ConfigError` then. The answer throws
 * `IntakeError('AUTH_FAILED')` for whatever is not signed by a key of the topology (see `authenticate`).
 */
export function makeAuthenticator(parts: {
  readonly topology: Pick<Topology, 'systems' | 'operators'>
  /** The value of a secret by its name. */
  readonly secret: (name: string) => string
  readonly clock: Pick<Clock, 'now'>
}): (request: ReceivedRequest) => Authenticated {
  const { topology, secret, clock } = parts
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
  return function authenticatePrincipal(request) {
    const { systemId: owner, nonce } = authenticate(request, { keys, nowMs: clock.now() })
    return { principal: principals.get(owner) as Principal, nonce }
  }
}
