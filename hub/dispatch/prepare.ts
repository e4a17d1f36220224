/** A canonical message as one receiver wants it: the context its mapping may use, mapped out and encoded. */

import type { System } from '../config/topology.ts'
import type { Outbound } from '../contract/adapter.ts'
import { MappingError } from '../contract/errors.ts'
import type { Message } from '../contract/message.ts'
import type { Store } from '../contract/store.ts'
import type { FormatPackage, OutboundContext } from '../mapping/format-package.ts'
import { encodeDocument } from './encode.ts'

export interface Prepared {
  readonly document: unknown
  readonly outbound: Outbound
}

/**
 * @throws MappingError where the package has no mapping for the type, a value has no counterpart, or a character
 * does not exist in the receiver's set.
 */
export async function prepare(
  message: Message,
  receiver: System,
  format: FormatPackage,
  store: Pick<Store, 'caseGet' | 'externalIdList'>,
  nowMs: number,
): Promise<Prepared> {
  const mapping = format.outbound.get(message.type)
  if (mapping === undefined) {
    throw new MappingError('MAPPING_ABSENT', `Format ${format.id} has no out/${message.type}.jsonata.`)
  }
  const document = await mapping.map(message, await contextOf(message, receiver, store, nowMs))
  const { contentType, body } = encodeDocument(document, format)
  const outbound: Outbound = {
    messageId: message.id,
    type: message.type,
    caseNo: message.subject,
    sequence: message.sequence,
    contentType,
    body,
    hints: mapping.hints,
    ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
  }
  return { document, outbound }
}

async function contextOf(
  message: Message,
  receiver: System,
  store: Pick<Store, 'caseGet' | 'externalIdList'>,
  nowMs: number,
): Promise<OutboundContext> {
  const caseNo = message.subject
  const [row, externalIds] = await Promise.all([store.caseGet({ caseNo }), store.externalIdList({ caseNo })])
  if (row === undefined)
    throw new MappingError('MAPPING_CASE_ABSENT', `There is no case ${caseNo} for message ${message.id}.`)
  return {
    nowMs,
    receiver: { id: receiver.id, region: receiver.region },
    case: {
      caseNo,
      taskCode: row.taskCode,
      scenario: row.scenario,
      receivingRegion: row.receivingRegion,
      jurisdictionRegion: row.jurisdictionRegion,
      openedAt: row.openedAt,
      externalIds: Object.fromEntries(externalIds.map(({ system, value }) => [system, value])),
    },
  }
}
