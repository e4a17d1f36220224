/** The hub is killed without farewell in the middle of its work; the ledger says afterwards whether anything was lost or doubled. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WindowCase } from '../acceptance/window.ts'
import { readDeployment, secretNames } from '../deployment.ts'
import { machineTime } from '../time.ts'
import { anyCase } from './cases.ts'
import { endingOf, hasEnded } from './ending.ts'
import { type HubProcess, startHubProcess } from './hub-process.ts'
import { openProvince, type Province } from './province.ts'
import { keepSecrets } from './secrets.ts'

const CASES = 30
/** Of about 250 messages that the cases come to. */
const KILL_AFTER = [100]
const LIMIT_MS = 150_000

describe('killing the hub under load', function () {
  this.timeout(LIMIT_MS + 20_000)

  it('loses no acknowledged message, doubles no effect and keeps the order of every case', async () => {
    const limit = AbortSignal.timeout(LIMIT_MS)
    const dataDir = mkdtempSync(join(tmpdir(), 'hub-kill-'))
    const secretsFile = join(dataDir, 'secrets.json')
    const logFile = join(dataDir, 'hub.log')
    const deployment = readDeployment()
    const secrets = keepSecrets(secretsFile, secretNames(deployment))
    // Nobody listens there: what the simulators send before the hub is up is sent again, as after a kill.
    let hubAddress = 'http://127.0.0.1:9'
    let hub: HubProcess | undefined
    let province: Province | undefined
    try {
      province = await openProvince({
        deployment,
        secrets,
        hubAddress: () => hubAddress,
        port: 0,
        time: machineTime,
        seed: 20_261_123,
        pace: { leastMs: 0, mostMs: 40 },
      })
      const open = province
      const start = async (): Promise<HubProcess> => {
        const started = await startHubProcess({
          dataDir,
          secretsFile,
          simulatorsUrl: open.address,
          port: 0,
          logFile,
        })
        hubAddress = started.address
        return started
      }
      hub = await start()
      open.collect()
      const cases: WindowCase[] = []
      const handedIn = Promise.all(
        Array.from({ length: CASES }, async (_, number) => {
          const { region, visit } = anyCase(deployment, number, [
            'straight',
            'correction',
            'publicity',
            'refused',
          ])
          cases.push(await open.receive(region, visit))
        }),
      )
      for (const acknowledged of KILL_AFTER) {
        await open.ledger.until(() => open.ledger.report().acknowledged >= acknowledged, limit)
        await hub.kill()
        hub = await start()
      }
      await handedIn
      await open.ledger.until(() => cases.every((theCase) => hasEnded(open, theCase)), limit)
      let ending = await endingOf(open, cases)
      while (ending.deliveries.waiting > 0) {
        limit.throwIfAborted()
        await new Promise((resolve) => machineTime.after(50, () => resolve(undefined)))
        ending = await endingOf(open, cases)
      }
      assert.deepEqual(ending.stuck, [])
      assert.equal(ending.submitted, CASES)
      assert.deepEqual(
        { unknown: ending.deliveries.unknown, dead: ending.deliveries.dead },
        { unknown: 0, dead: 0 },
      )
      const { lost, doubled, misordered, unacknowledged, acknowledged, effects } = ending.report
      assert.deepEqual(
        { lost, doubled, misordered, unacknowledged },
        { lost: [], doubled: [], misordered: [], unacknowledged: [] },
      )
      assert.ok(
        acknowledged > (KILL_AFTER.at(-1) ?? 0),
        `only ${acknowledged} messages: the last kill came too late`,
      )
      assert.equal(effects, ending.deliveries.delivered)
    } catch (error) {
      console.error(readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n'))
      throw error
    } finally {
      await province?.close()
      await hub?.kill()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
