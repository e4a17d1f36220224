import assert from 'node:assert/strict'
import { StoreError } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'
import { START_MS } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { settle, VirtualClock } from '../testing/virtual-clock.ts'
import { CLAIM_MS, type Ownable, Ownership } from './ownership.ts'

const IDS = Array.from({ length: 12 }, (_, index) => `system-${index}`)

/** A destination that only remembers whose it is. */
class Stand implements Ownable {
  readonly waitsForLeases = false
  tenure: { readonly fence: number; readonly untilMs: number } | undefined
  /** What is under way; resting waits for it. */
  busy: Promise<void> = Promise.resolve()
  rests = 0

  own(tenure: { readonly fence: number; readonly untilMs: number }): void {
    this.tenure = tenure
  }

  lose(): void {
    this.tenure = undefined
  }

  async rest(): Promise<void> {
    this.rests++
    this.tenure = undefined
    await this.busy
  }

  async stop(): Promise<void> {
    await this.busy
  }
}

function aNode(
  node: string,
  store: Store,
  clock = new VirtualClock(START_MS),
  serves: readonly string[] = IDS,
) {
  const destinations = new Map(serves.map((id) => [id, new Stand()]))
  const warned: string[] = []
  const ownership = new Ownership({
    node,
    destinations,
    store,
    clock,
    claimMs: CLAIM_MS,
    log: { info() {}, warn: (_details, text) => void warned.push(text) },
  })
  const has = (): string[] =>
    [...destinations].flatMap(([id, { tenure }]) =>
      tenure !== undefined && clock.now() < tenure.untilMs ? [id] : [],
    )
  return { ownership, destinations, has, warned, clock }
}

describe('the ownership of destinations', () => {
  it('is one node’s alone while it is alone, and shared out when another comes, with what is under way ended first', async () => {
    const clock = new VirtualClock(START_MS)
    const store = openMemoryStore()
    const [first, second] = [aNode('a', store, clock), aNode('b', store, clock)]
    first.ownership.start()
    await clock.advance(CLAIM_MS)
    assert.deepEqual(first.has(), IDS)

    const finish: (() => void)[] = []
    for (const stand of first.destinations.values())
      stand.busy = new Promise((resolve) => finish.push(() => resolve()))
    second.ownership.start()
    await clock.advance(3 * CLAIM_MS)
    assert.deepEqual(second.has(), [], 'attempts of the first are still under way')
    const moved = [...first.destinations].flatMap(([id, { rests }]) => (rests > 0 ? [id] : []))
    assert.ok(moved.length > 0 && moved.length < IDS.length)
    for (const end of finish) end()
    await clock.advance(CLAIM_MS)
    assert.deepEqual(second.has(), moved)
    assert.deepEqual([...first.has(), ...second.has()].sort(), [...IDS].sort())
    await Promise.all([first.ownership.stop(), second.ownership.stop()])
  })

  it('passes from a node that died as soon as its time has run out, with a higher fence', async () => {
    const time = { clock: new VirtualClock(START_MS) }
    const store = openMemoryStore({ now: () => time.clock.now() })
    // A clock that nobody moves: the node does nothing any more.
    const dead = aNode('a', store)
    dead.ownership.start()
    await settle()
    const living = aNode('b', store, time.clock)
    living.ownership.start()
    await time.clock.advance(CLAIM_MS - 1)
    assert.deepEqual(living.has(), [])
    await time.clock.advance(1 + CLAIM_MS / 3)
    assert.deepEqual(living.has(), IDS)
    for (const { tenure } of living.destinations.values()) assert.equal(tenure?.fence, 2)

    dead.ownership.look()
    await settle()
    for (const { tenure } of dead.destinations.values()) assert.equal(tenure, undefined)
    await living.ownership.stop()
  })

  it('passes from a node that stops without any time going by', async () => {
    const clock = new VirtualClock(START_MS)
    const store = openMemoryStore()
    const [first, second] = [aNode('a', store, clock), aNode('b', store, clock)]
    const release = store.destinationRelease.bind(store)
    store.destinationRelease = async (request) => {
      await release(request)
      if (request.node === 'a') second.ownership.look()
    }
    first.ownership.start()
    second.ownership.start()
    await clock.advance(4 * CLAIM_MS)
    assert.ok(first.has().length > 0)
    await Promise.all([first.ownership.stop(), first.ownership.stop()])
    await settle()
    assert.deepEqual(second.has(), IDS)
    assert.equal(clock.now(), START_MS + 4 * CLAIM_MS)
    await second.ownership.stop()
    const { nodes } = await store.destinationClaim({
      node: 'c',
      serves: [],
      destinations: [],
      waitsForLeases: [],
      nowMs: clock.now(),
      leaseMs: 1,
    })
    assert.deepEqual(nodes, [{ node: 'c', serves: [] }])
  })

  it('goes to nobody who does not serve the destination', async () => {
    const clock = new VirtualClock(START_MS)
    const store = openMemoryStore()
    const whole = aNode('a', store, clock)
    const part = aNode('b', store, clock, IDS.slice(0, 3))
    whole.ownership.start()
    part.ownership.start()
    await clock.advance(4 * CLAIM_MS)
    assert.deepEqual([...whole.has(), ...part.has()].sort(), [...IDS].sort())
    assert.ok(part.has().every((id) => IDS.indexOf(id) < 3))
    await Promise.all([whole.ownership.stop(), part.ownership.stop()])
  })

  it('ends by itself while the store does not answer, and goes on under the same fence when it does again', async () => {
    const clock = new VirtualClock(START_MS)
    const store = openMemoryStore()
    const { ownership, has, destinations, warned } = aNode('a', store, clock)
    ownership.start()
    await settle()
    const claim = store.destinationClaim.bind(store)
    store.destinationClaim = async () => {
      throw new StoreError('STORE_UNAVAILABLE', 'gone')
    }
    await clock.advance(CLAIM_MS)
    assert.deepEqual(has(), [])
    assert.ok(warned.length > 1)
    store.destinationClaim = claim
    await clock.advance(1_000)
    assert.deepEqual(has(), IDS)
    for (const { tenure } of destinations.values()) assert.equal(tenure?.fence, 1)
    await ownership.stop()
  })

  it('stops though the store does not answer, asking it not once for each destination', async () => {
    const store = openMemoryStore()
    const { ownership, warned } = aNode('a', store)
    ownership.start()
    await settle()
    let asked = 0
    const fails = async () => {
      asked++
      throw new StoreError('STORE_UNAVAILABLE', 'gone')
    }
    store.destinationClaim = fails
    store.destinationRelease = fails
    await ownership.stop()
    assert.ok(asked >= 2 && asked <= 3, `${asked} calls`)
    assert.equal(warned.length, asked)
  })

  it('is for good where the store has one node: nothing is renewed', async () => {
    const clock = new VirtualClock(START_MS)
    const { ownership, has } = aNode('a', openMemoryStore({ soleNode: true }), clock)
    ownership.start()
    await settle()
    assert.equal(clock.nextAtMs, undefined)
    await clock.advance(100 * CLAIM_MS)
    assert.deepEqual(has(), IDS)
    await ownership.stop()
  })
})
