import type { ListenerState, ListenerStatus } from '../../hub/contract/listener.ts'

/** `sinceMs` stays for as long as the state does, whatever the words are. */
export function statusAfter(
  before: ListenerStatus,
  state: ListenerState,
  nowMs: number,
  words?: string,
): ListenerStatus {
  const sinceMs = state === before.state ? before.sinceMs : nowMs
  return { state, sinceMs, ...(words === undefined ? {} : { words }) }
}
