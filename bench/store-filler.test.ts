/** A bench on copies says something about the hub only where a copy is as good as what the store wrote itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anAcceptance, START_MS } from '../hub/store/fixtures.ts'
import { openSqliteStore } from '../hub/store/sqlite/sqlite-store.ts'
import { multiplyMessages } from './store-filler.ts'

describe('multiplyMessages', () => {
  it('makes copies that are counted, leased and told apart like the originals', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-filler-'))
    try {
      const file = join(folder, 'hub.sqlite')
      const store = await openSqliteStore({ file })
      for (let count = 0; count < 3; count++)
        await store.messageAccept(anAcceptance({ destinations: ['tax', 'police'] }))
      await store.close()
      assert.equal(multiplyMessages({ file, copies: 4 }), 30)

      const filled = await openSqliteStore({ file })
      const leased = await filled.deliveryLease({
        destination: 'tax',
        owner: 'node-a',
        limit: 100,
        retried: 0,
        nowMs: START_MS + 1_000,
        leaseMs: 30_000,
      })
      assert.equal(leased.length, 15)
      assert.equal(new Set(leased.map(({ delivery }) => delivery.id)).size, 15)
      for (const { delivery, message } of leased) {
        assert.deepEqual([message.id, message.subject], [delivery.messageId, delivery.caseNo])
        assert.ok(await filled.caseGet({ caseNo: delivery.caseNo }))
      }
      assert.equal((await filled.deliveryCount({})).pending, 15)
      await filled.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
