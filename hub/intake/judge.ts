/** Whether a mapped message may be taken, and what would be written if nobody else's message came first. Reads the store, writes nothing. */
import { epochOfBeijing } from '../canonical/calendar-date.ts'
import type { Validator } from '../canonical/validator.ts'
import { itemOn } from '../config/items.ts'
import type { Item, Topology } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import { type Fault, IntakeError } from '../contract/errors.ts'
import { type MessageType, sideOf } from '../contract/message.ts'
import type { CaseRow, Deadline, Store } from '../contract/store.ts'
import { allowedIn, factsOf, mayStillCome, stateAfter } from '../lifecycle/case-states.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import { destinationsOf, type Parties } from '../routing/destinations.ts'
import { partiesOf } from '../routing/parties.ts'
import { type ReferenceStore, referenceFaults } from './check-references.ts'
import { fault, withSource } from './faults.ts'
import type { MappedIn } from './map-in.ts'
import { happenedAt, timePointer } from './occurred.ts'
import { type ReviewedSubmission, reviewSubmission } from './review-submission.ts'

export interface JudgeParts {
  readonly topology: Topology
  readonly formats: ReadonlyMap<string, FormatPackage>
  readonly validator: Validator
  readonly store: Pick<Store, 'caseGet' | 'deadlineList'> & ReferenceStore
  readonly clock: Clock
}

/** What will be written if nobody comes first. */
export interface Plan {
  readonly row: CaseRow | undefined
  readonly submission:
    | (ReviewedSubmission & {
        readonly parties: { readonly decider: string; readonly copies: readonly string[] }
      })
    | undefined
  readonly data: unknown
  /** The item as it was in force when the case was applied for; a running case keeps its version (art. 9). */
  readonly item: Item
  /** Clocks of the case so far. */
  readonly running: readonly Deadline[]
  readonly destinations: readonly string[]
}

/** @throws IntakeError with every fault at once; StoreError */
export async function judge(parts: JudgeParts, message: MappedIn): Promise<Plan> {
  return message.mapping.type === 'case.submitted'
    ? judgeSubmission(parts, message)
    : judgeFollowing(parts, message)
}

async function judgeSubmission(parts: JudgeParts, message: MappedIn): Promise<Plan> {
  const { topology, validator } = parts
  const { sender } = message.received
  const data = message.draft.data as ReviewedSubmission['data']
  const formal = [...message.faults, ...schemaFaults(validator, message)]
  const { reviewed, faults } = reviewSubmission(data, formal, { topology, sender, nowMs: parts.clock.now() })
  const files = await filesAmiss(parts, message, undefined, formal)
  refuseFaults(message, [...formal, ...faults, ...files])
  const { item, scenario } = reviewed as ReviewedSubmission
  const jurisdictionRegion = (reviewed as ReviewedSubmission).data.jurisdiction.regionCode
  const parties = partiesOf(topology, {
    taskCode: item.taskCode,
    scenario: scenario.code,
    jurisdictionRegion,
    origin: sender.id,
  })
  if (parties === undefined) {
    throw new IntakeError(
      'ROUTE_NONE',
      `Nobody decides ${item.name.en}, ${scenario.code}, in region ${jurisdictionRegion}.`,
      {
        details: { taskCode: item.taskCode, scenario: scenario.code, regionCode: jurisdictionRegion },
      },
    )
  }
  return {
    row: undefined,
    submission: { ...(reviewed as ReviewedSubmission), parties },
    data: (reviewed as ReviewedSubmission).data,
    item,
    running: [],
    destinations: destinations(parts, 'case.submitted', sender.id, { origin: sender.id, ...parties }),
  }
}

async function judgeFollowing(parts: JudgeParts, message: MappedIn): Promise<Plan> {
  const { type } = message.mapping
  const { sender } = message.received
  const row = await heldCase(parts, message)
  const formal = [...message.faults, ...schemaFaults(parts.validator, message)]
  const before = formal.length === 0 ? beforeApplication(row, message) : []
  const files = await filesAmiss(parts, message, row.caseNo, formal)
  refuseFaults(message, [...formal, ...before, ...files])
  const again = type === 'evaluation.submitted' && factsOf(row).evaluated
  if (again || stateAfter(row.state, type) === undefined) {
    throw new IntakeError('CASE_STATE', `A case in state ${row.state} takes no ${type}.`, {
      details: {
        caseNo: row.caseNo,
        state: row.state,
        allowed: allowedIn(row.state),
        mayStillCome: !again && mayStillCome(row.state, type),
      },
    })
  }
  return {
    row,
    submission: undefined,
    data: message.draft.data,
    item: itemOfCase(parts.topology, row),
    running: await parts.store.deadlineList({ caseNo: row.caseNo }),
    destinations: destinations(parts, type, sender.id, row),
  }
}

