/** The hub's own front door: a letter is a signed request, and its answer the hub's word. */

import { type HubClient, HubUnreachable } from './hub-client.ts'
import type { Carrier } from './wire.ts'

export function frontDoor(client: HubClient): Carrier {
  return {
    carry: async ({ letter, contentType, body }, signal) => {
      const target = letter.type === 'case.submitted' ? '/v1/cases' : '/v1/messages'
      const answer = await client.call({ method: 'POST', target, contentType, body, signal })
      if (isNotNow(answer)) throw new HubUnreachable(`POST ${target} was answered ${answer.status}`)
      return answer
    },
  }
}

/** Busy, stopping, or still at work on the very same request: none of it is the hub's last word. */
function isNotNow({ status, body }: { readonly status: number; readonly body: Buffer }): boolean {
  if (status >= 500 || status === 429) return true
  return status === 409 && body.includes('"IDEMPOTENCY_IN_PROGRESS"')
}
