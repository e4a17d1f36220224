/** What the hub's books say about one system and one Beijing day (对账): what was taken from it, and what was due to it. */
import { beijingTime } from '../contract/clock.ts'
import { type Message, type MessageType, sourceSystem } from '../contract/message.ts'
import type { Delivery, DeliveryState, Store } from '../contract/store.ts'
import { deliveriesBetween } from './delivery-reading.ts'
import { type Tally, tally } from './tally.ts'
import { turn } from './turn.ts'

export type DayStore = Pick<Store, 'deliveryList' | 'caseTimeline'>

/** A message taken from the system. */
export type Taken = Pick<Message, 'id' | 'type' | 'subject' | 'externalid'>

export interface DayBooks {
  readonly system: string
  /** `YYYY-MM-DD`, Beijing. A message belongs to the day on which the hub recorded it. */
  readonly day: string
  /** From the system, by message id. */
  readonly accepted: readonly Taken[]
  /** To the system, by message id, each in the state that it has now. */
  readonly due: readonly Delivery[]
}

export interface DayReport {
  readonly system: string
  readonly day: string
  /** When this was read, Beijing time: states go on changing. */
  readonly at: string
  readonly accepted: Tally
  /** Everything below together. */
  readonly due: Tally
  readonly delivered: Tally
  /** Pending, under way, or to be attempted again. */
  readonly waiting: Tally
  readonly dead: Tally
  readonly unknown: Tally
  readonly cancelled: Tally
}

const DAY_MS = 24 * 3_600_000
/** Some milliseconds of reading. */
const CASES_A_TURN = 20

/**
 * Reads every case that had a delivery made on that day.
 * @param day `YYYY-MM-DD`, valid
 */
export async function dayBooks(store: DayStore, system: string, day: string): Promise<DayBooks> {
  const fromMs = Date.parse(`${day}T00:00:00+08:00`)
  const span = { fromMs, untilMs: fromMs + DAY_MS }
  const due: Delivery[] = []
  const cases = new Set<string>()
  for await (const delivery of deliveriesBetween(store, span)) {
    if (delivery.destination === system) due.push(delivery)
    // What a system sends goes to others, so a delivery to somebody else is how its messages are found.
    else cases.add(delivery.caseNo)
  }
  const accepted: Taken[] = []
  for (const [index, caseNo] of [...cases].entries()) {
    if (index % CASES_A_TURN === 0) await turn()
    for (const { message } of await store.caseTimeline({ caseNo })) {
      const recordedAtMs = Date.parse(message.recordedat)
      if (sourceSystem(message) !== system || recordedAtMs < span.fromMs || recordedAtMs >= span.untilMs)
        continue
      const { id, type, subject, externalid } = message
      accepted.push({ id, type, subject, ...(externalid === undefined ? {} : { externalid }) })
    }
  }
  return {
    system,
    day,
    accepted: accepted.sort((one, other) => compare(one.id, other.id)),
    due: due.sort((one, other) => compare(one.messageId, other.messageId)),
  }
}

export function dayReport({ system, day, accepted, due }: DayBooks, nowMs: number): DayReport {
  const dueIn = (...states: readonly DeliveryState[]): Tally =>
    tally(due.filter(({ state }) => states.length === 0 || states.includes(state)).map(idAndType))
  return {
    system,
    day,
    at: beijingTime(nowMs),
    accepted: tally(accepted),
    due: dueIn(),
    delivered: dueIn('delivered'),
    waiting: dueIn('pending', 'leased', 'waiting'),
    dead: dueIn('dead'),
    unknown: dueIn('unknown'),
    cancelled: dueIn('cancelled'),
  }
}

function idAndType({ messageId, type }: Delivery): { readonly id: string; readonly type: MessageType } {
  return { id: messageId, type }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
