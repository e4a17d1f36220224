import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import type { Store } from '../contract/store.ts'
import { accept } from './conformance/steps.ts'
import { openStore } from './open-store.ts'
import { describeOnPostgres, standingClock } from './postgres/test-schema.ts'
import { temporaryFolder } from './sqlite/temporary-folder.ts'

describe('opening the store that the settings name', () => {
  let dataDir: string
  let erase: () => Promise<void>
  const opened: Store[] = []

  beforeEach(async () => {
    const folder = await temporaryFolder()
    dataDir = dirname(folder.file)
    erase = folder.erase
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()))
    await erase()
  })

  const open = async (wanted: { readonly databaseUrl?: string; readonly soleOwner?: boolean } = {}) => {
    const store = await openStore({ dataDir, clock: standingClock, ...wanted })
    opened.push(store)
    return store
  }

  it('is the embedded one, owned by this process alone, where no database is named', async () => {
    const store = await open()
    await accept(store)

    assert.equal(store.traits.name, 'sqlite')
    await assert.rejects(open(), { code: 'STORE_BUSY' })
    const guest = await open({ soleOwner: false })
    assert.equal((await guest.deliveryCount({})).pending, 1)
  })

  describeOnPostgres('with PostgreSQL', process.env, (schema) => {
    it('is PostgreSQL where a database is named, and several may open it', async () => {
      const { url } = schema()
      const nodes = [await open({ databaseUrl: url }), await open({ databaseUrl: url })] as const
      await accept(nodes[0])

      assert.equal(nodes[0].traits.name, 'postgres')
      assert.equal((await nodes[1].deliveryCount({})).pending, 1)
    })
  })
})
