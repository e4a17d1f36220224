/**
 * Finding deliveries by id and by time, with the verbs that the store has. Positions grow with the time at which deliveries
 * are made, so a time is found by halving: some forty reads of one row, however many deliveries there are.
 */
import type { Delivery, DeliveryFilter, Store } from '../contract/store.ts'
import { turn } from './turn.ts'

export type DeliveryStore = Pick<Store, 'deliveryList'>

/** Requests that arrive together are written together, and several nodes' clocks differ: order is only true within this. */
const DISORDER_MS = 60_000
/** Between issuing a delivery's id and recording its message. */
const ISSUE_MARGIN_MS = 2_000
const PAGE = 1000

/** The delivery, or undefined where there is none. Its id (UUIDv7) says when it was made. */
export async function deliveryById(store: DeliveryStore, id: string): Promise<Delivery | undefined> {
  const madeAtMs = issuedAtMs(id)
  if (madeAtMs === undefined) return undefined
  for await (const delivery of deliveriesBetween(store, {
    fromMs: madeAtMs - ISSUE_MARGIN_MS,
    untilMs: madeAtMs + ISSUE_MARGIN_MS,
  })) {
    if (delivery.id === id) return delivery
  }
  return undefined
}

/** Deliveries made from `fromMs` up to before `untilMs` (epoch milliseconds), by position; of one destination where given. */
export async function* deliveriesBetween(
  store: DeliveryStore,
  {
    fromMs,
    untilMs,
    ...of
  }: { readonly fromMs: number; readonly untilMs: number } & Pick<DeliveryFilter, 'destination'>,
): AsyncGenerator<Delivery> {
  const after = await positionBefore(store, fromMs - DISORDER_MS)
  for await (const delivery of allDeliveries(store, { ...of, after })) {
    if (delivery.createdAtMs >= untilMs + DISORDER_MS) return
    if (delivery.createdAtMs >= fromMs && delivery.createdAtMs < untilMs) yield delivery
  }
}

/** Everything that a filter finds, by position, page by page: what is made meanwhile is found too. `page`: rows read at a time. */
export async function* allDeliveries(
  store: DeliveryStore,
  filter: Omit<DeliveryFilter, 'limit'>,
  page = PAGE,
): AsyncGenerator<Delivery> {
  let after = filter.after ?? 0
  for (;;) {
    const deliveries = await store.deliveryList({ ...filter, after, limit: page })
    yield* deliveries
    const last = deliveries.at(-1)
    if (last === undefined || deliveries.length < page) return
    await turn()
    after = last.position
  }
}

/** A position after which everything made at `ms` or later stands. */
async function positionBefore(store: DeliveryStore, ms: number): Promise<number> {
  const isBefore = async (after: number): Promise<boolean> => {
    const [next] = await store.deliveryList({ after, limit: 1 })
    return next !== undefined && next.createdAtMs < ms
  }
  // `low`: what follows it is too early, or it is 0. `high`: what follows it is late enough, or nothing does.
  let low = 0
  let high = 1
  while (await isBefore(high)) {
    low = high
    high *= 2
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await isBefore(middle)) low = middle
    else high = middle
  }
  return low
}

/** The first 48 bits of a UUIDv7 (RFC 9562 §5.7) are its time of issue in epoch milliseconds. */
function issuedAtMs(id: string): number | undefined {
  const [, high, low] =
    /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(id) ?? []
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16)
}
