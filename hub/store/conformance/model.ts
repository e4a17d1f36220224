/**
 * Random histories against a tiny model. The model is the definition of order and lease in a few lines over one list;
 * a store must give exactly what it gives, whatever was done before.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DELIVERY_STATES, type DeliveryState, type LeasedDelivery, type Store } from '../../contract/store.ts'
import { anAttempt, aSettlement, START_MS } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept } from './steps.ts'

const DESTINATIONS = ['tax', 'police'] as const
const CASES = 3
const LEASE_MS = 100

const destination = fc.constantFrom(...DESTINATIONS)
const pick = fc.nat({ max: 1_000 })

const step = fc.oneof(
  fc.record({
    do: fc.constant('accept' as const),
    case: fc.nat({ max: CASES - 1 }),
    destinations: fc.subarray([...DESTINATIONS]),
  }),
  fc.record({
    do: fc.constant('lease' as const),
    destination,
    owner: pick,
    limit: fc.integer({ min: 1, max: 4 }),
    retried: fc.nat({ max: 4 }),
  }),
  // `pick` chooses among all leases ever given, so many settlements are stale.
  fc.record({
    do: fc.constant('settle' as const),
    pick,
    state: fc.constantFrom('delivered', 'delivered', 'waiting', 'unknown', 'dead'),
    waitMs: fc.nat({ max: 2 * LEASE_MS }),
    counts: fc.boolean(),
    maybeSent: fc.boolean(),
  }),
  fc.record({ do: fc.constant('release' as const), pick }),
  fc.record({ do: fc.constant('cancel' as const), pick }),
  fc.record({ do: fc.constant('replay' as const), picks: fc.array(pick, { minLength: 1, maxLength: 2 }) }),
  fc.record({ do: fc.constant('mark' as const), pick }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 2 * LEASE_MS }) }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Modelled {
  readonly id: string
  readonly case: number
  readonly destination: string
  state: DeliveryState
  dueAtMs: number
  leaseUntilMs: number
  owner: string
  fence: number
  attempts: number
  tried: boolean
  maybeSent: boolean
}

/** One run. Destinations carry the run's number, so that all runs share one store. */
class History {
  readonly #store: Store
  readonly #run: number
  readonly #deliveries: Modelled[] = []
  readonly #versions = new Map<number, number>()
  readonly #given: LeasedDelivery[] = []
  #nowMs = START_MS

