/** The hub is killed without farewell in the middle of its work; the ledger says afterwards whether anything was lost or doubled. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WindowCase } from '../acceptance/window.ts'
import { machineTime } from '../time.ts'
import { anyCase } from './cases.ts'
import { awaitEnding } from './ending.ts'
import { lastLines } from './hub-process.ts'
import { logFileIn, type Running, startRunning } from './running.ts'

const CASES = 30
/** Acknowledged messages at which the hub is killed; the cases come to about 220. */
const KILLS_AT = [50, 100, 150]
const LIMIT_MS = 90_000

describe('killing the hub under load', function () {
  this.timeout(LIMIT_MS + 20_000)

  it('loses no acknowledged message, doubles no effect and keeps the order of every case', async () => {
    const limit = AbortSignal.timeout(LIMIT_MS)
    const dataDir = mkdtempSync(join(tmpdir(), 'hub-kill-'))
    let running: Running | undefined
    try {
      running = await startRunning({ dataDir, port: 0, seed: 20_261_123, pace: { leastMs: 0, mostMs: 40 } })
      const { province } = running
      const { deployment, ledger } = province
      let acknowledged = 0
      ledger.watch({ acknowledged: () => acknowledged++ })
      const cases: WindowCase[] = []
      const handedIn = Promise.all(
        Array.from({ length: CASES }, async (_, number) => {
          const { region, visit } = anyCase(deployment, number, [
            'straight',
            'correction',
            'publicity',
            'refused',
          ])
          cases.push(await province.receive(region, visit))
        }),
      )
      for (const kill of KILLS_AT) {
        await ledger.until(() => acknowledged >= kill, limit)
        await running.killAndRestart()
      }
      await Promise.race([handedIn, once(limit, 'abort').then(() => Promise.reject(limit.reason))])
      const ending = await awaitEnding(province, cases, machineTime, limit)
      assert.deepEqual(ending.stuck, [])
      const { submitted, deliveries, report } = ending
      const { lost, doubled, misordered, unacknowledged, effects } = report
      assert.deepEqual(
        { lost, doubled, misordered, unacknowledged },
        { lost: [], doubled: [], misordered: [], unacknowledged: [] },
      )
      assert.deepEqual([submitted, deliveries.unknown, deliveries.dead], [CASES, 0, 0])
      assert.ok(
        report.acknowledged > (KILLS_AT.at(-1) as number) + CASES,
        `${report.acknowledged} messages: the last kill came too late`,
      )
      assert.equal(effects, deliveries.delivered)
    } catch (error) {
      console.error(lastLines(logFileIn(dataDir)).join('\n'))
      throw error
    } finally {
      await running?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
