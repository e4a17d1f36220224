/**
 * The one thing in a simulated run that decides what happens next. Whatever waits, waits here: for time, for the
 * store, for a partner. One thing is resumed at a time, and everything it sets off runs until it waits again, so a run
 * is the same whenever its seed is. What falls due in the same millisecond comes in an order drawn from the seed.
 */
import { createHash } from 'node:crypto'
import type { Timer } from '../hub/contract/clock.ts'
import type { Dice } from './dice.ts'

/** Whose work it is: an instance of the hub, which may be killed or stand still, or the world outside. */
export interface Owner {
  readonly name: string
  /** Nothing of a dead owner is ever resumed. */
  alive: boolean
  /** Until then nothing of it is resumed (a stopped process, a long collection of garbage). */
  pausedUntilMs: number
}

interface Waiting {
  atMs: number
  readonly tie: number
  readonly order: number
  readonly owner: Owner
  readonly resume: () => void
  /** A heartbeat: it goes on for ever, and nobody waits for it. */
  readonly background: boolean
  cancelled: boolean
}

export type Ending = 'idle' | 'too-long' | 'too-many-steps'

export class Scheduler {
  readonly #dice: Dice
  readonly #heap: Waiting[] = []
  readonly #trace = createHash('sha256')
  readonly #show: ((line: string) => void) | undefined
  #nowMs: number
  #order = 0
  #steps = 0

  constructor(dice: Dice, startMs: number, show?: (line: string) => void) {
    this.#dice = dice
    this.#nowMs = startMs
    this.#show = show
  }

  /** True time of the simulated world, epoch milliseconds; nodes' own clocks may differ. */
  get nowMs(): number {
    return this.#nowMs
  }

  get steps(): number {
    return this.#steps
  }

  /** Part of what two runs of one seed must have in common. */
  note(line: string): void {
    this.#trace.update(`${this.#nowMs} ${line}\n`)
    this.#show?.(`${new Date(this.#nowMs).toISOString()} ${line}`)
  }

  /** Digest of all notes. Call once, at the end. */
  traceDigest(): string {
    return this.#trace.digest('hex').slice(0, 16)
  }

  after(delayMs: number, owner: Owner, resume: () => void, background = false): Timer {
    const waiting: Waiting = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      tie: this.#dice.fraction(),
      order: this.#order++,
      owner,
      resume,
      background,
      cancelled: false,
    }
    this.#push(waiting)
    return {
      cancel() {
        waiting.cancelled = true
      },
    }
  }

  /** Never resolves where the owner dies first. */
  delay(delayMs: number, owner: Owner, background = false): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, owner, resolve, background))
  }

  /**
   * Runs until nothing waits any more but heartbeats, which have had `quietMs` to set something off.
   * `steps`: the most of what is not background.
   */
  async run(limits: {
    readonly untilMs: number
    readonly steps: number
    readonly quietMs: number
  }): Promise<Ending> {
    let busyMs = this.#nowMs
    await microtasksDone()
    for (;;) {
      const next = this.#pop()
      if (next === undefined) return 'idle'
      if (next.background && next.atMs > busyMs + limits.quietMs && this.#isQuiet()) return 'idle'
      if (next.cancelled || !next.owner.alive) continue
      if (next.owner.pausedUntilMs > next.atMs) {
        next.atMs = next.owner.pausedUntilMs
        this.#push(next)
        continue
      }
      if (next.atMs > limits.untilMs) return 'too-long'
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      if (!next.background) {
        busyMs = this.#nowMs
        if (++this.#steps > limits.steps) return 'too-many-steps'
      }
      next.resume()
      await microtasksDone()
    }
  }

  #isQuiet(): boolean {
    return this.#heap.every(({ background, cancelled, owner }) => background || cancelled || !owner.alive)
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap
    let at = heap.push(waiting) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(waiting, heap[above] as Waiting)) break
      heap[at] = heap[above] as Waiting
      at = above
    }
    heap[at] = waiting
  }

  #pop(): Waiting | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let below = at * 2 + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Waiting, heap[below] as Waiting)) below++
      if (!isBefore(heap[below] as Waiting, last)) break
      heap[at] = heap[below] as Waiting
      at = below
    }
    heap[at] = last
    return top
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs
  return one.tie === other.tie ? one.order < other.order : one.tie < other.tie
}

/** Ticks that are asked for while microtasks run come after the last of these: far cheaper than a turn of the event loop. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
