import assert from 'node:assert/strict'
import type { OutboundSettings } from '../config/topology.ts'
import type { Link, Outbound } from '../contract/adapter.ts'
import { LinkLost, MappingError, OutcomeUnknown, Rejected, RetryLater } from '../contract/errors.ts'
import type { Delivery, LeasedDelivery } from '../contract/store.ts'
import { anAcceptance, START_MS } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { settle, VirtualClock } from '../testing/virtual-clock.ts'
import { Destination } from './destination.ts'
import type { Prepared } from './prepare.ts'

const settings = {
  adapter: 'made-up',
  dedupes: true,
  queryable: false,
  concurrency: 2,
  timeoutMs: 5_000,
  retry: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0, attempts: 4 },
  breakerFailures: 10,
  config: {},
}

type Behaviour = (message: Outbound, signal: AbortSignal) => Promise<object>

/** A destination with a made-up kind of link: the dispatcher must not care what it is. */
function bench(
  behaviour: Behaviour,
  options: {
    dedupes?: boolean
    settings?: Partial<OutboundSettings>
    prepare?: (leased: LeasedDelivery) => Promise<Prepared>
  } = {},
) {
  const store = openMemoryStore()
  const clock = new VirtualClock(START_MS)
  const sent: string[] = []
  const logged: string[] = []
  const log = (level: string) => (_details: object, text: string) => void logged.push(`${level}: ${text}`)
  let opened = 0
  let closed = 0
  const link: Link = {
    async deliver(message, signal) {
      sent.push(`${message.caseNo}#${message.sequence}`)
      return behaviour(message, signal)
    },
    probe: async () => {},
    close: async () => void closed++,
  }
  const destination = new Destination({
    id: 'housing',
    settings: { ...settings, dedupes: options.dedupes ?? true, ...options.settings },
    calendar: [],
    store,
    clock,
    randomBytes: seededRandom(1),
    owner: 'me',
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    prepare:
      options.prepare ??
      (async ({ message }) => ({
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
      })),
    openLink: async () => {
      opened++
      return link
    },
  })
  destination.own({ fence: 1, untilMs: Number.POSITIVE_INFINITY })
  const accept = async (caseNo: string, version = 1) => {
    await store.messageAccept(anAcceptance({ caseNo, version, destinations: ['housing'] }))
    destination.wake()
  }
  const states = async (): Promise<string[]> =>
    (await store.deliveryList({ destination: 'housing', limit: 100 })).map(
      ({ caseNo, sequence, state }) => `${caseNo}#${sequence} ${state}`,
    )
  const only = async (): Promise<Delivery> => {
    const [delivery] = await store.deliveryList({ destination: 'housing', limit: 1 })
    assert.ok(delivery)
    return delivery
  }
  return { store, clock, destination, accept, sent, logged, states, only, links: () => ({ opened, closed }) }
}

const takes: Behaviour = async () => ({ reference: 'ZJ1' })

