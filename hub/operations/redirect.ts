/**
 * A system was replaced: what is open to it goes to the one in its place. Case by case, each in one transaction: the
 * hub's own `case.redirected` makes the new system a party instead of the old one, so that later messages go there too,
 * and every open delivery of the case to the old system is cancelled and made anew to the new one, in the same order.
 * A case is moved whole or not at all: half of it would reach each system.
 */
import type { Topology } from '../config/topology.ts'
import { beijingTime, type Clock, type RandomBytes } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import type { CaseRow, Delivery, DeliveryMove, DeliveryState, Store } from '../contract/store.ts'
import type { Arrivals } from '../dispatch/arrivals.ts'
import { newDelivery, type OwnMessageParts, ownAcceptance } from '../intake/own-message.ts'
import type { Confirmation, Confirmations, Intent } from './confirmation.ts'
import { statesOf } from './delivery-query.ts'
import { type DuplicateRisk, duplicateRisk, type MovedRisk, movedRisk } from './duplicate-risk.ts'
import { maskShapes } from './masker.ts'
import { turn } from './turn.ts'

export interface RedirectParts extends OwnMessageParts {
  readonly store: Pick<
    Store,
    'deliveryList' | 'deliveryCount' | 'caseGet' | 'deadlineList' | 'messageAcceptMoving'
  >
  readonly topology: Topology
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly arrivals: Pick<Arrivals, 'announce'>
  readonly confirmations: Confirmations
}

export type RedirectIntent = Omit<Intent, 'deliveryIds' | 'act'> & {
  readonly from: string
  readonly to: string
  /** What was selected; their cases are moved whole. */
  readonly found: readonly Delivery[]
}

export interface RedirectPlan extends Confirmation {
  readonly dryRun: true
  /** Deliveries that would be moved: those selected, and whatever else of their cases is open to the old system. */
  readonly count: number
  readonly cases: number
  readonly from: string
  readonly to: string
  readonly states: Partial<Record<DeliveryState, number>>
  /** Open to the old system in all. */
  readonly openInAll: number
  /** How many of the cases the old system is a party of, by role. */
  readonly roles: { readonly origin: number; readonly decider: number; readonly copy: number }
  /** Of these, the new system has the same message already or will get it; they are only cancelled. */
  readonly alreadyThere: number
  /** Being attempted at this moment; their cases may be left for later. */
  readonly underWay: number
  /** What the old system may have received. */
  readonly movedRisk: MovedRisk
  /** What the new system does with repeats. */
  readonly duplicateRisk: DuplicateRisk
}

export interface RedirectResult {
  readonly confirmed: number
  /** Deliveries that are cancelled at the old system now. */
  readonly moved: number
  readonly cases: number
  /** Cases that were left as they are, because one of their deliveries was being attempted. Try again in a moment. */
  readonly casesLeft: number
}

/** What can be moved, and what is being attempted. */
const OPEN: readonly DeliveryState[] = ['pending', 'leased', 'waiting', 'unknown', 'dead']
/** Deliveries of one case that are read at once; a case has some ten messages. */
const MOST_OF_A_CASE = 10_000
/** Others' messages of the same case may come first. */
const CONFLICT_ROUNDS = 5

interface WholeCase {
  readonly row: CaseRow
  /** By position. */
  readonly open: readonly Delivery[]
  /** Messages that the new system has, or has open. */
  readonly there: ReadonlySet<string>
}

/** @throws IntakeError REQUEST_PARAMETER where the new system cannot take these deliveries */
export async function planRedirect(parts: RedirectParts, intent: RedirectIntent): Promise<RedirectPlan> {
  const { from, to } = intent
  const cases = await wholeCases(parts, intent)
  const moved = cases.flatMap(({ open }) => open)
  mustCarry(parts, to, moved)
  const counts = await parts.store.deliveryCount({ destination: from })
  const having = (isParty: (row: CaseRow) => boolean) => cases.filter(({ row }) => isParty(row)).length
  return {
    dryRun: true,
    count: moved.length,
    cases: cases.length,
    from,
    to,
    states: statesOf(moved),
    openInAll: OPEN.reduce((sum, state) => sum + counts[state], 0),
    roles: {
      origin: having(({ origin }) => origin === from),
      decider: having(({ decider }) => decider === from),
      copy: having(({ copies }) => copies.includes(from)),
    },
    alreadyThere: cases.reduce(
      (sum, { open, there }) => sum + open.filter(({ messageId }) => there.has(messageId)).length,
      0,
    ),
    underWay: moved.filter(({ state }) => state === 'leased').length,
    movedRisk: movedRisk(moved),
    duplicateRisk: duplicateRisk(parts.topology.systems.get(to)),
    ...parts.confirmations.issue(confirmed(intent, cases)),
  }
}