  constructor(store: Store, run: number) {
    this.#store = store
    this.#run = run
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'accept') await this.#accept(step)
    if (step.do === 'lease') await this.#lease(step)
    if (step.do === 'settle') await this.#settle(step)
    if (step.do === 'release') await this.#release(step.pick)
    if (step.do === 'cancel') await this.#cancel(step.pick)
    if (step.do === 'replay') await this.#replay(step.picks)
    if (step.do === 'mark') await this.#mark(step.pick)
    if (step.do === 'pass') this.#nowMs += step.ms
    await this.#compare()
  }

  async #accept(step: Extract<Step, { do: 'accept' }>): Promise<void> {
    const version = (this.#versions.get(step.case) ?? 0) + 1
    this.#versions.set(step.case, version)
    const { deliveries } = await accept(this.#store, {
      caseNo: `${this.#run}-${step.case}`,
      version,
      recordedAtMs: this.#nowMs,
      destinations: step.destinations.map((name) => this.#named(name)),
    })
    for (const { id, destination } of deliveries) {
      this.#deliveries.push({
        id,
        case: step.case,
        destination,
        state: 'pending',
        dueAtMs: this.#nowMs,
        leaseUntilMs: 0,
        owner: '',
        fence: 0,
        attempts: 0,
        tried: false,
        maybeSent: false,
      })
    }
  }

  async #lease(step: Extract<Step, { do: 'lease' }>): Promise<void> {
    const destination = this.#named(step.destination)
    const owner = `node-${step.owner % 2}`
    const leasable = this.#deliveries
      .filter((delivery) => delivery.destination === destination)
      .filter((delivery) => (this.#leasableAtMs(delivery) ?? Number.POSITIVE_INFINITY) <= this.#nowMs)
      .sort((a, b) => a.dueAtMs - b.dueAtMs)
    const [fresh, again] = [leasable.filter(isFresh), leasable.filter((delivery) => !isFresh(delivery))]
    const retried = Math.min(step.retried, step.limit)
    const chosen = new Set(again.slice(0, retried))
    for (const delivery of [...fresh, ...again]) if (chosen.size < step.limit) chosen.add(delivery)
    const expected = leasable.filter((delivery) => chosen.has(delivery))
    const given = await this.#store.deliveryLease({
      destination,
      owner,
      limit: step.limit,
      retried,
      nowMs: this.#nowMs,
      leaseMs: LEASE_MS,
    })
    assert.deepEqual(
      given.map(({ delivery }) => delivery.id),
      expected.map(({ id }) => id),
    )
    for (const [index, delivery] of expected.entries()) {
      const fence = given[index]?.fence as number
      assert.ok(fence > delivery.fence, 'a fence grows')
      const maybeSent = delivery.maybeSent || (delivery.state === 'leased' && delivery.owner !== owner)
      assert.equal(given[index]?.maybeSent, maybeSent)
      const leaseUntilMs = this.#nowMs + LEASE_MS
      Object.assign(delivery, { state: 'leased', owner, leaseUntilMs, fence, maybeSent })
    }
    this.#given.push(...given)
    this.#assertLivingLeasesApart()
  }

  async #settle(step: Extract<Step, { do: 'settle' }>): Promise<void> {
    const lease = this.#given[step.pick % this.#given.length]
    if (lease === undefined) return
    const delivery = this.#holding(lease)
    const dueAtMs = this.#nowMs + step.waitMs
    const attempt = anAttempt({ endedAtMs: this.#nowMs })
    const { state, counts, maybeSent } = step
    const wanted = { state, dueAtMs, counts, maybeSent, attempt } as const
    assert.deepEqual(await this.#store.deliverySettle([aSettlement(lease, wanted)]), [delivery !== undefined])
    if (delivery === undefined) return
    Object.assign(delivery, { state, maybeSent, tried: true })
    if (step.counts) delivery.attempts += 1
    if (step.state === 'waiting') delivery.dueAtMs = dueAtMs
  }

  async #release(pick: number): Promise<void> {
    const lease = this.#given[pick % this.#given.length]
    if (lease === undefined) return
    const delivery = this.#holding(lease)
    await this.#store.deliveryRelease([{ deliveryId: lease.delivery.id, fence: lease.fence }])
    if (delivery !== undefined) delivery.state = delivery.tried ? 'waiting' : 'pending'
  }

  async #cancel(pick: number): Promise<void> {
    const delivery = this.#deliveries[pick % this.#deliveries.length]
    if (delivery === undefined) return
    const living = delivery.state === 'leased' && delivery.leaseUntilMs > this.#nowMs
    const can = isOpen(delivery) && !living
    const audit = { atMs: this.#nowMs, actor: 'operator-1', action: 'x', subject: delivery.id, details: {} }
    const reason = { code: 'DELIVERY_CANCELLED', words: '', owner: 'nobody' } as const
    assert.equal(await this.#store.deliveryCancel({ deliveryId: delivery.id, reason, audit }), can)
    if (can) delivery.state = 'cancelled'
  }

  async #replay(picks: readonly number[]): Promise<void> {
    if (this.#deliveries.length === 0) return
    const chosen = picks.map((pick) => this.#deliveries[pick % this.#deliveries.length] as Modelled)
    const replayed = new Set(chosen.filter((delivery) => isOver(delivery) && !this.#isOvertaken(delivery)))
    const audit = { atMs: this.#nowMs, actor: 'operator-1', action: 'x', subject: 'y', details: {} }
    const deliveryIds = chosen.map(({ id }) => id)
    assert.equal(await this.#store.deliveryReplay({ deliveryIds, nowMs: this.#nowMs, audit }), replayed.size)
    for (const delivery of replayed)
      Object.assign(delivery, { state: 'pending', dueAtMs: this.#nowMs, attempts: 0, maybeSent: false })
  }

  async #mark(pick: number): Promise<void> {
    const delivery = this.#deliveries[pick % this.#deliveries.length]
    if (delivery === undefined) return
    const can = delivery.state === 'unknown' || delivery.state === 'dead'
    const audit = { atMs: this.#nowMs, actor: 'operator-1', action: 'x', subject: delivery.id, details: {} }
    const reason = { code: 'DELIVERY_CONFIRMED', words: '', owner: 'nobody' } as const
    assert.equal(await this.#store.deliveryMarkDelivered({ deliveryId: delivery.id, reason, audit }), can)
    if (can) delivery.state = 'delivered'
  }

  /** Everything that can be asked agrees with the model. */
  async #compare(): Promise<void> {
    for (const name of DESTINATIONS) {
      const destination = this.#named(name)
      const modelled = this.#deliveries.filter((delivery) => delivery.destination === destination)
      const stored = await this.#store.deliveryList({ destination, limit: 10_000 })
      assert.deepEqual(
        stored.map(({ id, state, held, attempts, dueAtMs }) => ({ id, state, held, attempts, dueAtMs })),
        modelled.map(({ id, state, attempts, dueAtMs }, index) => ({
          id,
          state,
          // Only an open delivery can be waited for, and only an open one waits.
          held: isOpen(modelled[index] as Modelled)
            ? this.#isHeld(modelled[index] as Modelled)
            : stored[index]?.held,
          attempts,
          dueAtMs,
        })),
      )
      const times = modelled
        .map((delivery) => this.#leasableAtMs(delivery))
        .filter((atMs) => atMs !== undefined)
      const nextMs = times.length === 0 ? undefined : Math.min(...times)
      assert.equal(await this.#store.deliveryNextDue({ destination, nowMs: this.#nowMs }), nextMs)
      const counts = await this.#store.deliveryCount({ destination })
      for (const state of DELIVERY_STATES) {
        assert.equal(counts[state], modelled.filter((delivery) => delivery.state === state).length)
      }
    }
  }

  /** At most one living lease per delivery, and never two deliveries of one case and destination under way. */
  #assertLivingLeasesApart(): void {
    const living = this.#deliveries.filter(
      ({ state, leaseUntilMs }) => state === 'leased' && leaseUntilMs > this.#nowMs,
    )
    const keys = living.map((delivery) => `${delivery.case} ${delivery.destination}`)
    assert.equal(new Set(keys).size, keys.length)
  }

  #holding({ delivery: { id }, fence }: LeasedDelivery): Modelled | undefined {
    return this.#deliveries.find((one) => one.id === id && one.state === 'leased' && one.fence === fence)
  }

  #isHeld(delivery: Modelled): boolean {
    const earlier = this.#deliveries.slice(0, this.#deliveries.indexOf(delivery))
    return earlier.some(
      (one) => one.case === delivery.case && one.destination === delivery.destination && isOpen(one),
    )
  }

  #isOvertaken(delivery: Modelled): boolean {
    const later = this.#deliveries.slice(this.#deliveries.indexOf(delivery) + 1)
    return later.some(
      (one) =>
        one.case === delivery.case && one.destination === delivery.destination && one.state === 'leased',
    )
  }

  #leasableAtMs(delivery: Modelled): number | undefined {
    if (this.#isHeld(delivery)) return undefined
    if (delivery.state === 'leased') return delivery.leaseUntilMs
    if (delivery.state === 'pending') return 0
    return delivery.state === 'waiting' ? delivery.dueAtMs : undefined
  }

  #named(destination: string): string {
    return `${destination}-${this.#run}`
  }
}

function isOpen({ state }: Modelled): boolean {
  return state !== 'delivered' && state !== 'cancelled'
}

function isFresh({ state }: Modelled): boolean {
  return state === 'pending'
}

function isOver({ state }: Modelled): boolean {
  return state !== 'pending' && state !== 'waiting' && state !== 'leased'
}

export function modelClause(current: Current): void {
  it('gives and keeps what the model does, over random histories', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
        const history = new History(current().store, run++)
        for (const step of steps) await history.take(step)
      }),
      { numRuns: 60 },
    )
  })
}
