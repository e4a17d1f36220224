/** The bytes of a stored message, mapped and judged as they would be today, for the case that they belong to. */
import type { System } from '../config/topology.ts'
import { IntakeError } from '../contract/errors.ts'
import { type Message, sourceSystem } from '../contract/message.ts'
import type { CaseRow, RawMessage, Store } from '../contract/store.ts'
import { beforeApplication, type JudgeParts, judge, refuseFaults, schemaFaults } from '../intake/judge.ts'
import { type MappedIn, mapIn } from '../intake/map-in.ts'
import { happenedAt } from '../intake/occurred.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import type { PackageVersions } from '../mapping/registry/package-versions.ts'

export interface MapAgainParts extends JudgeParts {
  readonly store: Store
  readonly packages: PackageVersions
}

export interface MappedAgain {
  readonly original: Message
  readonly raw: RawMessage
  readonly sender: System
  readonly format: FormatPackage
  readonly row: CaseRow
  /** As it comes out now. */
  readonly data: unknown
  /** When it happened, as it comes out now. */
  readonly time: string
}

/**
 * @param version of the sender's format package; the current one where undefined
 * @throws IntakeError MESSAGE_NOT_FOUND; REMAP_REFUSED where it would become another message or belong to another case;
 * MESSAGE_NOT_VALID and whatever else a sender would be answered
 */
export async function mapAgain(
  parts: MapAgainParts,
  messageId: string,
  version: string | undefined,
): Promise<MappedAgain> {
  const { store, topology, packages } = parts
  const kept = await store.messageGet({ id: messageId })
  if (kept === undefined)
    throw new IntakeError(
      'MESSAGE_NOT_FOUND',
      'No message has this id; GET /v1/ops/deliveries names messages.',
    )
  const { message: original, raw } = kept
  const system = sourceSystem(original)
  if (system === undefined) throw refused('The hub said it itself; no partner sent it.')
  const sender = topology.systems.get(system)
  if (sender === undefined) throw refused(`Its sender ${system} is no longer in the topology.`)
  const format = version === undefined ? packages.current(sender.format) : packages.at(sender.format, version)
  if (format === undefined)
    throw new IntakeError(
      'REQUEST_PARAMETER',
      `There is no version ${version} of the format ${sender.format}.`,
    )
  const row = (await store.caseGet({ caseNo: original.subject })) as CaseRow
  // What a mapping takes from the clock has to come out as it did.
  const receivedMs = Date.parse(original.recordedat)
  const mapped = await mapIn(
    {
      sender,
      bytes: raw.bytes,
      contentType: raw.contentType,
      idempotencyKey: undefined,
      traceparent: undefined,
    },
    format,
    receivedMs,
  )
  if (mapped.mapping.type !== original.type)
    throw refused(
      `It would be a ${mapped.mapping.type} now, not a ${original.type}; a case cannot be told anew.`,
    )
  const then: MapAgainParts = { ...parts, clock: { ...parts.clock, now: () => receivedMs } }
  const data =
    original.type === 'case.submitted'
      ? await submissionAgain(then, mapped, row)
      : await followingAgain(then, mapped, row)
  return {
    original,
    raw,
    sender,
    format,
    row,
    data,
    time: mapped.draft.time ?? happenedAt(original.type, data),
  }
}

/** Item, scenario and regions decide who handles the case; another outcome would be another case. */
async function submissionAgain(parts: MapAgainParts, mapped: MappedIn, row: CaseRow): Promise<unknown> {
  const { data, submission } = await judge(parts, mapped)
  const { receiving, jurisdiction } = data as Message<'case.submitted'>['data']
  const outline = {
    taskCode: submission?.item.taskCode,
    scenario: submission?.scenario.code,
    receivingRegion: receiving.regionCode,
    jurisdictionRegion: jurisdiction.regionCode,
  }
  const other = (Object.keys(outline) as (keyof typeof outline)[]).filter(
    (name) => outline[name] !== row[name],
  )
  if (other.length > 0)
    throw refused(
      `The case would have another ${other.join(', ')}, and so perhaps another decider. Cancel its deliveries and have the window submit it anew.`,
      { differs: other },
    )
  return data
}

async function followingAgain(parts: MapAgainParts, mapped: MappedIn, row: CaseRow): Promise<unknown> {
  const { caseNo, caseExternalId, data } = mapped.draft
  const system = mapped.received.sender.id
  const named =
    (caseNo === undefined ? undefined : await parts.store.caseGet({ caseNo })) ??
    (caseExternalId === undefined
      ? undefined
      : await parts.store.caseGet({ externalId: { system, value: caseExternalId } }))
  if (named?.caseNo !== row.caseNo) throw refused('It would be about another case, or none.')
  const formal = [...mapped.faults, ...schemaFaults(parts.validator, mapped)]
  refuseFaults(mapped, [...formal, ...(formal.length === 0 ? beforeApplication(row, mapped) : [])])
  return data
}

function refused(why: string, details: Record<string, unknown> = {}): IntakeError {
  return new IntakeError('REMAP_REFUSED', `${why} Nothing was done.`, { details })
}
