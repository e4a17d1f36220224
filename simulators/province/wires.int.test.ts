/**
 * Every kind of connection at once, and between hub and partners a network that goes away: broker, exchange server and
 * front database are cut off in the middle, services hang, and then the hub is killed. Nothing may be lost or done twice, and the hub may not say
 * that all is well while it is not.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WindowCase } from '../acceptance/window.ts'
import { type FaultProxy, openFaultProxy } from '../fault-proxy.ts'
import type { Fault } from '../faults.ts'
import { person } from '../people.ts'
import { PLANS } from '../plan.ts'
import { BROKER, DATABASES, hostAndPort, needsServers, throughPort } from '../testing/servers.ts'
import { machineTime, pause, trueRandomBytes } from '../time.ts'
import { type HubClient, openConnections, openHubClient } from '../wire/hub-client.ts'
import { departmentCases } from './cases.ts'
import { awaitEnding } from './ending.ts'
import { lastLines } from './hub-process.ts'
import { logFileIn, type Running, secretsFileIn, startRunning } from './running.ts'

const LIMIT_MS = 110_000
/** Cases of each department. */
const ROUNDS = 3
/** Acknowledged messages at which the network goes away. */
const CUT_AT = 25
/** And at which the hub is killed without farewell; the cases come to about 90. */
const KILL_AT = 55

const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'human-resources': [
    { kind: 'hang', times: 1 },
    { kind: 'lose-answer', times: 2 },
    { kind: 'duplicate-callback', times: 2 },
  ],
  transport: [
    { kind: 'lose-answer', times: 2 },
    { kind: 'duplicate-callback', times: 2 },
  ],
  'natural-resources': [
    { kind: 'lose-answer', times: 2 },
    { kind: 'duplicate-callback', times: 2 },
  ],
  'market-regulation': [
    { kind: 'lose-answer', times: 2 },
    { kind: 'duplicate-callback', times: 2 },
  ],
}

interface ListenerView {
  readonly system: string
  readonly kind: string
  readonly state: string
  readonly words?: string
}

for (const engine of ['postgresql', 'mysql'] as const) {
  describe(`every kind of connection, cut off in the middle (${engine})`, function () {
    this.timeout(LIMIT_MS + 20_000)
    before(needsServers(BROKER, DATABASES[engine]))

    it('costs time, but no message and no second effect, and the hub says what is away', async () => {
      const limit = AbortSignal.timeout(LIMIT_MS)
      const dataDir = mkdtempSync(join(tmpdir(), 'hub-wires-'))
      const proxies: FaultProxy[] = []
      let running: Running | undefined
      try {
        running = await startRunning({
          dataDir,
          port: 0,
          seed: 11,
          pace: { leastMs: 0, mostMs: 20 },
          faults: FAULTS,
          environment: { HUB_AMQP_URL: BROKER, FRONT_DB_URL: DATABASES[engine], HUB_DATABASE_URL: '' },
          between: (wanted) => withProxies(wanted, proxies),
        })
        const { province } = running
        let acknowledged = 0
        province.ledger.watch({ acknowledged: () => acknowledged++ })
        const operator = operatorOf(running, dataDir)
        await listenersAre(operator, 'open', limit)

        const cases: WindowCase[] = []
        const handedIn = handInRounds(running, cases)
        handedIn.catch(() => undefined)
        await province.ledger.until(() => acknowledged >= CUT_AT, limit)
        for (const proxy of proxies) proxy.down()
        const away = await listenersAre(operator, 'lost', limit)
        for (const { words } of away) assert.ok(words, 'a listener that is lost says why')
        for (const proxy of proxies) proxy.up()
        await province.ledger.until(() => acknowledged >= KILL_AT, limit)
        await running.killAndRestart()
        await handedIn
        const ending = await awaitEnding(province, cases, machineTime, limit)

        assert.deepEqual(ending.stuck, [])
        const { lost, doubled, misordered, unacknowledged } = ending.report
        assert.deepEqual(
          { lost, doubled, misordered, unacknowledged },
          { lost: [], doubled: [], misordered: [], unacknowledged: [] },
        )
        assert.ok(
          ending.report.arrivals > ending.report.effects,
          'nothing came twice: the faults did not bite',
        )
        await listenersAre(operator, 'open', limit)
        const { totals } = await ask<{ totals: Record<string, number> }>(operator, '/v1/ops/summary')
        const { delivered, ...others } = totals
        assert.ok((delivered ?? 0) >= ending.deliveries.delivered)
        assert.deepEqual(
          Object.values(others).filter((count) => count > 0),
          [],
          JSON.stringify(totals),
        )
      } catch (error) {
        console.error(lastLines(logFileIn(dataDir)).join('\n'))
        throw error
      } finally {
        // Before the hub is asked to leave: a hub that cannot reach its partners takes longer.
        for (const proxy of proxies) proxy.up()
        await running?.stop()
        for (const proxy of proxies) await proxy.close()
        rmSync(dataDir, { recursive: true, force: true })
      }
    })
  })
}

