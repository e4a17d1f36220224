/** A set of messages in three numbers that both sides can compute and compare. */
import { createHash } from 'node:crypto'
import type { MessageType } from '../contract/message.ts'

export interface Tally {
  readonly count: number
  /** `sm3:` and the lower-case hex SM3 (GB/T 32905) of the sorted message ids, each followed by a line feed. */
  readonly digest: string
  readonly byType: Partial<Record<MessageType, number>>
}

/** The same whatever the order of the messages. */
export function tally(messages: readonly { readonly id: string; readonly type: MessageType }[]): Tally {
  const types = [...Map.groupBy(messages, ({ type }) => type)].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    count: messages.length,
    digest: idsDigest(messages.map(({ id }) => id)),
    byType: Object.fromEntries(types.map(([type, list]) => [type, list.length])),
  }
}

export function idsDigest(ids: readonly string[]): string {
  const digest = createHash('sm3')
  for (const id of [...ids].sort()) digest.update(`${id}\n`)
  return `sm3:${digest.digest('hex')}`
}
