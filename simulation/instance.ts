/** One life of one node: the real intake and dispatcher over the simulated store, clock and links, until it dies or leaves. */
import { IntakeError, StoreError } from '../hub/contract/errors.ts'
import { statusOf } from '../hub/contract/problems.ts'
import type { Store } from '../hub/contract/store.ts'
import { Arrivals } from '../hub/dispatch/arrivals.ts'
import { type Dispatcher, makeDispatcher } from '../hub/dispatch/dispatcher.ts'
import { CLAIM_MS as REAL_CLAIM_MS } from '../hub/dispatch/ownership.ts'
import { type Intake, makeIntake } from '../hub/intake/intake.ts'
import { singleVersions } from '../hub/mapping/registry/package-versions.ts'
import { Dice } from './dice.ts'
import type { Owner } from './scheduler.ts'
import { seenStore } from './seen-store.ts'
import { SimulatedBug, simulatedKind } from './simulated-link.ts'
import type { Actor } from './witness.ts'
import { delayOf, type World } from './world.ts'

/** Ten times as long as in earnest: simulated days are long, and a heartbeat is not what is looked for. */
export const CLAIM_MS = 10 * REAL_CLAIM_MS

export interface DoorAnswer {
  readonly status: number
  readonly code: string | undefined
  /** Everything that was found wrong. */
  readonly words: string
  readonly caseNo: string | undefined
}

export class Instance implements Owner, Actor {
  readonly name: string
  alive = true
  pausedUntilMs = 0
  readonly store: Store
  readonly arrivals = new Arrivals()
  readonly #world: World
  readonly #offsetMs: () => number
  readonly #died: (downMs: number) => void
  readonly #intake: Intake
  readonly #dispatcher: Dispatcher
  readonly #requests = new Set<Promise<unknown>>()
  #open = true
  #stopped = false

  /** @param node `offsetMs`: by how much its clock is wrong. `died` is told how long it stays down. */
  constructor(
    name: string,
    world: World,
    node: { readonly offsetMs: () => number; readonly died: (downMs: number) => void },
  ) {
    this.name = name
    this.#world = world
    this.#offsetMs = node.offsetMs
    this.#died = node.died
    this.store = seenStore(this, world)
    const { topology, province, scheduler } = world
    const dice = new Dice(`${world.plan.seed} ${name}`)
    const parts = {
      topology,
      formats: province.formats,
      packages: singleVersions(province.formats),
      validator: province.validator,
      store: this.store,
      arrivals: this.arrivals,
      clock: {
        now: () => this.localMs,
        after: (delayMs: number, callback: () => void) => scheduler.after(delayMs, this, callback),
      },
      randomBytes: (size: number) => dice.bytes(size),
      log: { info() {}, warn() {}, error: (details: object) => this.#logged(details) },
    }
    this.#intake = makeIntake({ ...parts, announce: (destinations) => this.arrivals.announce(destinations) })
    this.#dispatcher = makeDispatcher({
      ...parts,
      kinds: [simulatedKind(this, world)],
      secret: () => 'no secret',
      owner: name,
      claims: {
        claimMs: CLAIM_MS,
        clock: {
          now: () => this.localMs,
          after: (delayMs, callback) => scheduler.after(delayMs, this, callback, true),
        },
      },
    })
  }

  /** Another node gave something up. */
  lookAround(): void {
    this.#dispatcher.lookAround()
  }

  /** The node may die in here. */
  begin(): void {
    this.#dispatcher.start()
  }

  get localMs(): number {
    return this.#world.scheduler.nowMs + this.#offsetMs()
  }

  /** Takes new requests. */
  get isOpen(): boolean {
    return this.alive && this.#open
  }

  /** Where the seed may strike. Never resolves where the node dies here. */
  point(name: string): Promise<void> {
    const { book, scheduler, latency, witness } = this.#world
    if (this.#stopped) witness.fail('after-stop', `${this.name} came to "${name}" after it had stopped`)
    const isHeartbeat = name.startsWith('destinationClaim')
    if (!isHeartbeat) scheduler.note(`${this.name} ${name}`)
    const fault = book.atPoint(name)
    if (fault?.kind === 'crash') {
      this.alive = false
      scheduler.note(`${this.name} dies`)
      this.#died(fault.downMs)
      return new Promise(() => {})
    }
    if (fault?.kind === 'pause') {
      scheduler.note(`${this.name} stands still for ${fault.forMs} ms`)
      this.pausedUntilMs = scheduler.nowMs + fault.forMs
    }
    return scheduler.delay(delayOf(latency), this, isHeartbeat)
  }

  /** One request, answered as the front door does. Never rejects; never resolves where the node dies first. */
  receive(system: string, bytes: Uint8Array, externalId: string): Promise<DoorAnswer> {
    return this.serve(() => this.#answer(system, bytes, externalId))
  }

  /** A request under way; the node does not leave before it ends. */
  serve<Result>(act: () => Promise<Result>): Promise<Result> {
    const answered = act()
    const ended = answered.then(
      () => undefined,
      () => undefined,
    )
    this.#requests.add(ended)
    void ended.then(() => this.#requests.delete(ended))
    return answered
  }

  /** Takes no new requests, lets what is under way end, stops the dispatcher. */
  async leave(): Promise<void> {
    this.#open = false
    await Promise.all(this.#requests)
    await this.#dispatcher.stop()
    this.#stopped = true
    this.#world.scheduler.note(`${this.name} has left`)
  }

  async #answer(system: string, bytes: Uint8Array, externalId: string): Promise<DoorAnswer> {
    const { topology, witness } = this.#world
    const sender = topology.systems.get(system)
    if (sender === undefined) throw new Error(`no system ${system}`)
    let answer: DoorAnswer
    try {
      await this.point('door arrive')
      const { answer: taken } = await this.#intake.accept({
        sender,
        bytes,
        contentType: 'application/json; charset=utf-8',
        idempotencyKey: undefined,
        traceparent: undefined,
      })
      answer = { status: 202, code: undefined, words: '', caseNo: taken.caseNo }
      await this.point('door answer')
      const before = witness.answered.get(`${system} ${externalId}`)
      if (before !== undefined && before !== taken.messageId)
        witness.fail(
          'doubled',
          `${externalId} of ${system} was answered as ${before} and as ${taken.messageId}`,
        )
      witness.answered.set(`${system} ${externalId}`, taken.messageId)
    } catch (error) {
      answer = this.#refusal(error, externalId)
      await this.point('door answer')
    }
    return answer
  }

  #refusal(error: unknown, externalId: string): DoorAnswer {
    const refused = (status: number, code: string, words: string): DoorAnswer => ({
      status,
      code,
      words,
      caseNo: undefined,
    })
    if (error instanceof IntakeError) {
      const faults = error.faults.map(({ code, source, reason }) => `${code} ${source ?? ''} ${reason.en}`)
      return refused(statusOf(error.code), error.code, [error.message, ...faults].join('; '))
    }
    if (error instanceof StoreError) return refused(503, 'STORE_UNAVAILABLE', error.message)
    this.#world.witness.fail('bug', `intake of ${externalId} threw ${wordsOf(error)}`)
    return refused(500, 'INTERNAL', '')
  }

  #logged(details: object): void {
    const { error } = details as { readonly error?: unknown }
    if (error === undefined || error instanceof SimulatedBug || error instanceof StoreError) return
    this.#world.witness.fail('bug', `${this.name} logged ${wordsOf(error)}`)
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