describe('a destination', () => {
  it('delivers what is accepted and keeps the receiver’s number', async () => {
    const { accept, only, store, destination } = bench(takes)
    await accept('A')
    await settle()
    const { state, attempts, reference, id } = await only()
    assert.deepEqual({ state, attempts, reference }, { state: 'delivered', attempts: 1, reference: 'ZJ1' })
    assert.equal((await store.attemptList({ deliveryId: id })).length, 1)
    await destination.stop()
  })

  it('keeps the order of a case while strangers overtake a stuck one', async () => {
    const { accept, sent, clock, states, destination } = bench(async (message) => {
      if (message.caseNo === 'A' && message.sequence === 1 && clock.now() < START_MS + 500)
        throw new RetryLater('busy')
      return {}
    })
    await accept('A')
    await accept('A', 2)
    await accept('B')
    await settle()
    assert.deepEqual(sent, ['A#1', 'B#1'])
    await clock.advance(1_100)
    assert.deepEqual(sent, ['A#1', 'B#1', 'A#1', 'A#2'])
    assert.ok((await states()).every((state) => state.endsWith('delivered')))
    await destination.stop()
  })

  it('waits longer each time, then makes a dead letter that explains itself and holds only its own case', async () => {
    const { accept, sent, clock, only, states, store, destination } = bench(async ({ caseNo }) => {
      if (caseNo === 'A') throw new RetryLater('HTTP 500 busy', { answer: Buffer.from('later') })
      return {}
    })
    await accept('A')
    await accept('A', 2)
    const attemptsBy = async (ms: number): Promise<number> => {
      await clock.advance(ms)
      return sent.filter((name) => name === 'A#1').length
    }
    assert.equal(await attemptsBy(0), 1)
    assert.equal(await attemptsBy(999), 1)
    assert.equal(await attemptsBy(1), 2)
    assert.equal(await attemptsBy(2_000), 3)
    assert.equal(await attemptsBy(4_000), 4)
    assert.equal(await attemptsBy(3_600_000), 4)
    const dead = await only()
    assert.deepEqual([dead.state, dead.reason?.code], ['dead', 'DELIVERY_GIVEN_UP'])
    const attempts = await store.attemptList({ deliveryId: dead.id })
    assert.equal(attempts.length, 4)
    assert.deepEqual(
      [
        attempts[3]?.outcome,
        Buffer.from(attempts[3]?.sent ?? []).toString(),
        Buffer.from(attempts[3]?.answered ?? []).toString(),
      ],
      ['retry-later', '{}', 'later'],
    )
    await accept('B')
    await settle()
    assert.deepEqual(await states(), ['A#1 dead', 'A#2 pending', 'B#1 delivered'])
    await destination.stop()
  })

  it('pauses as a whole when its link is lost, counts nothing, and opens a new link', async () => {
    let down = true
    const { accept, sent, clock, only, links, destination } = bench(async () => {
      if (down) throw new LinkLost('could not connect')
      return {}
    })
    await accept('A')
    await clock.advance(10_000)
    const tries = sent.length
    assert.ok(tries >= 3 && tries <= 5, `${tries} tries in 10 s`)
    await accept('B')
    await settle()
    assert.equal(sent.length, tries, 'nothing new is tried while the link is down')
    down = false
    await clock.advance(60_000)
    const { state, attempts } = await only()
    assert.deepEqual({ state, attempts }, { state: 'delivered', attempts: 1 })
    assert.ok(sent.includes('B#1'))
    assert.equal(links().opened - links().closed, 1)
    await destination.stop()
    assert.equal(links().opened, links().closed)
  })

  it('parks an unknown outcome where the receiver cannot tell repeats, and never sends it twice', async () => {
    const { accept, sent, clock, only, destination } = bench(
      async () => {
        throw new OutcomeUnknown('connection cut after sending')
      },
      { dedupes: false },
    )
    await accept('A')
    await clock.advance(3_600_000)
    assert.deepEqual(sent, ['A#1'])
    assert.equal((await only()).state, 'unknown')
    await destination.stop()
  })

  it('aborts an attempt that takes too long', async () => {
    const { accept, clock, only, destination } = bench(
      (_message, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new OutcomeUnknown(String(signal.reason))))
        }),
      { dedupes: false },
    )
    await accept('A')
    await clock.advance(4_999)
    assert.equal((await only()).state, 'leased')
    await clock.advance(1)
    assert.equal((await only()).state, 'unknown')
    await destination.stop()
  })

  it('gives a refusal and an impossible mapping to the integrator without a second try', async () => {
    const refused = bench(async () => {
      throw new Rejected('contract', 'no such item')
    })
    await refused.accept('A')
    await refused.clock.advance(3_600_000)
    assert.deepEqual(
      [refused.sent.length, (await refused.only()).state, (await refused.only()).reason?.owner],
      [1, 'dead', 'integrator'],
    )
    await refused.destination.stop()

    const unmappable = bench(takes, {
      prepare: async () => {
        throw new MappingError('MAPPING_CODE_UNMAPPED', 'certificate 990 has no counterpart')
      },
    })
    await unmappable.accept('A')
    await settle()
    assert.deepEqual(
      [unmappable.sent.length, (await unmappable.only()).reason?.code],
      [0, 'DELIVERY_UNMAPPABLE'],
    )
    await unmappable.destination.stop()
  })

  it('treats an error that no adapter should throw as an unknown outcome, loudly', async () => {
    const { accept, only, logged, destination } = bench(
      async () => {
        throw new TypeError('x is undefined')
      },
      { dedupes: false },
    )
    await accept('A')
    await settle()
    assert.equal((await only()).state, 'unknown')
    assert.ok(
      logged.some((line) =>
        line.startsWith('error: an attempt ended in an error that no adapter should throw'),
      ),
    )
    await destination.stop()
  })

  it('keeps to its rate and to the partner’s hours', async () => {
    const { accept, sent, clock, destination } = bench(takes, {
      settings: { rate: { perSecond: 1, burst: 2 }, hours: { from: '08:30', to: '10:00', days: 'all' } },
    })
    // The fixtures begin at 10:00, when the partner has just closed.
    for (const caseNo of ['A', 'B', 'C', 'D']) await accept(caseNo)
    await clock.advance(22.5 * 3_600_000 - 1)
    assert.deepEqual(sent, [])
    await clock.advance(1)
    assert.deepEqual(sent, ['A#1', 'B#1'])
    await clock.advance(999)
    assert.equal(sent.length, 2)
    await clock.advance(1_001)
    assert.deepEqual(sent, ['A#1', 'B#1', 'C#1', 'D#1'])
    await destination.stop()
  })

  it('leaves a receiver that keeps failing alone, and probes with one message before it goes on', async () => {
    let broken = true
    const { accept, sent, clock, destination } = bench(
      async () => {
        if (broken) throw new RetryLater('HTTP 500')
        return {}
      },
      { settings: { breakerFailures: 3, concurrency: 1 } },
    )
    for (let index = 0; index < 20; index++) await accept(`case ${index}`)
    await settle()
    assert.equal(sent.length, 3, 'three strangers found out; the rest were spared')
    await clock.advance(1_000)
    assert.equal(sent.length, 4, 'one probe')
    broken = false
    await clock.advance(60_000)
    assert.ok(new Set(sent).size === 20)
    await destination.stop()
  })

  it('gives back what waited behind a slow receiver until its lease had no time left for an attempt', async () => {
    const { store, sent, clock, destination, logged } = bench(
      () => new Promise((resolve) => clock.after(19_000, () => resolve({}))),
      { settings: { concurrency: 2, timeoutMs: 20_000 } },
    )
    const cases = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']
    for (const caseNo of cases) await store.messageAccept(anAcceptance({ caseNo, destinations: ['housing'] }))
    destination.wake()
    // All are leased at once, for 70 s; the last attempts go on from 57 s until 76 s.
    await clock.advance(120_000)
    assert.deepEqual(
      sent.sort(),
      cases.map((caseNo) => `${caseNo}#1`),
    )
    assert.deepEqual(logged, [], 'no lease passed to another owner')
    await destination.stop()
  })

  it('does not make an attempt twice at once when its own lease runs out under it', async () => {
    const { accept, sent, clock, destination, only, logged } = bench(
      // Deaf to the signal, as if the process had stood still.
      () => new Promise((resolve) => clock.after(120_000, () => resolve({ reference: 'ZJ1' }))),
      { dedupes: false },
    )
    await accept('A')
    await clock.advance(119_000)
    // The lease ran out after 40 s; something wakes the destination.
    await accept('B')
    await clock.advance(400_000)
    assert.deepEqual(sent, ['A#1', 'B#1'])
    assert.deepEqual([(await only()).state, (await only()).reference], ['delivered', 'ZJ1'])
    assert.deepEqual(logged, [])
    await destination.stop()
  })

  it('starts nothing after the partner has closed, not even what was leased before', async () => {
    const { store, sent, clock, destination, states } = bench(
      () => new Promise((resolve) => clock.after(5_000, () => resolve({}))),
      { settings: { hours: { from: '08:30', to: '10:01', days: 'all' } } },
    )
    const cases = Array.from({ length: 60 }, (_, index) => `case ${index}`)
    for (const caseNo of cases) await store.messageAccept(anAcceptance({ caseNo, destinations: ['housing'] }))
    destination.wake()
    await clock.advance(3_600_000)
    // Two at a time, begun every five seconds, the last at 55 s.
    assert.equal(sent.length, 24)
    assert.equal((await states()).filter((state) => state.endsWith('pending')).length, 36)
    await destination.stop()
  })

  it('stops twice, lets the attempt under way end and gives the rest back', async () => {
    const finish: (() => void)[] = []
    const { accept, destination, states, store, clock } = bench(
      () => new Promise((resolve) => finish.push(() => resolve({}))),
    )
    for (const caseNo of ['A', 'B', 'C', 'D']) await accept(caseNo)
    await settle()
    const stopped = Promise.all([destination.stop(), destination.stop()])
    await settle()
    assert.equal(finish.length, 2, 'no attempt is started after stop')
    for (const end of finish) end()
    await stopped
    assert.deepEqual(await states(), ['A#1 delivered', 'B#1 delivered', 'C#1 pending', 'D#1 pending'])
    const again = await store.deliveryLease({
      destination: 'housing',
      owner: 'other',
      limit: 10,
      retried: 0,
      nowMs: clock.now(),
      leaseMs: 1,
    })
    assert.equal(again.length, 2)
  })
})
