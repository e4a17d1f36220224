/** What a destination does when it comes from another owner, and goes to one. */
import assert from 'node:assert/strict'
import type { OutboundSettings } from '../config/topology.ts'
import type { Link, Outbound, Receipt } from '../contract/adapter.ts'
import { LinkLost, RetryLater, StoreError } from '../contract/errors.ts'
import type { Delivery } from '../contract/store.ts'
import { anAcceptance, START_MS } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { settle, VirtualClock } from '../testing/virtual-clock.ts'
import { Destination } from './destination.ts'

const HOUR_MS = 3_600_000
const FOR_GOOD = { fence: 1, untilMs: Number.POSITIVE_INFINITY }

const settings: OutboundSettings = {
  adapter: 'made-up',
  dedupes: false,
  queryable: false,
  concurrency: 2,
  timeoutMs: 5_000,
  retry: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0, attempts: 40 },
  breakerFailures: 100,
  config: {},
}

interface Receiver {
  readonly deliver?: (message: Outbound) => Promise<Receipt>
  readonly query?: () => Promise<Receipt | undefined>
}

function bench(receiver: Receiver = {}, manners: Partial<OutboundSettings> = {}) {
  const store = openMemoryStore()
  const clock = new VirtualClock(START_MS)
  const sent: string[] = []
  const destination = new Destination({
    id: 'housing',
    settings: { ...settings, ...manners },
    calendar: [],
    store,
    clock,
    randomBytes: seededRandom(1),
    owner: 'me',
    log: { info() {}, warn() {}, error() {} },
    prepare: async ({ message }) => ({
      document: {},
      outbound: {
        messageId: message.id,
        type: message.type,
        caseNo: message.subject,
        sequence: message.sequence,
        contentType: 'application/json',
        body: Buffer.from('{}'),
        hints: {},
      },
    }),
    openLink: async (): Promise<Link> => ({
      async deliver(message) {
        sent.push(message.caseNo)
        return receiver.deliver?.(message) ?? {}
      },
      ...(receiver.query === undefined ? {} : { query: receiver.query }),
      probe: async () => {},
      close: async () => {},
    }),
  })
  const accept = async (...cases: readonly string[]) => {
    for (const caseNo of cases)
      await store.messageAccept(
        anAcceptance({ caseNo, destinations: ['housing'], recordedAtMs: clock.now() }),
      )
  }
  const only = async (): Promise<Delivery> => {
    const [delivery] = await store.deliveryList({ destination: 'housing', limit: 1 })
    return delivery ?? assert.fail()
  }
  /** Another owner had them when it died. */
  const leftBehind = async (...cases: readonly string[]) => {
    await accept(...cases)
    const request = { destination: 'housing', owner: 'dead', limit: cases.length, retried: 0, leaseMs: 1 }
    assert.equal((await store.deliveryLease({ ...request, nowMs: clock.now() })).length, cases.length)
    await clock.advance(1)
  }
  return { store, clock, sent, destination, accept, only, leftBehind }
}

