/** A canonical message as one receiver wants it: the context its mapping may use, mapped out and encoded. */

import type { System } from '../config/topology.ts'
import type { Outbound } from '../contract/adapter.ts'
import type { Clock } from '../contract/clock.ts'
import { MappingError } from '../contract/errors.ts'
import type { Message } from '../contract/message.ts'
import type { LeasedDelivery, Store } from '../contract/store.ts'
import { numbersFor } from '../lifecycle/case-numbers.ts'
import type { FormatPackage, OutboundContext } from '../mapping/format-package.ts'
import type { PackageVersions } from '../mapping/registry/package-versions.ts'
import { type FileSource, filesFor } from './outbound-files.ts'

export interface Prepared {
  readonly document: unknown
  readonly outbound: Outbound
}

/** A delivery with its message, whoever holds it: a lease, or a reader of the inbox. */
export type Waiting = Pick<LeasedDelivery, 'delivery' | 'message'>

export interface PrepareParts {
  readonly packages: PackageVersions
  readonly store: Pick<Store, 'caseGet' | 'externalIdList'>
  readonly clock: Clock
  readonly log: { warn(details: object, text: string): void }
  /** Absent: a hub without files, as in the simulation. */
  readonly materials?: FileSource
  /** The receiver's link can send files beside the document (`Traits.attachments`). */
  readonly carriesAttachments?: boolean
}

/**
 * Maps with the version of the package that was active when the message was accepted; where that is no longer kept,
 * with the current one, and says so.
 * @throws MappingError where the package has no mapping for the type, a value has no counterpart, a character does not exist
 * in the receiver's set, or a file cannot go as the format wants it; StoreError where a file cannot be read now.
 */
export async function prepare(
  { message, delivery }: Waiting,
  receiver: System,
  { packages, store, clock, log, materials, carriesAttachments = false }: PrepareParts,
): Promise<Prepared> {
  const format = versionFor(delivery, receiver, packages, log)
  const mapping = format.outbound.get(message.type)
  if (mapping === undefined) {
    throw new MappingError('MAPPING_ABSENT', `Format ${format.id} has no out/${message.type}.jsonata.`)
  }
  const context = await contextOf(message, receiver, store, clock.now())
  const { texts, attachments } = await filesFor(message, receiver, format.materials, materials)
  if (attachments.length > 0 && !carriesAttachments) {
    throw new MappingError(
      'MAPPING_ATTACHMENTS',
      `Format ${format.id} sends files with the document, which the way to ${receiver.id} cannot: say materials: { as: url } or base64.`,
    )
  }
  const document = await mapping.map(message, { ...context, files: texts })
  const { contentType, body } = format.encode(document)
  const outbound: Outbound = {
    messageId: message.id,
    type: message.type,
    caseNo: message.subject,
    sequence: message.sequence,
    contentType,
    body,
    hints: mapping.hintsOf(message, context),
    ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
    ...(attachments.length === 0 ? {} : { attachments }),
  }
  return { document, outbound }
}

function versionFor(
  { id, mappingVersion }: Waiting['delivery'],
  { format, id: destination }: System,
  packages: PackageVersions,
  log: PrepareParts['log'],
): FormatPackage {
  const kept = packages.at(format, mappingVersion)
  if (kept !== undefined) return kept
  const current = packages.current(format)
  log.warn(
    { destination, delivery: id, format, wanted: mappingVersion, used: current.version },
    'the version that a delivery started with is no longer kept; the current one maps it',
  )
  return current
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
      externalIds: numbersFor(message.type, row, externalIds),
    },
  }
}
