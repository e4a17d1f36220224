import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { StoreError } from '../../contract/errors.ts'
import { accept, acceptCase, deliveryNow, idsOf, lease, leaseOne, NOW_MS } from '../conformance/steps.ts'
import { aNewId, aSettlement } from '../fixtures.ts'
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('sole ownership of the embedded store', () => {
  let file: string
  let erase: () => Promise<void>
  const opened: SqliteStore[] = []

  beforeEach(async () => {
    ;({ file, erase } = await temporaryFolder())
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()))
    await erase()
  })

  const open = async (options: { readonly soleOwner?: boolean } = {}) => {
    const store = await openSqliteStore({ file, ...options })
    opened.push(store)
    return store
  }

  const refusesAnotherOwner = () =>
    assert.rejects(open({ soleOwner: true }), (error) => {
      assert.ok(error instanceof StoreError)
      assert.equal(error.code, 'STORE_BUSY')
      assert.ok(error.message.includes(`${file}-owner`), error.message)
      return true
    })

  it('refuses a second owner, naming the file, and gives the ownership on when the store is closed', async () => {
    const first = await open({ soleOwner: true })
    await refusesAnotherOwner()
    await refusesAnotherOwner()

    await accept(first)
    await first.close()
    const second = await open({ soleOwner: true })
    assert.equal((await second.deliveryCount({})).pending, 1)
  })

  it('does not keep out those who do not ask for it, and leaves their leases alone while it lasts', async () => {
    const owner = await open({ soleOwner: true })
    await accept(owner)
    const guest = await open()
    assert.equal((await guest.deliveryCount({})).pending, 1)
    const [leased] = await lease(guest, { owner: 'guest' })
    assert.ok(leased)

    assert.deepEqual(await lease(owner), [])
    assert.deepEqual(await guest.deliverySettle([aSettlement(leased)]), [true])
  })

  it('gives no lease back where the ownership is not asked for', async () => {
    const first = await open()
    await accept(first)
    await leaseOne(first)
    await first.close()

    assert.deepEqual(await lease(await open()), [])
  })

  it('does not take the ownership where the store cannot be opened', async () => {
    await assert.rejects(openSqliteStore({ file: join(file, 'none'), soleOwner: true }), {
      code: 'STORE_UNAVAILABLE',
    })
  })

  it('gives leases back as deliveryRelease does: what was attempted waits, the rest is pending', async () => {
    const before = await open({ soleOwner: true })
    const caseNo = aNewId()
    const [tried] = (await acceptCase(before, caseNo, 2)) as [string, string]
    await before.deliverySettle([
      aSettlement(await leaseOne(before), { state: 'waiting', dueAtMs: NOW_MS + 5 }),
    ])
    const waiting = await deliveryNow(before, caseNo, tried)
    const { case: row, deliveries } = await accept(before)
    const stale = await lease(before, { nowMs: NOW_MS + 5 })
    assert.equal(stale.length, 2)
    await before.close()

    const after = await open({ soleOwner: true })
    assert.deepEqual(await deliveryNow(after, caseNo, tried), waiting)
    assert.equal((await deliveryNow(after, row.caseNo, deliveries[0]?.id ?? '')).state, 'pending')
    const count = await after.deliveryCount({})
    assert.deepEqual([count.leased, count.waiting, count.pending], [0, 1, 2])
    assert.deepEqual(await after.deliverySettle(stale.map((one) => aSettlement(one))), [false, false])
  })

  it('belongs to nobody after kill -9, and what the dead owner had leased can be leased at once', async () => {
    const ids: string[] = []
    const before = await open()
    for (let count = 0; count < 3; count++) ids.push(...(await accept(before)).deliveries.map(({ id }) => id))
    await before.close()
    const owner = await ownerInAnotherProcess(file)
    assert.deepEqual(
      owner.leased.map(([id]) => id),
      ids,
    )
    await refusesAnotherOwner()
    owner.process.kill('SIGKILL')
    await once(owner.process, 'exit')

    const store = await open({ soleOwner: true })
    const leased = await lease(store)
    assert.deepEqual(idsOf(leased), ids)
    for (const [index, { fence }] of leased.entries()) {
      assert.ok(fence > (owner.leased[index]?.[1] as number), 'a fence grows')
    }
  })
})

async function ownerInAnotherProcess(
  file: string,
): Promise<{ readonly process: ChildProcess; readonly leased: [string, number][] }> {
  const script = join(import.meta.dirname, 'sole-owner-holder.ts')
  const child = spawn(process.execPath, [script, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { process: child, leased: JSON.parse(line) }
}
