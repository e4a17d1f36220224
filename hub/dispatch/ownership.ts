/**
 * Which destinations this node delivers to. Each is owned by one node at a time: its concurrency, its rate and its breaker
 * are those of the province. A claim lasts a short time and is renewed at a third of it; a node that dies
 * loses what it has to the others by that, one that stops gives it up at once. Where the store has one node, that owns all.
 */
import type { Clock, Timer } from '../contract/clock.ts'
import type { LivingNode, Store } from '../contract/store.ts'
import { assignedTo } from './assignment.ts'

/** What is owned, or not. */
export interface Ownable {
  /** An attempt of the owner before, still under way, would do harm beside another. */
  readonly waitsForLeases: boolean
  /** It is this node's until `untilMs` (epoch milliseconds by its own clock; Infinity: for good), under this fence. Called at every renewal. */
  own(tenure: { readonly fence: number; readonly untilMs: number }): void
  /** It is another node's by now. */
  lose(): void
  /** Resolves when nothing of it is under way any more, nor will be until it is owned again. */
  rest(): Promise<void>
  /** The same for ever. Safe twice. */
  stop(): Promise<void>
}

export interface OwnershipParts {
  /** Unique per process. */
  readonly node: string
  readonly destinations: ReadonlyMap<string, Ownable>
  readonly store: Pick<Store, 'traits' | 'destinationClaim' | 'destinationRelease'>
  readonly clock: Clock
  readonly claimMs: number
  readonly log: {
    info(details: object, text: string): void
    warn(details: object, text: string): void
  }
}

/** How long a claim lasts: a crashed node's destinations wait for it to end, and for the next renewal of another. */
export const CLAIM_MS = 12_000
const RENEWALS = 3
/** How soon to try again when the store did not answer. */
const STORE_PAUSE_MS = 1_000

export class Ownership {
  readonly #parts: OwnershipParts
  readonly #ids: readonly string[]
  readonly #owned = new Set<string>()
  readonly #handingOver = new Set<string>()
  /** Stopped or rested, and not given up yet. */
  readonly #finished = new Set<string>()
  /** Undefined until the store has told. */
  #nodes: readonly LivingNode[] | undefined
  /** One call to the store at a time: a claim that overtakes a release would take back what was given up. */
  #turn: Promise<unknown> = Promise.resolve()
  #timer: Timer | undefined
  #isLooking = false
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new'
  #stopped: Promise<void> | undefined
  #hasLeft = false

  constructor(parts: OwnershipParts) {
    this.#parts = parts
    this.#ids = [...parts.destinations.keys()]
  }

  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    this.look()
  }

  /** Others may have come, gone or given something up. Safe at any time, as often as you like. */
  look(): void {
    if (this.#isLooking || this.#state === 'new' || this.#state === 'stopped') return
    this.#isLooking = true
    this.#timer?.cancel()
    void this.#inTurn(async () => {
      // Whoever asks from here on asks for another look.
      this.#isLooking = false
      if (this.#hasLeft) return
      const pauseMs = await this.#renew().then(
        () => this.#parts.claimMs / RENEWALS,
        (error: unknown) => {
          this.#parts.log.warn({ error }, 'destinations could not be claimed; trying again')
          return STORE_PAUSE_MS
        },
      )
      const isDone = this.#parts.store.traits.soleNode && this.#owned.size === this.#ids.length
      if (this.#state === 'stopped' || isDone) return
      this.#timer?.cancel()
      this.#timer = this.#parts.clock.after(pauseMs, () => this.look())
    })
  }

  /** Lets everything under way end, giving up each destination as soon as nothing of it is. Safe twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { destinations, store } = this.#parts
    const isAlone = store.traits.soleNode || this.#state === 'new'
    this.#state = 'stopping'
    // The others hear at once that this one serves nothing any more: what is given up is theirs.
    if (!isAlone) this.look()
    const stopping = [...destinations].map(async ([id, destination]) => {
      await destination.stop()
      if (!isAlone) await this.#giveUp(id)
    })
    await Promise.all(stopping)
    this.#state = 'stopped'
    this.#timer?.cancel()
    await this.#turn
  }

  /** Claims until all is claimed that this node is to own as far as it knows. */
  async #renew(): Promise<void> {
    for (;;) {
      const asked = new Set([...this.#due(), ...this.#owned])
      await this.#claim([...asked])
      const due = this.#due()
      if (this.#state === 'running') for (const id of this.#owned) if (!due.has(id)) void this.#handOver(id)
      if (due.isSubsetOf(asked)) return
    }
  }

  #due(): ReadonlySet<string> {
    if (this.#state !== 'running') return new Set()
    if (this.#parts.store.traits.soleNode) return new Set(this.#ids)
    // A node that begins asks who is there first, so that it takes nothing only to give it away.
    return this.#nodes === undefined ? new Set() : assignedTo(this.#parts.node, this.#ids, this.#nodes)
  }

  async #claim(ids: readonly string[]): Promise<void> {
    const { node, store, destinations, clock, claimMs, log } = this.#parts
    const nowMs = clock.now()
    const { nodes, owned } = await store.destinationClaim({
      node,
      serves: this.#state === 'running' ? this.#ids : [],
      destinations: ids,
      waitsForLeases: ids.filter((id) => destinations.get(id)?.waitsForLeases === true),
      nowMs,
      leaseMs: claimMs,
    })
    this.#nodes = nodes
    const untilMs = store.traits.soleNode ? Number.POSITIVE_INFINITY : nowMs + claimMs
    const gained: string[] = []
    const fences = new Map(owned.map(({ destination, fence }) => [destination, fence]))
    for (const id of ids) {
      const fence = fences.get(id)
      if (fence === undefined) {
        if (this.#owned.delete(id)) destinations.get(id)?.lose()
        continue
      }
      if (!this.#owned.has(id)) gained.push(id)
      this.#owned.add(id)
      if (!this.#handingOver.has(id)) destinations.get(id)?.own({ fence, untilMs })
    }
    if (gained.length > 0)
      log.info({ gained, nodes: nodes.length }, 'this node delivers to these from now on')
  }

  /** To the node that is to own it by now. */
  async #handOver(id: string): Promise<void> {
    if (this.#handingOver.has(id)) return
    this.#handingOver.add(id)
    await this.#parts.destinations.get(id)?.rest()
    if (this.#state === 'running') await this.#giveUp(id)
    this.#handingOver.delete(id)
    // Whoever was to have it may have gone meanwhile.
    if (this.#due().has(id)) this.look()
  }

  /** Together with all others that are finished when its turn comes. */
  #giveUp(id: string): Promise<void> {
    this.#finished.add(id)
    return this.#inTurn(async () => {
      const { node, store, log } = this.#parts
      const destinations = [...this.#finished].filter((one) => this.#owned.delete(one))
      this.#finished.clear()
      const leaves = this.#state !== 'running' && this.#owned.size === 0
      if (destinations.length === 0 && (!leaves || this.#hasLeft)) return
      this.#hasLeft = leaves
      await store.destinationRelease({ node, destinations, leaves }).catch((error: unknown) => {
        log.warn({ destinations, error }, 'destinations were not given up; the claims will run out')
      })
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done
    return done
  }
}
