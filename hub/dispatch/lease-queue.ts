/** Deliveries that are leased and not begun: what was leased ahead, so that one lease serves several attempts. */
import type { LeasedDelivery } from '../contract/store.ts'

export interface Queued {
  readonly leased: LeasedDelivery
  /** After this there is not time enough left on the lease for an attempt; epoch milliseconds. */
  readonly startByMs: number
  /** Fence of the destination when it was leased. */
  readonly tenure: number
}

export class LeaseQueue {
  #queue: readonly Queued[] = []

  get length(): number {
    return this.#queue.length
  }

  add(queued: readonly Queued[]): void {
    this.#queue = [...this.#queue, ...queued]
  }

  next(): Queued | undefined {
    const [first, ...rest] = this.#queue
    this.#queue = rest
    return first
  }

  /** The lease of a delivery is another one by now. */
  forget(deliveryId: string): void {
    this.#queue = this.#queue.filter(({ leased }) => leased.delivery.id !== deliveryId)
  }

  /** Takes out those that have waited too long. */
  takeLate(nowMs: number): readonly Queued[] {
    const late = this.#queue.filter(({ startByMs }) => startByMs < nowMs)
    if (late.length > 0) this.#queue = this.#queue.filter(({ startByMs }) => startByMs >= nowMs)
    return late
  }

  takeAll(): readonly Queued[] {
    const all = this.#queue
    this.#queue = []
    return all
  }
}