/** The item as it was in force when the case was applied for (art. 9). @throws IntakeError INTERNAL */
export function itemOfCase(topology: Pick<Topology, 'items'>, row: CaseRow): Item {
  const found = itemOn(topology, { taskCode: row.taskCode }, factsOf(row).appliedAt.slice(0, 10))
  if (typeof found === 'object') return found.item
  throw new IntakeError(
    'INTERNAL',
    `Item ${row.taskCode} of case ${row.caseNo} has left the catalogue. Next: put its version back, with its last day in force.`,
  )
}

/** The case that the message speaks of, if the sender holds the side that may say so. The refusal does not tell whether there is such a case. */
async function heldCase(parts: JudgeParts, message: MappedIn): Promise<CaseRow> {
  const { draft, mapping, received } = message
  const { sender } = received
  const { caseNo, caseExternalId } = draft
  if (caseNo === undefined && caseExternalId === undefined) {
    // A number that was given but refused is what the sender can mend.
    refuseFaults(message, message.faults)
    throw new IntakeError('MESSAGE_NOT_VALID', 'The message does not say which case it is about.', {
      faults: [
        fault(
          'FIELD_REQUIRED',
          '',
          '未给出办件编号',
          'give the case number that the hub answered, or your own number of the case',
        ),
      ],
    })
  }
  const row =
    (caseNo === undefined ? undefined : await parts.store.caseGet({ caseNo })) ??
    (caseExternalId === undefined
      ? undefined
      : await parts.store.caseGet({ externalId: { system: sender.id, value: caseExternalId } }))
  const holder = sideOf(mapping.type) === 'receiving' ? row?.origin : row?.decider
  if (row === undefined || holder !== sender.id) {
    throw new IntakeError(
      'CASE_NOT_HELD',
      `${sender.id} may not send ${mapping.type} about this case: it is not known to it in that role.`,
    )
  }
  return row
}

function filesAmiss(
  { store }: JudgeParts,
  { received, draft }: MappedIn,
  caseNo: string | undefined,
  formal: readonly Fault[],
): Promise<readonly Fault[]> {
  return referenceFaults(store, { sender: received.sender.id, caseNo, data: draft.data }, formal)
}

export function schemaFaults(
  { validate }: Pick<Validator, 'validate'>,
  { mapping, draft, faults }: MappedIn,
): readonly Fault[] {
  const refused = new Set(faults.map(({ pointer }) => pointer))
  // A value that a hub function refused was left out of the draft: that it is missing now is no second fault.
  return validate(mapping.type, draft.data).filter(
    ({ code, pointer }) => code !== 'FIELD_REQUIRED' || !refused.has(pointer),
  )
}

export function beforeApplication(row: CaseRow, { mapping, draft }: MappedIn): Fault[] {
  const { appliedAt } = factsOf(row)
  const pointer = timePointer(mapping.type)
  const happened = happenedAt(mapping.type, draft.data)
  if ((epochOfBeijing(happened) as number) >= (epochOfBeijing(appliedAt) as number)) return []
  // Partners that tell the day alone mean the day: its midnight is before every application that was made on it.
  if (happened === `${appliedAt.slice(0, 10)}T00:00:00+08:00`) return []
  return [
    fault(
      'EVENT_BEFORE_APPLICATION',
      pointer,
      `发生时间早于申请时间 ${appliedAt}`,
      `happened before the application of ${appliedAt}`,
      { appliedAt },
    ),
  ]
}

export function refuseFaults({ mapping }: MappedIn, faults: readonly Fault[]): void {
  if (faults.length === 0) return
  const named = faults.map((found) => withSource(found, (pointer) => mapping.sourceOf(pointer)))
  const told = onePerSource(named)
  throw new IntakeError(
    'MESSAGE_NOT_VALID',
    `${told.length} fault(s) in ${mapping.name} (${mapping.type}).`,
    { faults: told },
  )
}

/** One wrong field of the sender that feeds several places of ours is one fault. */
function onePerSource(faults: readonly Fault[]): Fault[] {
  const told = new Set<string>()
  return faults.filter(({ code, source }) => {
    if (source === undefined) return true
    const key = `${code} ${source}`
    return told.has(key) ? false : told.add(key)
  })
}

/** @param sender undefined for the hub's own messages */
export function destinations(
  { topology, formats }: Pick<JudgeParts, 'topology' | 'formats'>,
  type: MessageType,
  sender: string | undefined,
  roles: Omit<Parties, 'streams'>,
): readonly string[] {
  const receives = (system: string, wanted: MessageType): boolean =>
    formats.get(topology.systems.get(system)?.format ?? '')?.outbound.has(wanted) === true
  const streams = [...topology.systems.values()].filter(({ role }) => role === 'stream').map(({ id }) => id)
  return destinationsOf(type, sender, { ...roles, streams }, receives)
}
