import assert from 'node:assert/strict'
import type { OutboundSettings } from '../config/topology.ts'
import type { Link, Outbound } from '../contract/adapter.ts'
import { LinkLost, OutcomeUnknown, RetryLater } from '../contract/errors.ts'
import { anAcceptance, START_MS } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { settle, VirtualClock } from '../testing/virtual-clock.ts'
import { Destination } from './destination.ts'

const settings: OutboundSettings = {
  adapter: 'made-up',
  dedupes: true,
  queryable: false,
  concurrency: 4,
  timeoutMs: 15_000,
  retry: { firstMs: 2_000, factor: 2, maxMs: 600_000, jitter: 0.2, attempts: 1_000 },
  breakerFailures: 10,
  config: {},
}

const HOUR_MS = 3_600_000
const CASES = 40

type Behaviour = (signal: AbortSignal) => Promise<void>

const BROKEN: Record<string, Behaviour> = {
  'answers-500': async () => {
    throw new RetryLater('HTTP 500')
  },
  hangs: (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new OutcomeUnknown(String(signal.reason))))
    }),
  'refuses-connections': async () => {
    throw new LinkLost('connection refused')
  },
}

describe('one department that answers 500, one that hangs and one that refuses connections, for an hour', () => {
  it('delay nobody else’s cases, and get everything in order once they have recovered', async () => {
    const store = openMemoryStore()
    const clock = new VirtualClock(START_MS)
    let broken = true
    const delays: number[] = []
    const taken = new Map<string, string[]>()

    const open = (id: string): Destination => {
      const link: Link = {
        async deliver({ caseNo, sequence }: Outbound, signal: AbortSignal) {
          if (broken && BROKEN[id] !== undefined) await BROKEN[id](signal)
          taken.set(id, [...(taken.get(id) ?? []), `${caseNo}#${sequence}`])
          return {}
        },
        probe: async () => {},
        close: async () => {},
      }
      return new Destination({
        id,
        settings,
        calendar: [],
        store,
        clock,
        randomBytes: seededRandom(id.length),
        owner: 'me',
        log: { info() {}, warn() {}, error() {} },
        prepare: async ({ message }) => {
          if (id === 'healthy') delays.push(clock.now() - Date.parse(message.recordedat))
          return {
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
          }
        },
        openLink: async () => link,
      })
    }
    const ids = ['healthy', ...Object.keys(BROKEN)]
    const destinations = ids.map(open)
    for (const destination of destinations) destination.own({ fence: 1, untilMs: Number.POSITIVE_INFINITY })

    // Every case has two messages, and each goes to all four departments.
    for (let index = 0; index < CASES; index++) {
      for (const version of [1, 2]) {
        await store.messageAccept(
          anAcceptance({ caseNo: `case ${index}`, version, destinations: ids, recordedAtMs: clock.now() }),
        )
        for (const destination of destinations) destination.wake()
        await settle()
      }
      await clock.advance(HOUR_MS / CASES)
    }
    assert.equal(delays.length, CASES * 2)
    assert.equal(Math.max(...delays), 0, 'the healthy one got everything at the very instant')
    for (const id of Object.keys(BROKEN)) assert.equal(taken.get(id), undefined, id)

    broken = false
    await clock.advance(HOUR_MS)
    for (const id of ids) {
      const order = taken.get(id) ?? []
      assert.equal(order.length, CASES * 2, id)
      for (let index = 0; index < CASES; index++) {
        const mine = order.filter((name) => name.startsWith(`case ${index}#`))
        assert.deepEqual(mine, [`case ${index}#1`, `case ${index}#2`], id)
      }
    }
    await Promise.all(destinations.map((destination) => destination.stop()))
  })
})