/** @throws IntakeError OPERATION_UNCONFIRMED, REQUEST_PARAMETER */
export async function redirect(
  parts: RedirectParts,
  intent: RedirectIntent,
  { confirm, reason }: { readonly confirm: string; readonly reason: string },
): Promise<RedirectResult> {
  const cases = await wholeCases(parts, intent)
  const asConfirmed = confirmed(intent, cases)
  parts.confirmations.check(confirm, asConfirmed)
  mustCarry(
    parts,
    intent.to,
    cases.flatMap(({ open }) => open),
  )
  const words = maskShapes.text(reason)
  let moved = 0
  let casesLeft = 0
  for (const { row } of cases) {
    const done = await moveCase(parts, intent, row.caseNo, words)
    if (done === undefined) casesLeft += 1
    else moved += done
    await turn()
  }
  return {
    confirmed: asConfirmed.deliveryIds.length,
    moved,
    cases: cases.length - casesLeft,
    casesLeft,
  }
}

/** How many deliveries were moved; undefined where one of them is being attempted, or messages of the case keep coming. */
async function moveCase(
  parts: RedirectParts,
  intent: RedirectIntent,
  caseNo: string,
  reason: string,
): Promise<number | undefined> {
  const { store, arrivals, clock } = parts
  const { from, to, operator } = intent
  for (let round = 0; round < CONFLICT_ROUNDS; round++) {
    const whole = await wholeCase(parts, intent, caseNo)
    // Somebody else moved it, or it was delivered meanwhile.
    if (whole === undefined) return 0
    const { row, open } = whole
    const nowMs = clock.now()
    const acceptance = ownAcceptance(parts, {
      type: 'case.redirected',
      data: { redirectedAt: beijingTime(nowMs), from, to, reason, deliveries: open.length },
      key: `redirected:${caseNo}:${row.version + 1}`,
      row,
      deadlines: await store.deadlineList({ caseNo }),
      actor: operator,
      details: { act: 'redirect', from, to, reason, deliveryIds: open.map(({ id }) => id) },
    })
    const moves = movesOf(parts, whole, to, reason, nowMs)
    const { outcome } = await store.messageAcceptMoving({ acceptance, moves })
    if (outcome === 'accepted') {
      // The old system's next delivery, if there is any of another case, waits for nobody; the new one's are due.
      arrivals.announce([to, ...acceptance.deliveries.map(({ destination }) => destination)])
      return moves.length
    }
    if (outcome !== 'conflict') return undefined
  }
  return undefined
}

function movesOf(
  parts: RedirectParts,
  { open, there }: WholeCase,
  to: string,
  reason: string,
  nowMs: number,
): DeliveryMove[] {
  return open.map(({ id: deliveryId, messageId }) => {
    const replacement = there.has(messageId) ? undefined : newDelivery(parts, to, nowMs)
    const where =
      replacement === undefined ? `${to} has the message already` : `${to}, delivery ${replacement.id}`
    return {
      deliveryId,
      reason: { code: 'DELIVERY_REDIRECTED', words: `Redirected to ${where}: ${reason}`, owner: 'nobody' },
      ...(replacement === undefined ? {} : { replacement }),
    }
  })
}

async function wholeCases(parts: RedirectParts, intent: RedirectIntent): Promise<readonly WholeCase[]> {
  const cases: WholeCase[] = []
  for (const caseNo of new Set(intent.found.map((delivery) => delivery.caseNo))) {
    const whole = await wholeCase(parts, intent, caseNo)
    if (whole !== undefined) cases.push(whole)
    await turn()
  }
  return cases
}

async function wholeCase(
  { store }: RedirectParts,
  { from, to }: RedirectIntent,
  caseNo: string,
): Promise<WholeCase | undefined> {
  // The case first: what comes to it after this moves its version on, and the store refuses.
  const row = await store.caseGet({ caseNo })
  const open = await store.deliveryList({ caseNo, destination: from, states: OPEN, limit: MOST_OF_A_CASE })
  if (row === undefined || open.length === 0) return undefined
  const others = await store.deliveryList({ caseNo, destination: to, limit: MOST_OF_A_CASE })
  return {
    row,
    open,
    there: new Set(others.filter(({ state }) => state !== 'cancelled').map(({ messageId }) => messageId)),
  }
}

/** A delivery that its format cannot map would only be dead at the new system. */
function mustCarry({ topology, formats }: RedirectParts, to: string, moved: readonly Delivery[]): void {
  const system = topology.systems.get(to)
  const outbound = formats.get(system?.format ?? '')?.outbound
  const lacking = [...new Set(moved.map(({ type }) => type))].filter((type) => outbound?.has(type) !== true)
  if (lacking.length > 0)
    throw new IntakeError(
      'REQUEST_PARAMETER',
      `The format ${system?.format} of ${to} has no mapping for: ${lacking.join(', ')}. Nothing was done.`,
      { details: { format: system?.format, lacking } },
    )
}

function confirmed({ operator, request }: RedirectIntent, cases: readonly WholeCase[]): Intent {
  return {
    operator,
    act: 'redirect',
    request,
    deliveryIds: cases.flatMap(({ open }) => open.map(({ id }) => id)),
  }
}