/** Broker, database and exchange server behind a network each. */
async function withProxies(
  wanted: Readonly<Record<string, string>>,
  proxies: FaultProxy[],
): Promise<Record<string, string>> {
  const behind = async (address: string): Promise<number> => {
    const target = hostAndPort(address)
    const proxy = await openFaultProxy({ target: () => target, choose: () => undefined })
    proxies.push(proxy)
    return Number(new URL(proxy.address).port)
  }
  const { HUB_AMQP_URL = '', FRONT_DB_URL = '', SIMULATORS_SFTP_PORT = '' } = wanted
  return {
    ...wanted,
    HUB_AMQP_URL: throughPort(HUB_AMQP_URL, await behind(HUB_AMQP_URL)),
    FRONT_DB_URL: throughPort(FRONT_DB_URL, await behind(FRONT_DB_URL)),
    SIMULATORS_SFTP_PORT: String(await behind(`sftp://127.0.0.1:${SIMULATORS_SFTP_PORT}`)),
  }
}

async function handInRounds({ province }: Running, cases: WindowCase[]): Promise<void> {
  const plans = PLANS.filter((plan) => plan !== 'missing-materials')
  const found = departmentCases(province.deployment)
  for (let round = 0; round < ROUNDS; round++) {
    const taken = found.map(async ({ region, visit }, index) => {
      const number = round * found.length + index
      const plan = plans[number % plans.length] ?? 'straight'
      const applicant = person(500 + number)
      cases.push(await province.receive(region, { ...visit, applicant, plan }))
    })
    await Promise.all(taken)
  }
}

function operatorOf({ hub }: Running, dataDir: string): HubClient {
  const secrets = JSON.parse(readFileSync(secretsFileIn(dataDir), 'utf8')) as Record<string, string>
  return openHubClient({
    address: () => hub().address,
    key: { id: 'duty-operator-k1', algorithm: 'hmac-sm3', secret: secrets.OPERATOR_DUTY_KEY ?? '' },
    agent: openConnections(2),
    now: () => machineTime.now(),
    randomBytes: trueRandomBytes,
  })
}

async function ask<Answer>(operator: HubClient, target: string): Promise<Answer> {
  const { status, body } = await operator.call({ method: 'GET', target })
  assert.equal(status, 200, body.toString('utf8'))
  return JSON.parse(body.toString('utf8')) as Answer
}

/** Waits until every listener that goes out to its partner is in that state; those at the front door are always open. */
async function listenersAre(
  operator: HubClient,
  state: 'open' | 'lost',
  limit: AbortSignal,
): Promise<readonly ListenerView[]> {
  for (;;) {
    const { listeners } = await ask<{ listeners: ListenerView[] }>(operator, '/v1/ops/listeners')
    const going = listeners.filter(({ kind }) => kind !== 'soap' && kind !== 'rest')
    assert.ok(going.length >= 3, JSON.stringify(listeners))
    if (going.every((listener) => listener.state === state)) return going
    await pause(machineTime, 50, limit)
  }
}
