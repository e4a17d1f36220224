/** The key that tickets are sealed with. */
import { createHash } from 'node:crypto'
import type { Topology } from '../config/topology.ts'
import { ConfigError } from '../contract/errors.ts'

/** Name of the secret. */
export const TICKET_SECRET = 'HUB_FILES_TICKET_KEY'

/**
 * From its own secret where there is one. Otherwise made from the keys of all systems and accounts, which every node of the
 * deployment knows and no partner does, unless there is only one: a partner that knows its own key alone cannot make it.
 */
export function ticketKey(
  { systems, operators }: Pick<Topology, 'systems' | 'operators'>,
  secret: (name: string) => string,
): Uint8Array {
  const digest = createHash('sm3').update('hub file tickets\n')
  try {
    return digest.copy().update(secret(TICKET_SECRET)).digest()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
  }
  for (const { keys } of [...systems.values(), ...operators.values()])
    for (const key of keys) digest.update(`${secret(key.secret)}\n`)
  return digest.digest()
}
