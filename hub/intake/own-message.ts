/** What the hub itself says about a case: a message like any other, by the same transaction and the same deliveries. */
import type { Validator } from '../canonical/validator.ts'
import type { Topology } from '../config/topology.ts'
import type { CanonicalData } from '../contract/canonical.ts'
import { beijingTime, type Clock, type RandomBytes, uuidV7 } from '../contract/clock.ts'
import type { Message, MessageType } from '../contract/message.ts'
import type { Acceptance, CaseRow, Deadline, RawMessage } from '../contract/store.ts'
import { advanceCase } from '../lifecycle/case-states.ts'
import { deadlinesAfter } from '../lifecycle/deadlines.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import { destinations, itemOfCase } from './judge.ts'

export interface OwnMessageParts {
  readonly topology: Topology
  readonly formats: ReadonlyMap<string, FormatPackage>
  readonly validator: Pick<Validator, 'validate' | 'dataschema'>
  readonly clock: Pick<Clock, 'now'>
  readonly randomBytes: RandomBytes
}

export interface OwnMessage<Type extends MessageType = MessageType> {
  readonly type: Type
  readonly data: CanonicalData[Type]
  /** Unique for what is said; said again, the store answers `repeated`. */
  readonly key: string
  /** When it happened, RFC 3339 with +08:00; absent = now. */
  readonly time?: string
  /** The case before it. */
  readonly row: CaseRow
  /** Its clocks so far. */
  readonly deadlines: readonly Deadline[]
  /** Who is told of a deadline; absent = the decider. */
  readonly deadlineOwner?: string
  /** Account that brought it about; absent = the hub by itself. */
  readonly actor?: string
  /** More for the audit record. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Sender of the hub's own messages in keys: no system has such an id. */
const SENDER = '/hub'

/** @throws TypeError where the data is not valid: a bug of whoever says it; IntakeError INTERNAL where the item has left the catalogue */
export function ownAcceptance(parts: OwnMessageParts, own: OwnMessage): Acceptance {
  const { topology, validator, clock, randomBytes } = parts
  const { type, data, row, key, deadlineOwner } = own
  const faults = validator.validate(type, data)
  if (faults.length > 0) throw new TypeError(`${type} of the hub is not valid: ${JSON.stringify(faults)}`)
  const nowMs = clock.now()
  const recordedat = beijingTime(nowMs)
  const message: Message = {
    specversion: '1.0',
    id: uuidV7(nowMs, randomBytes),
    source: '/hub',
    type,
    subject: row.caseNo,
    time: own.time ?? recordedat,
    datacontenttype: 'application/json',
    dataschema: validator.dataschema(type),
    data: data as Message['data'],
    sequence: row.version + 1,
    recordedat,
    ...(row.simulated ? { simulated: true } : {}),
  }
  const told = destinations(parts, type, undefined, {
    ...row,
    notices: [...topology.systems.values()].filter(({ role }) => role === 'notice').map(({ id }) => id),
    ...(deadlineOwner === undefined ? {} : { deadlineOwner }),
  })
  const after = advanceCase(row, message)
  return {
    raw: rawOf(data),
    message,
    idempotency: { system: SENDER, key, bodyDigest: '' },
    case: after,
    externalIds: [],
    deliveries: told.map((destination) => newDelivery(parts, destination, nowMs)),
    deadlines: deadlinesAfter({
      message,
      row,
      deadlines: own.deadlines,
      item: itemOfCase(topology, row),
      calendar: topology.calendar,
    }),
    answer: {
      caseNo: row.caseNo,
      messageId: message.id,
      type,
      sequence: message.sequence,
      state: after.state,
    },
    audit: {
      atMs: nowMs,
      actor: own.actor ?? 'hub',
      action: 'message.accepted',
      subject: row.caseNo,
      details: { messageId: message.id, type, ...own.details },
    },
  }
}

/** To be mapped with the package as it is now. */
export function newDelivery(
  { topology, formats, randomBytes }: Pick<OwnMessageParts, 'topology' | 'formats' | 'randomBytes'>,
  destination: string,
  nowMs: number,
) {
  const format = topology.systems.get(destination)?.format ?? ''
  return {
    id: uuidV7(nowMs, randomBytes),
    destination,
    mappingVersion: formats.get(format)?.version ?? '',
  }
}

/** Nobody sent it: its bytes are what it says. */
function rawOf(data: unknown): RawMessage {
  return {
    bytes: Buffer.from(JSON.stringify(data)),
    contentType: 'application/json',
    declaredCharset: 'utf-8',
    detectedCharset: 'utf-8',
  }
}
