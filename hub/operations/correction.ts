/** What a message that is mapped again becomes: the correction, the clocks and facts of its case, the deliveries that are moved. */
import type { PersonalField } from '../canonical/field-tree.ts'
import type { Topology } from '../config/topology.ts'
import { beijingTime, type RandomBytes, uuidV7 } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import type { Message, MessageType } from '../contract/message.ts'
import type {
  Acceptance,
  CaseRow,
  Deadline,
  Delivery,
  DeliveryMove,
  Store,
  TimelineEntry,
} from '../contract/store.ts'
import type { Arrivals } from '../dispatch/arrivals.ts'
import { destinations, itemOfCase, type JudgeParts } from '../intake/judge.ts'
import { newDelivery } from '../intake/own-message.ts'
import { isEnded } from '../lifecycle/case-states.ts'
import { type Folded, foldCase } from '../lifecycle/fold.ts'
import { type Difference, differences } from '../mapping/difference.ts'
import type { PackageVersions } from '../mapping/registry/package-versions.ts'
import type { Confirmations } from './confirmation.ts'
import { type MappedAgain, mapAgain } from './map-again.ts'

export interface RemapParts extends JudgeParts {
  readonly store: Store
  readonly topology: Topology
  readonly packages: PackageVersions
  readonly validator: JudgeParts['validator'] & {
    personalFields(type: MessageType): readonly PersonalField[]
  }
  readonly randomBytes: RandomBytes
  readonly arrivals: Pick<Arrivals, 'announce'>
  readonly confirmations: Confirmations
}

export interface RemapIntent {
  readonly operator: string
  readonly messageId: string
  /** Version of the sender's format package; absent = the current one. */
  readonly version?: string
}

const MOST_OF_A_CASE = 10_000
const OPEN: readonly Delivery['state'][] = ['pending', 'leased', 'waiting', 'unknown', 'dead']

export interface Judged {
  readonly again: MappedAgain
  readonly row: CaseRow
  readonly timeline: readonly TimelineEntry[]
  readonly differences: readonly Difference[]
  readonly corrected: Message
  readonly before: Folded
  readonly after: Folded
  /** Clocks that become others. */
  readonly deadlines: readonly Deadline[]
  readonly destinations: readonly string[]
  /** Open deliveries by destination: that of the first message, and what stands behind it. */
  readonly queues: ReadonlyMap<string, readonly Delivery[]>
}

/** @throws IntakeError as `planRemap` */
export async function judgeAgain(parts: RemapParts, { messageId, version }: RemapIntent): Promise<Judged> {
  const { store, topology } = parts
  const again = await mapAgain(parts, messageId, version)
  const { original, row, data, time } = again
  const timeline = await store.caseTimeline({ caseNo: row.caseNo })
  const messages = timeline.map(({ message }) => message)
  const correction = messages.find(({ replayof }) => replayof === messageId)
  if (correction !== undefined)
    throw new IntakeError('REMAP_REFUSED', `It was corrected by ${correction.id}; name that one.`, {
      details: { correction: correction.id },
    })
  const corrected: Message = {
    ...original,
    data: data as Message['data'],
    time,
    replayof: messageId,
    sequence: row.version + 1,
  }
  const place = { item: itemOfCase(topology, row), calendar: topology.calendar }
  const before = foldCase(messages, row, place)
  if (isEnded(row.state) && before.movedBy !== messageId)
    throw new IntakeError(
      'CASE_STATE',
      `The case is ${row.state}; only the message that ended it may still be corrected.`,
      { details: { caseNo: row.caseNo, state: row.state, allowed: [] } },
    )
  const after = foldCase([...messages, { ...corrected, id: CORRECTION }], row, place)
  const told = destinations(parts, original.type, again.sender.id, row)
  const queues = new Map<string, readonly Delivery[]>()
  for (const destination of told) {
    const filter = { caseNo: row.caseNo, destination, states: OPEN, limit: MOST_OF_A_CASE }
    const open = await store.deliveryList(filter)
    const first = open.findIndex((delivery) => delivery.messageId === messageId)
    if (first >= 0) queues.set(destination, open.slice(first))
  }
  return {
    again,
    row,
    timeline,
    differences: [...differences(original.data, data, 'data'), ...differences(original.time, time, 'time')],
    corrected,
    before,
    after,
    deadlines: await changedClocks(store, row, before, after),
    destinations: told,
    queues,
  }
}

