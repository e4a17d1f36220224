/** The canonical message: a CloudEvents 1.0 JSON event, immutable once accepted (docs/glossary.md, *message*). */
import type { CanonicalData } from './canonical.ts'

/** Sent by the side where the applicant stands. */
export const RECEIVING_TYPES = [
  'case.submitted',
  'case.supplemented',
  'case.withdrawn',
  'paper.posted',
  'assist.requested',
  'result.delivered',
  'evaluation.submitted',
  'guide.disputed',
  'complaint.raised',
] as const

/** Sent by the side that decides. */
export const DECIDING_TYPES = [
  'case.received',
  'case.accepted',
  'case.refused',
  'correction.requested',
  'procedure.started',
  'procedure.ended',
  'step.recorded',
  'case.decided',
  'case.completed',
  'case.returned',
  'paper.received',
  'assist.answered',
  'guide.resolved',
  'complaint.resolved',
] as const

/** Issued by the hub itself. */
export const HUB_TYPES = [
  'deadline.warned',
  'deadline.overdue',
  'case.redirected',
  'assist.missed',
  'escalation.raised',
  'notice.requested',
  'item.published',
  'message.rejected',
] as const

export const MESSAGE_TYPES = [...RECEIVING_TYPES, ...DECIDING_TYPES, ...HUB_TYPES] as const

export type ReceivingType = (typeof RECEIVING_TYPES)[number]
export type DecidingType = (typeof DECIDING_TYPES)[number]
export type MessageType = (typeof MESSAGE_TYPES)[number]

export type Side = 'receiving' | 'deciding' | 'hub'

const sides = new Map<string, Side>([
  ...RECEIVING_TYPES.map((type) => [type, 'receiving'] as const),
  ...DECIDING_TYPES.map((type) => [type, 'deciding'] as const),
  ...HUB_TYPES.map((type) => [type, 'hub'] as const),
])

/** Which side of a case sends messages of this type. */
export function sideOf(type: MessageType): Side {
  return sides.get(type) as Side
}

export function isMessageType(value: unknown): value is MessageType {
  return typeof value === 'string' && sides.has(value)
}

/** The envelope attributes are CloudEvents 1.0 (§3) plus our extension attributes, lower case as its §3.1 demands. */
export interface Message<Type extends MessageType = MessageType> {
  readonly specversion: '1.0'
  /** UUIDv7 issued by the hub; the idempotency key towards every receiver. */
  readonly id: string
  /** `/systems/<system id>`, or `/hub` for messages of the hub itself. */
  readonly source: string
  readonly type: Type
  /** Case number (办件编号), 1–50 characters, opaque. */
  readonly subject: string
  /** When it happened, RFC 3339 with offset +08:00. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** `urn:hub:canonical:<type>:<version>`. */
  readonly dataschema: string
  readonly data: CanonicalData[Type]
  /** The sender's own id of this message, where it has one. */
  readonly externalid?: string
  /** Position within the case, from 1, without gaps. */
  readonly sequence: number
  /** When the hub stored it, RFC 3339 with offset +08:00. */
  readonly recordedat: string
  /** True for a mock case (模拟办件, art. 7): kept out of statistics, notices and production endpoints. */
  readonly simulated?: boolean
  /** Id of the message that this one corrects: the same raw bytes, mapped again. */
  readonly replayof?: string
  /** W3C Trace Context. */
  readonly traceparent?: string
}

/** `/systems/<id>` → id; undefined for the hub's own messages. */
export function sourceSystem(message: Pick<Message, 'source'>): string | undefined {
  return message.source.startsWith('/systems/') ? message.source.slice('/systems/'.length) : undefined
}