describe('a destination whose owner died', () => {
  it('sends nothing that may have been sent where nobody can tell, and says what to do', async () => {
    const { leftBehind, destination, sent, only, clock, store } = bench()
    await leftBehind('A')
    destination.own(FOR_GOOD)
    await clock.advance(HOUR_MS)
    assert.deepEqual(sent, [])
    const { state, attempts, reason, id } = await only()
    assert.deepEqual(
      [state, attempts, reason?.code, reason?.owner],
      ['unknown', 0, 'DELIVERY_OUTCOME_UNKNOWN', 'operator'],
    )
    assert.match(
      reason?.words ?? '',
      /earlier attempt.*Nothing was sent this time.*mark it delivered or replay/,
    )
    assert.deepEqual(
      (await store.attemptList({ deliveryId: id })).map(({ outcome }) => outcome),
      ['maybe-sent'],
    )
    await destination.stop()
  })

  it('asks a receiver that can be asked, and takes its word', async () => {
    for (const has of [true, false]) {
      const query = async () => (has ? { reference: 'ZJ1' } : undefined)
      const { leftBehind, destination, sent, only } = bench({ query }, { queryable: true })
      await leftBehind('A')
      destination.own(FOR_GOOD)
      await settle()
      assert.deepEqual(sent, has ? [] : ['A'])
      assert.deepEqual(
        [(await only()).state, (await only()).reference],
        ['delivered', has ? 'ZJ1' : undefined],
      )
      await destination.stop()
    }
  })

  it('asks again for as long as it gets no answer, and sends nothing until then', async () => {
    const failures = [new LinkLost('refused'), new RetryLater('busy'), new TypeError('x is undefined')]
    const query = async () => {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      return undefined
    }
    const { leftBehind, destination, sent, only, clock } = bench({ query }, { queryable: true })
    await leftBehind('A')
    destination.own(FOR_GOOD)
    await settle()
    for (const state of ['waiting', 'waiting', 'waiting']) {
      assert.deepEqual([(await only()).state, sent], [state, []])
      await clock.advance(failures.length === 2 ? 1_000 : 4_000)
      if (failures.length === 0) break
    }
    await clock.advance(HOUR_MS)
    assert.deepEqual([sent, (await only()).state], [['A'], 'delivered'])
    await destination.stop()
  })

  it('sends again at once to a receiver that drops repeats', async () => {
    const { leftBehind, destination, sent, only } = bench({}, { dedupes: true })
    await leftBehind('A')
    destination.own(FOR_GOOD)
    await settle()
    assert.deepEqual([sent, (await only()).state], [['A'], 'delivered'])
    await destination.stop()
  })

  it('takes up its rate without what was saved', async () => {
    const rate = { perSecond: 1, burst: 3 }
    const { accept, destination, sent, clock } = bench({}, { rate })
    await accept('A', 'B', 'C', 'D')
    destination.own({ ...FOR_GOOD, fence: 2 })
    await clock.advance(0)
    assert.equal(sent.length, 0)
    await clock.advance(2_000)
    assert.equal(sent.length, 2)
    await destination.stop()
  })
})

describe('a destination where a repetition is not recognised', () => {
  it('leases nothing but what begins at once', async () => {
    const finish: (() => void)[] = []
    const deliver = () => new Promise<Receipt>((resolve) => finish.push(() => resolve({})))
    const { accept, destination, store } = bench({ deliver })
    await accept('A', 'B', 'C', 'D', 'E')
    destination.own(FOR_GOOD)
    await settle()
    const { leased, pending } = await store.deliveryCount({})
    assert.deepEqual([leased, pending], [2, 3])
    const stopped = destination.stop()
    for (const end of finish) end()
    await stopped
  })

  it('leases no more than its rate allows', async () => {
    const { accept, destination, store, sent, clock } = bench({}, { rate: { perSecond: 1, burst: 1 } })
    await accept('A', 'B', 'C')
    destination.own(FOR_GOOD)
    await settle()
    const { leased, pending } = await store.deliveryCount({})
    assert.deepEqual([sent, leased, pending], [['A'], 0, 2])
    await clock.advance(5_000)
    assert.deepEqual(sent, ['A', 'B', 'C'])
    await destination.stop()
  })
})

describe('a destination that passes to another owner', () => {
  it('begins nothing after its time, and goes on when it is renewed', async () => {
    const { accept, destination, sent, clock } = bench()
    destination.own({ fence: 1, untilMs: START_MS + 1_000 })
    await clock.advance(1_000)
    await accept('A')
    destination.wake()
    await clock.advance(HOUR_MS)
    assert.deepEqual(sent, [])
    destination.own({ fence: 1, untilMs: clock.now() + 1_000 })
    await settle()
    assert.deepEqual(sent, ['A'])
    await destination.stop()
  })

  it('lets what is under way end, gives back the rest, and begins nothing until it is owned again', async () => {
    const finish: (() => void)[] = []
    const deliver = () => new Promise<Receipt>((resolve) => finish.push(() => resolve({})))
    const { accept, destination, sent, store, clock } = bench({ deliver }, { dedupes: true })
    await accept('A', 'B', 'C', 'D')
    destination.own(FOR_GOOD)
    await settle()
    let rested = false
    const resting = destination.rest().then(() => {
      rested = true
    })
    await clock.advance(1_000)
    assert.deepEqual([rested, (await store.deliveryCount({})).pending], [false, 2])
    for (const end of finish) end()
    await resting
    destination.wake()
    await clock.advance(HOUR_MS)
    assert.equal(sent.length, 2)
    assert.equal((await store.deliveryCount({})).delivered, 2)
    destination.own({ ...FOR_GOOD, fence: 3 })
    await settle()
    assert.equal(sent.length, 4)
    for (const end of finish) end()
    await destination.stop()
  })

  it('does not send what it had made ready when it was lost', async () => {
    const { accept, destination, sent, store } = bench()
    const lease = store.deliveryLease.bind(store)
    store.deliveryLease = async (request) => {
      const leased = await lease(request)
      destination.lose()
      return leased
    }
    await accept('A')
    destination.own(FOR_GOOD)
    await settle()
    assert.deepEqual([sent, (await store.deliveryCount({})).pending], [[], 1])
    await destination.stop()
  })
})

