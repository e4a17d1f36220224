import assert from 'node:assert/strict'
import type { System } from '../config/topology.ts'
import { MappingError } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import { codecOf } from '../document/codec.ts'
import type { FormatPackage, OutboundMapping } from '../mapping/format-package.ts'
import { anAcceptance } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { prepare, type Waiting } from './prepare.ts'

const receiver = { id: 'housing', region: '410000', format: 'demo' } as System

/** A package whose documents say which version made them. */
function packageOf(version: string, types: readonly MessageType[]): FormatPackage {
  const outbound = types.map((type): [MessageType, OutboundMapping] => [
    type,
    {
      type,
      hints: {},
      hintsOf: () => ({}),
      map: async () => ({ madeBy: version }),
    } as unknown as OutboundMapping,
  ])
  return {
    id: 'demo',
    version,
    ...codecOf({ media: 'json', charset: 'utf-8', lists: [], embedded: [] }),
    outbound: new Map(outbound),
  } as unknown as FormatPackage
}

describe('preparing a delivery', () => {
  const warned: object[] = []
  const waitingFor = async (mappingVersion: string) => {
    const store = openMemoryStore()
    const acceptance = anAcceptance({ destinations: ['housing'] })
    await store.messageAccept({
      ...acceptance,
      deliveries: acceptance.deliveries.map((delivery) => ({ ...delivery, mappingVersion })),
    })
    const [entry] = await store.inboxRead({ system: 'housing', after: 0, limit: 1 })
    const waiting: Waiting = entry ?? assert.fail()
    const { type } = waiting.message
    const [old, current] = [packageOf('1.0.0+old', [type]), packageOf('2.0.0+new', [type])]
    const packages = {
      current: () => current,
      at: (id: string, version: string) =>
        [old, current].find((one) => id === 'demo' && one.version === version),
    }
    const log = { warn: (details: object) => void warned.push(details) }
    return prepare(waiting, receiver, { packages, store, clock: new VirtualClock(), log })
  }
  beforeEach(() => warned.splice(0))

  it('maps with the version that the delivery started with, although another is current', async () => {
    assert.deepEqual((await waitingFor('1.0.0+old')).document, { madeBy: '1.0.0+old' })
    assert.deepEqual((await waitingFor('2.0.0+new')).document, { madeBy: '2.0.0+new' })
    assert.deepEqual(warned, [])
  })

  it('maps with the current version where the other is no longer kept, and logs both', async () => {
    assert.deepEqual((await waitingFor('0.9.0+gone')).document, { madeBy: '2.0.0+new' })
    const [details] = warned as { wanted: string; used: string; delivery: string }[]
    assert.deepEqual([details?.wanted, details?.used], ['0.9.0+gone', '2.0.0+new'])
    assert.ok(details?.delivery)
  })

  it('refuses a type that its version has no mapping for', async () => {
    const store = openMemoryStore()
    await store.messageAccept(anAcceptance({ destinations: ['housing'] }))
    const [entry] = await store.inboxRead({ system: 'housing', after: 0, limit: 1 })
    const empty = packageOf('1', [])
    const packages = { current: () => empty, at: () => empty }
    await assert.rejects(
      prepare(entry ?? assert.fail(), receiver, {
        packages,
        store,
        clock: new VirtualClock(),
        log: { warn() {} },
      }),
      (error) => error instanceof MappingError && error.code === 'MAPPING_ABSENT',
    )
  })
})
