/** Everything one accepted message writes, put together; the store writes it in one transaction. */
import type { Validator } from '../canonical/validator.ts'
import type { Topology } from '../config/topology.ts'
import { beijingTime, type Clock, type RandomBytes, uuidV7 } from '../contract/clock.ts'
import { type Message, type MessageType, sideOf } from '../contract/message.ts'
import type { Acceptance, CaseRow, CaseState, ExternalId } from '../contract/store.ts'
import { advanceCase, openCase } from '../lifecycle/case-states.ts'
import { deadlinesAfter } from '../lifecycle/deadlines.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import { issueCaseNumber } from './case-number.ts'
import type { Plan } from './judge.ts'
import type { MappedIn } from './map-in.ts'
import { happenedAt } from './occurred.ts'

/** What a sender is told. Stored with the acceptance, and given again for the same key and body. */
export interface Answer {
  readonly caseNo: string
  readonly messageId: string
  readonly type: MessageType
  readonly sequence: number
  /** State of the case after this message. */
  readonly state: CaseState
  /** Proof of what was taken and when; `digest` is `sm3:<hex>` of the request body. */
  readonly receipt: { readonly recordedAt: string; readonly digest: string }
}

export interface AcceptanceParts {
  readonly topology: Topology
  readonly formats: ReadonlyMap<string, FormatPackage>
  readonly validator: Validator
  readonly clock: Clock
  readonly randomBytes: RandomBytes
}

/** @param ownNumberTaken the source's own case number belongs to somebody else's case. */
export function acceptanceOf(
  parts: AcceptanceParts,
  mapped: MappedIn,
  key: string,
  plan: Plan,
  ownNumberTaken: boolean,
): Acceptance {
  const { clock, randomBytes, validator, topology, formats } = parts
  const { received, mapping, draft, raw, digest, otherwiseDeclared } = mapped
  const { sender } = received
  const nowMs = clock.now()
  const recordedat = beijingTime(nowMs)
  const message: Message = {
    specversion: '1.0',
    id: uuidV7(nowMs, randomBytes),
    source: `/systems/${sender.id}`,
    type: mapping.type,
    subject: plan.row?.caseNo ?? caseNumber(parts, plan, ownNumberTaken, nowMs),
    time: draft.time ?? happenedAt(mapping.type, plan.data),
    datacontenttype: 'application/json',
    dataschema: validator.dataschema(mapping.type),
    data: plan.data as Message['data'],
    sequence: (plan.row?.version ?? 0) + 1,
    recordedat,
    ...(draft.externalId === undefined ? {} : { externalid: draft.externalId }),
    ...(plan.row?.simulated === true ? { simulated: true } : {}),
    ...(received.traceparent === undefined ? {} : { traceparent: received.traceparent }),
  }
  const row = caseAfter(message, plan, mapped)
  const answer: Answer = {
    caseNo: row.caseNo,
    messageId: message.id,
    type: message.type,
    sequence: message.sequence,
    state: row.state,
    receipt: { recordedAt: recordedat, digest: `sm3:${digest}` },
  }
  return {
    raw,
    message,
    idempotency: { system: sender.id, key, bodyDigest: digest },
    ...(received.nonce === undefined ? {} : { nonce: received.nonce }),
    case: row,
    externalIds: externalIdsOf(mapped, plan),
    deliveries: plan.destinations.map((destination) => ({
      id: uuidV7(nowMs, randomBytes),
      destination,
      mappingVersion: formats.get(topology.systems.get(destination)?.format ?? '')?.version ?? '',
    })),
    deadlines: deadlinesAfter({
      message,
      row: plan.row ?? row,
      deadlines: plan.running,
      item: plan.item,
      calendar: topology.calendar,
    }),
    answer: { ...answer },
    audit: {
      atMs: nowMs,
      actor: sender.id,
      action: 'message.accepted',
      subject: row.caseNo,
      details: {
        messageId: message.id,
        type: message.type,
        digest: answer.receipt.digest,
        // Relays re-encode without touching declarations: no fault, but where names look wrong this is why.
        ...(otherwiseDeclared === undefined
          ? {}
          : { charset: { declaredInside: otherwiseDeclared, readAs: raw.detectedCharset } }),
      },
    },
  }
}

function caseAfter(message: Message, { row, submission }: Plan, { received, draft }: MappedIn): CaseRow {
  if (row !== undefined) return advanceCase(row, message)
  const { item, scenario, parties } = submission as NonNullable<Plan['submission']>
  return openCase(
    message as Message<'case.submitted'>,
    { origin: received.sender.id, ...parties },
    { taskCode: item.taskCode, scenario: scenario.code },
    draft.caseExternalId,
  )
}

/** The source's own number becomes the case number where it gives one that nobody else uses; it stays opaque. */
function caseNumber(
  { randomBytes }: AcceptanceParts,
  { submission }: Plan,
  ownNumberTaken: boolean,
  nowMs: number,
): string {
  const { data } = submission as NonNullable<Plan['submission']>
  if (data.projectNo !== undefined && !ownNumberTaken) return data.projectNo
  return issueCaseNumber(data.receiving.regionCode, nowMs, randomBytes)
}

/** What the sender calls the case: learned from its submission, or from a department's first answers. */
function externalIdsOf({ received, draft, mapping }: MappedIn, { row, data }: Plan): ExternalId[] {
  const system = received.sender.id
  if (row === undefined)
    return draft.caseExternalId === undefined ? [] : [{ system, value: draft.caseExternalId }]
  const { departmentCaseNo } = data as { departmentCaseNo?: string }
  return sideOf(mapping.type) === 'deciding' && departmentCaseNo !== undefined
    ? [{ system, value: departmentCaseNo }]
    : []
}
