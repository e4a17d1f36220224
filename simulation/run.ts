/** One seed, from its first case until nobody waits for anything any more. */
import { openMemoryStore } from '../hub/store/memory/memory-store.ts'
import { Collector } from './collector.ts'
import { Dice } from './dice.ts'
import { FaultBook } from './fault-book.ts'
import { CLAIM_MS, Instance } from './instance.ts'
import { checkInvariants } from './invariants.ts'
import { Partners } from './partners.ts'
import { ACCEPTANCE, DEPARTMENT, INBOX_SYSTEM, type Plan } from './plan.ts'
import { type Province, topologyOf } from './province.ts'
import { Receiver } from './receiver.ts'
import type { Sabotage } from './sabotage.ts'
import { type Owner, Scheduler } from './scheduler.ts'
import { type Violation, Witness } from './witness.ts'
import { delayOf, type World } from './world.ts'

/** 2026-09-30T10:00:00+08:00. */
const START_MS = Date.UTC(2026, 8, 30, 2)
const DAY_MS = 24 * 3_600_000
/** Faults are over within days; whoever still waits after this waits for ever. */
const LONGEST_MS = 30 * DAY_MS
const MOST_STEPS = 400_000

/** Time enough for a dead node's claims and leases to end, and for another to find that. */
const QUIET_MS = 3 * CLAIM_MS

export interface RunResult {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly cases: number
  readonly messages: number
  readonly deliveries: number
  /** Faults that struck, in all and by kind. */
  readonly faults: number
  readonly struck: FaultBook['struck']
  /** Effects that receivers which cannot tell repeats had again. */
  readonly repeated: number
  /** Deliveries that were left to a person as perhaps sent, and never were. */
  readonly parkedUnsent: number
  readonly steps: number
  readonly virtualMs: number
  /** Same for every run of the same plan. */
  readonly trace: string
}

export interface RunOptions {
  readonly sabotage?: Sabotage
  /** Told every line of the trace. */
  readonly show?: (line: string) => void
}

/** Never throws for what the hub does wrong: that is a violation. */
export async function runPlan(
  plan: Plan,
  province: Province,
  { sabotage, show }: RunOptions = {},
): Promise<RunResult> {
  const scheduler = new Scheduler(new Dice(`${plan.seed} order`), START_MS, show)
  const witness = new Witness(plan, { nowMs: () => scheduler.nowMs, note: (line) => scheduler.note(line) })
  const book = new FaultBook(plan.faults)
  const outside: Owner = { name: 'outside', alive: true, pausedUntilMs: 0 }
  const durable = openMemoryStore({ now: () => scheduler.nowMs, soleNode: plan.nodes === 1 })
  const receivers = new Map(
    [...ACCEPTANCE, DEPARTMENT].map((system) => {
      const manners = { system, dedupes: plan.receivers.get(system)?.dedupes ?? true }
      return [system, new Receiver(manners, witness, (place, message) => partners.told(place, message))]
    }),
  )
  const latency = new Dice(`${plan.seed} latency`)
  const people = new Dice(`${plan.seed} people`)
  const world: World = {
    plan,
    province,
    topology: topologyOf(province, plan),
    scheduler,
    book,
    witness,
    latency,
    durable,
    receivers,
    outside,
    sabotage,
    committed(destinations, submission) {
      if (submission !== undefined) partners.opened(submission.caseNo, submission.externalId)
      if (destinations.includes(INBOX_SYSTEM)) collector.wake()
      // A shared store tells every node; an embedded one has only the node that wrote.
      if (plan.nodes > 1) announce(destinations)
    },
    released(by, destinations) {
      for (const { instance, deafUntilMs } of nodes)
        if (instance?.alive === true && instance !== by && scheduler.nowMs >= deafUntilMs)
          scheduler.after(delayOf(latency), instance, () => instance.lookAround())
      announce(destinations)
    },
    parked(deliveryId) {
      if (people.chance(0.7))
        scheduler.after(DAY_MS, outside, () => void repair(deliveryId, people.fraction()))
    },
  }
  const nodes = Array.from({ length: plan.nodes }, (_, index) => new Node(index, world))
  const open = (): Instance[] => nodes.flatMap(({ instance }) => (instance?.isOpen ? [instance] : []))
  const partners = new Partners(world, open)
  const collector = new Collector(world, open)

  function announce(destinations: readonly string[]): void {
    for (const { instance, deafUntilMs } of nodes)
      if (instance?.isOpen === true && scheduler.nowMs >= deafUntilMs)
        scheduler.after(delayOf(latency), instance, () => instance.arrivals.announce(destinations))
  }

  /** A person looks a day later, asks the receiver by telephone, and settles it one way or another. */
  async function repair(deliveryId: string, choice: number): Promise<void> {
    const delivery = (await durable.deliveryList({ limit: Number.MAX_SAFE_INTEGER })).find(
      ({ id }) => id === deliveryId,
    )
    if (delivery === undefined || (delivery.state !== 'dead' && delivery.state !== 'unknown')) return
    const audit = {
      atMs: scheduler.nowMs,
      actor: 'operator',
      action: 'delivery.repaired',
      subject: deliveryId,
      details: {},
    }
    const reason = { code: 'DELIVERY_REPAIRED', words: 'Settled by telephone.', owner: 'nobody' } as const
    const hasIt = receivers.get(delivery.destination)?.has(delivery.messageId) === true
    scheduler.note(`a person repairs ${deliveryId}`)
    if (hasIt) await durable.deliveryMarkDelivered({ deliveryId, reason, audit })
    else if (choice < 0.5) await durable.deliveryCancel({ deliveryId, reason, audit })
    else {
      await durable.deliveryReplay({ deliveryIds: [deliveryId], nowMs: scheduler.nowMs, audit })
      witness.replayed(deliveryId)
    }
    announce([delivery.destination])
  }

  const strays: unknown[] = []
  const stray = (error: unknown): void => void strays.push(error)
  process.on('unhandledRejection', stray)
  try {
    for (const node of nodes) node.start()
    for (const fault of plan.faults) scheduleFault(fault, nodes, world)
    partners.start()
    const ending = await scheduler.run({
      untilMs: START_MS + LONGEST_MS,
      steps: MOST_STEPS,
      quietMs: QUIET_MS,
    })
    if (ending !== 'idle') witness.fail('stuck', `the run does not come to rest: ${ending}`)
    const tally = await checkInvariants(world, partners)
    const repeated = [...receivers.values()].reduce((sum, receiver) => sum + receiver.repeated, 0)
    await new Promise((resolve) => setImmediate(resolve))
    for (const error of strays)
      witness.fail('bug', `nobody caught ${error instanceof Error ? error.stack : String(error)}`)
    return {
      seed: plan.seed,
      violations: witness.violations,
      cases: plan.cases.length,
      ...tally,
      faults: Object.values(book.struck).reduce((sum, times) => sum + times, 0),
      struck: book.struck,
      repeated,
      parkedUnsent: witness.parkedUnsent,
      steps: scheduler.steps,
      virtualMs: scheduler.nowMs - START_MS,
      trace: scheduler.traceDigest(),
    }
  } finally {
    process.off('unhandledRejection', stray)
  }
}