/** Stands for the id of a correction that is not issued yet. */
const CORRECTION = 'correction'

/** What the folded clocks differ in, on the clocks as they are: the owner may be another since. */
async function changedClocks(
  store: Pick<Store, 'deadlineList'>,
  { caseNo }: CaseRow,
  before: Folded,
  after: Folded,
): Promise<readonly Deadline[]> {
  const now = new Map((await store.deadlineList({ caseNo })).map((deadline) => [deadline.clock, deadline]))
  const changed = [...after.deadlines.values()].filter(
    (deadline) => JSON.stringify(deadline) !== JSON.stringify(before.deadlines.get(deadline.clock)),
  )
  const gone = [...before.deadlines.values()].filter(({ clock }) => !after.deadlines.has(clock))
  return [
    ...changed.map((deadline) => ({ ...deadline, owner: now.get(deadline.clock)?.owner ?? deadline.owner })),
    ...gone.map((deadline) => ({ ...deadline, state: 'void' as const })),
  ]
}

export function correctionOf(
  parts: RemapParts,
  { operator, messageId }: RemapIntent,
  judged: Judged,
  { nowMs, reason }: { readonly nowMs: number; readonly reason: string },
): Acceptance {
  const { again, row, before, after, deadlines } = judged
  const { traceparent: _, ...corrected } = judged.corrected
  const recordedat = beijingTime(nowMs)
  const message: Message = { ...corrected, id: uuidV7(nowMs, parts.randomBytes), recordedat }
  const { id, type, sequence } = message
  return {
    raw: again.raw,
    message,
    idempotency: { system: '/hub', key: `remapped:${messageId}`, bodyDigest: '' },
    case: { ...row, version: sequence, changedAt: recordedat, facts: factsAfter(row, before, after) },
    externalIds: [],
    deliveries: judged.destinations.map((destination) => newDelivery(parts, destination, nowMs)),
    deadlines,
    answer: { caseNo: row.caseNo, messageId: id, type, sequence, state: row.state },
    audit: {
      atMs: nowMs,
      actor: operator,
      action: 'message.remapped',
      subject: row.caseNo,
      details: {
        messageId: id,
        replayof: messageId,
        format: again.format.id,
        version: again.format.version,
        paths: judged.differences.map(({ path }) => path),
        reason,
      },
    },
  }
}

/** Facts that the correction changes; the others stay as they are. */
function factsAfter(row: CaseRow, before: Folded, after: Folded): CaseRow['facts'] {
  const changed = Object.entries(after.row.facts).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before.row.facts[name]),
  )
  return { ...row.facts, ...Object.fromEntries(changed) }
}

/** The first one is given up for the correction; what stands behind it is queued anew behind that, as it was to be mapped. */
export function movesOf(parts: RemapParts, { queues }: Judged, nowMs: number): DeliveryMove[] {
  return [...queues.values()].flatMap(([first, ...later]) => [
    ...(first === undefined
      ? []
      : [{ deliveryId: first.id, reason: reasonOf('A correction of the message goes instead.') }]),
    ...later.map(({ id, destination, mappingVersion }) => ({
      deliveryId: id,
      reason: reasonOf('Queued anew behind the correction of an earlier message.'),
      replacement: { ...newDelivery(parts, destination, nowMs), mappingVersion },
    })),
  ])
}

function reasonOf(words: string): DeliveryMove['reason'] {
  return { code: 'DELIVERY_CORRECTED', words, owner: 'nobody' }
}