describe('a receipt that the store does not take at once', () => {
  it('is told again until it does, and the receiver is left alone', async () => {
    const { accept, destination, sent, only, clock, store } = bench()
    const settleIt = store.deliverySettle.bind(store)
    let refused = 0
    store.deliverySettle = async (settlements) => {
      if (refused++ < 5) throw new StoreError('STORE_BUSY', 'busy')
      return settleIt(settlements)
    }
    await accept('A')
    destination.own(FOR_GOOD)
    await clock.advance(20_000)
    assert.equal((await only()).state, 'leased')
    await clock.advance(20_000)
    assert.deepEqual([sent, (await only()).state, refused], [['A'], 'delivered', 6])
    await destination.stop()
  })

  it('is told under the new lease where the old one ran out and came to the same owner, whose answer is late or was lost', async () => {
    for (const isLost of [false, true]) {
      const { accept, destination, sent, only, clock, store } = bench()
      const [settleIt, lease] = [store.deliverySettle.bind(store), store.deliveryLease.bind(store)]
      let leases = 0
      store.deliveryLease = async (request) => {
        const leased = await lease(request)
        if (leased.length === 0 || ++leases !== 2) return leased
        if (isLost) throw new StoreError('STORE_UNAVAILABLE', 'cut off')
        await new Promise<void>((resolve) => clock.after(5_000, resolve))
        return leased
      }
      let isSlow = true
      store.deliverySettle = async (settlements) => {
        // The lease of 40 s ends first; and then the word under its fence comes too late.
        if (isSlow) await new Promise<void>((resolve) => clock.after(42_000, resolve))
        isSlow = false
        return settleIt(settlements)
      }
      await accept('A')
      destination.own(FOR_GOOD)
      await clock.advance(41_000)
      destination.wake()
      await clock.advance(HOUR_MS)
      assert.ok(leases >= 2)
      assert.deepEqual([sent, (await only()).state], [['A'], 'delivered'])
      await destination.stop()
    }
  })

  it('is given up when the hub stops, and is doubtful to the next owner', async () => {
    const { accept, destination, sent, clock, store } = bench()
    store.deliverySettle = async () => {
      throw new StoreError('STORE_UNAVAILABLE', 'gone')
    }
    await accept('A')
    destination.own(FOR_GOOD)
    await settle()
    const stopped = destination.stop()
    await clock.advance(10_000)
    await stopped
    const request = { destination: 'housing', owner: 'next', limit: 1, retried: 0, leaseMs: 1 }
    const [left] = await store.deliveryLease({ ...request, nowMs: clock.now() + HOUR_MS })
    assert.deepEqual([sent, left?.maybeSent], [['A'], true])
  })
})

describe('a destination that has recovered', () => {
  it('gives fresh deliveries most places and retried ones their share, one at a time or many', async () => {
    for (const manners of [
      { concurrency: 1, dedupes: false },
      { concurrency: 4, dedupes: true },
    ]) {
      let busy = true
      const deliver = async (): Promise<Receipt> => {
        if (busy) throw new RetryLater('busy', { afterMs: 1_000 })
        return {}
      }
      const { accept, destination, sent, clock } = bench({ deliver }, manners)
      const old = Array.from({ length: 60 }, (_, index) => `old ${index}`)
      await accept(...old)
      destination.own(FOR_GOOD)
      await settle()
      assert.equal(sent.splice(0).length, old.length)
      destination.own({ fence: 1, untilMs: clock.now() })
      await clock.advance(2_000)
      busy = false
      await accept(...Array.from({ length: 60 }, (_, index) => `new ${index}`))
      destination.own(FOR_GOOD)
      await settle(200)
      const firstOnes = sent.slice(0, 40).filter((name) => name.startsWith('new')).length
      assert.ok(firstOnes >= 28 && firstOnes <= 32, `${firstOnes} of the first 40 were fresh`)
      assert.equal(new Set(sent).size, 120)
      await destination.stop()
    }
  })
})