/** A place where an instance of the hub runs, dies, and is started again. */
class Node {
  readonly #index: number
  readonly #world: World
  #lives = 0
  offsetMs = 0
  /** Until then it is not told what other nodes brought. */
  deafUntilMs = 0
  instance: Instance | undefined

  constructor(index: number, world: World) {
    this.#index = index
    this.#world = world
  }

  start(): void {
    if (this.instance !== undefined) return
    const { scheduler, outside } = this.#world
    const name = `node-${this.#index}.${++this.#lives}`
    scheduler.note(`${name} starts`)
    // A new connection, and a dispatcher that looks everywhere as it starts.
    this.deafUntilMs = 0
    this.instance = new Instance(name, this.#world, {
      offsetMs: () => this.offsetMs,
      died: (downMs) => {
        this.instance = undefined
        scheduler.after(downMs, outside, () => this.start())
      },
    })
    this.instance.begin()
  }

  /** It loses the connection by which it is told; when that is back, it looks everywhere. */
  goDeaf(forMs: number): void {
    const { scheduler, outside } = this.#world
    const { instance } = this
    if (instance === undefined) return
    this.deafUntilMs = scheduler.nowMs + forMs
    scheduler.after(forMs, outside, () => {
      if (!instance.isOpen) return
      instance.arrivals.announceAll()
      instance.lookAround()
    })
  }

  async leave(forMs: number): Promise<void> {
    const { scheduler, outside } = this.#world
    const leaving = this.instance
    if (leaving === undefined) return
    await leaving.leave()
    this.instance = undefined
    scheduler.after(forMs, outside, () => this.start())
  }
}

function scheduleFault(
  fault: Plan['faults'][number],
  nodes: readonly Node[],
  { scheduler, outside, book, receivers }: World,
): void {
  switch (fault.kind) {
    case 'down':
      scheduler.after(fault.atMs, outside, () => {
        book.strike(fault)
        scheduler.note(`${fault.system} is down for ${fault.forMs} ms`)
        receivers.get(fault.system)?.goDown(scheduler.nowMs + fault.forMs)
      })
      return
    case 'clock':
      scheduler.after(fault.atMs, outside, () => {
        const node = nodes[fault.node]
        if (node === undefined) return
        book.strike(fault)
        scheduler.note(`the clock of node-${fault.node} steps by ${fault.byMs} ms`)
        node.offsetMs += fault.byMs
      })
      return
    case 'deaf':
      // A node that is alone brings everything itself.
      if (nodes.length === 1) return
      scheduler.after(fault.atMs, outside, () => {
        book.strike(fault)
        nodes[fault.node]?.goDeaf(fault.forMs)
      })
      return
    case 'leave':
      scheduler.after(fault.atMs, outside, () => {
        book.strike(fault)
        void nodes[fault.node]?.leave(fault.forMs)
      })
  }
}
