/** Partners that stumble in every way they can, against a hub that runs: nothing may be lost, nothing done twice. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '../faults.ts'
import { machineTime } from '../time.ts'
import { annexCases } from './cases.ts'
import { awaitEnding } from './ending.ts'
import { type Running, startRunning } from './running.ts'

const LIMIT_MS = 60_000

/** Every kind of trouble but silence, which would take as long as the hub is patient. */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'housing-registration': [
    { kind: 'answer', status: 500, times: 1 },
    { kind: 'lose-answer', times: 2 },
    { kind: 'duplicate-callback', times: 4 },
  ],
  'city-410100': [
    { kind: 'refuse', times: 1 },
    { kind: 'lose-answer', times: 1 },
  ],
  'county-410526': [
    { kind: 'answer', status: 503, times: 1 },
    { kind: 'duplicate-callback', times: 2 },
  ],
}

describe('partners that stumble', function () {
  this.timeout(LIMIT_MS + 20_000)

  it('cost time, but no message and no second effect', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'hub-faults-'))
    let running: Running | undefined
    try {
      running = await startRunning({
        dataDir,
        port: 0,
        seed: 7,
        pace: { leastMs: 0, mostMs: 5 },
        faults: FAULTS,
      })
      const { province } = running
      const handedIn = annexCases(province.deployment).map(({ region, visit }) =>
        province.receive(region, visit),
      )
      const ending = await awaitEnding(
        province,
        await Promise.all(handedIn),
        machineTime,
        AbortSignal.timeout(LIMIT_MS),
      )
      assert.deepEqual(ending.stuck, [])
      assert.equal(ending.lost, 0)
      assert.ok(ending.report.arrivals > ending.report.effects, 'nothing came twice: the faults did not bite')
    } finally {
      await running?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
