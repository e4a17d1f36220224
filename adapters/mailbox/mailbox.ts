/**
 * For systems that have no address and only ever ask: they collect their messages from the hub's front door (`GET /v1/inbox`) and
 * acknowledge them (`POST /v1/inbox/ack`), and send theirs there too. Nothing is opened, so the kind has no halves of its own:
 * a delivery waits until its receiver has acknowledged it.
 */
import type { AdapterKind } from '../../hub/contract/adapter.ts'
import configSchema from './config.schema.json' with { type: 'json' }

export const mailbox = {
  name: 'mailbox',
  summary: 'Keeps each message until its receiver has collected and acknowledged it.',
  configSchema,
  traits: { ordered: true, queryable: false, collected: true },
} satisfies AdapterKind
