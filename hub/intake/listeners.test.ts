import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadTopology } from '../config/load-topology.ts'
import type { System } from '../config/topology.ts'
import type { AdapterKind } from '../contract/adapter.ts'
import { ConfigError } from '../contract/errors.ts'
import type { Listener } from '../contract/listener.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { type Listeners, openListeners } from './listeners.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const shipped = loadTopology(join(root, 'topology'), {})

describe('listeners', () => {
  let clock: VirtualClock
  let closed: string[]
  let logged: { readonly system?: string; readonly text: string }[]

  beforeEach(() => {
    clock = new VirtualClock()
    closed = []
    logged = []
  })

  const well = (name: string): Listener => ({
    status: () => ({ state: 'open', sinceMs: 7 }),
    close: async () => void closed.push(name),
  })

  /** A listener of each name, opened for a system of that name by a kind of that name. */
  function opened(listeners: Readonly<Record<string, () => Promise<Listener>>>): Promise<Listeners> {
    const note = (details: object, text: string): void => void logged.push({ ...details, text })
    const model = shipped.systems.get('city-411300') as System
    const kinds: AdapterKind[] = Object.entries(listeners).map(([name, listen]) => ({
      name,
      summary: name,
      configSchema: {},
      traits: { ordered: true, queryable: false },
      listenSchema: {},
      listen,
    }))
    const names = Object.keys(listeners)
    return openListeners({
      topology: {
        systems: new Map(
          names.map((id) => [id, { ...model, id, inbound: [{ adapter: id, config: {} }] } satisfies System]),
        ),
      },
      kinds,
      intake: { accept: () => assert.fail('nothing comes in') },
      formats: new Map(),
      store: { nonceRemember: async () => true },
      door: { mount: () => () => {} },
      clock,
      randomBytes: seededRandom(1),
      secret: () => assert.fail('no secret is named'),
      log: { info: note, warn: note, error: note },
    })
  }

  it('are all closed, and close without an error, where one of them cannot', async () => {
    const listeners = await opened({
      bad: async () => ({ ...well('bad'), close: () => Promise.reject(new Error('the loft is shut')) }),
      worse: async () => ({
        ...well('worse'),
        close() {
          throw new Error('at once')
        },
      }),
      good: async () => well('good'),
    })
    await listeners.close()
    assert.deepEqual(closed, ['good'])
    assert.deepEqual(
      logged.map(({ system, text }) => [system, text]),
      [
        ['worse', 'a listener failed to close'],
        ['bad', 'a listener failed to close'],
      ],
    )
  })

  it('wait ten seconds for one that does not close, then leave it behind and say so', async () => {
    const listeners = await opened({
      stuck: async () => ({ ...well('stuck'), close: () => new Promise<never>(() => {}) }),
      good: async () => well('good'),
    })
    let done = false
    const closing = listeners.close().then(() => (done = true))
    await clock.advance(9_999)
    assert.deepEqual([done, closed, logged], [false, ['good'], []])
    await clock.advance(1)
    await closing
    assert.deepEqual(
      logged.map(({ system, text }) => [system, text]),
      [['stuck', 'a listener does not close; left behind']],
    )
    assert.equal(clock.nextAtMs, undefined)
  })

  it('tell how the others are where one cannot tell', async () => {
    const listeners = await opened({
      bad: async () => ({
        ...well('bad'),
        status() {
          throw new Error('no status')
        },
      }),
      good: async () => well('good'),
    })
    assert.deepEqual(
      listeners.status().map(({ system, state }) => [system, state]),
      [
        ['bad', 'lost'],
        ['good', 'open'],
      ],
    )
    await listeners.close()
  })

  it('that fail to open are named, with their system and kind, and those before are closed', async () => {
    const plain = (): Promise<Listener> => Promise.reject(new TypeError('loft is undefined'))
    await assert.rejects(opened({ good: async () => well('good'), pigeon: plain }), (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /system pigeon, adapter pigeon: .*loft is undefined/)
      assert.ok(error.cause instanceof TypeError)
      return true
    })
    assert.deepEqual(closed, ['good'])
  })

  it('leave as it is what a kind itself says of its options', async () => {
    const own = new ConfigError([
      { file: 'adapter rest', path: '/bind', code: 'X', reason: 'r', remedy: 'm' },
    ])
    await assert.rejects(opened({ rest: () => Promise.reject(own) }), (error) => error === own)
  })
})
