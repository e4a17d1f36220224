/** The running hub as the commands see it. */
import type { OperatorRole } from '../config/topology.ts'

/**
 * The hub's answer, JSON. Path with query. `role`: what the account has to be, where none is named.
 * @throws UsageError where no hub answers, or it refuses; says why
 */
export type AskHub = (
  method: 'GET' | 'POST',
  path: string,
  options?: { readonly body?: unknown; readonly role?: OperatorRole },
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are those of docs/operating.md; a command only prints them
) => Promise<any>
