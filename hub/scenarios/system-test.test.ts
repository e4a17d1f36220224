import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeOperationsClient } from '../api/operations-client.ts'
import { loadKinds, readConfiguration, systemClock } from '../main.ts'
import type { ToolHost } from '../mapping/tools/tool-host.ts'
import { systemCommand } from '../operations/system-command.ts'
import type { Finding } from '../operations/system-test.ts'
import { openHub, type RunningHub } from '../testing/running-hub.ts'

const SECRETS = { CITY_411300_KEY: 'tests only', CITY_411300_TIF: 'tests only' }

describe('hub system test', function () {
  this.timeout(20_000)
  let partner: Server
  let answer: { readonly status: number; readonly aheadMs?: number }
  let asked: string[]

  beforeEach(async () => {
    asked = []
    answer = { status: 204 }
    partner = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.setHeader('date', new Date(Date.now() + (answer.aheadMs ?? 0)).toUTCString())
      response.writeHead(answer.status).end()
    })
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    partner.closeAllConnections()
    await new Promise((resolve) => partner.close(resolve))
  })

  async function run(
    id: string,
    change: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly findings: readonly Finding[]; readonly said: string }> {
    const address = `http://127.0.0.1:${(partner.address() as AddressInfo).port}`
    const environment = { SIMULATORS_URL: address, HUB_PORT: '9', ...SECRETS, ...change }
    const said: string[] = []
    let code = -1
    const host: ToolHost = {
      environment,
      clock: systemClock,
      user: 'tester',
      print: (text) => said.push(text),
      complain: (text) => said.push(text),
      finish: (given) => {
        code = given
      },
      stopping: new AbortController().signal,
    }
    const command = systemCommand(host, {
      ask: makeOperationsClient(environment, systemClock, randomBytes),
      randomBytes,
      readAll: async () => {
        const kinds = await loadKinds(environment)
        return { kinds, report: readConfiguration(environment, { secrets: false, kinds }) }
      },
    })
    await command.parseAsync(['test', id, '--json'], { from: 'user' })
    const report = code === 2 ? { findings: [] } : JSON.parse(said.join(''))
    return { code, findings: report.findings, said: said.join('\n') }
  }

  const verdicts = (findings: readonly Finding[]): string[] =>
    findings.map(({ step, verdict }) => `${step} ${verdict}`)

  it('finds nothing wrong with a system that answers, and leaves nothing there', async () => {
    answer = { status: 204 }
    const { code, findings } = await run('city-411300')
    assert.deepEqual(verdicts(findings), [
      'secrets ok',
      'secrets ok',
      'address ok',
      'credentials ok',
      'clock ok',
      'listener not-known',
      'format ok',
    ])
    assert.equal(code, 0)
    assert.ok(asked.length > 0 && asked.every((line) => line === 'OPTIONS /city-411300'), asked.join())
  })

  it('names a secret that is missing, and does not call without it', async () => {
    const { code, findings } = await run('city-411300', { CITY_411300_KEY: '' })
    assert.equal(code, 1)
    assert.match(findings[0]?.words ?? '', /no secret CITY_411300_KEY/)
    assert.deepEqual(verdicts(findings).slice(0, 3), ['secrets wrong', 'secrets ok', 'address not-known'])
    assert.deepEqual(asked, [])
  })

  it('tells a clock that is ahead by how much, and an endpoint that is busy or not there', async () => {
    answer = { status: 204, aheadMs: 600_000 }
    const ahead = await run('city-411300')
    assert.equal(ahead.code, 1)
    const clock = ahead.findings.find(({ step }) => step === 'clock')
    assert.match(clock?.words ?? '', /(59[89]|600)\.\d s ahead of ours/)
    assert.match(clock?.fix ?? '', /beyond 300 s/)
    answer = { status: 503 }
    assert.match((await run('city-411300')).findings[2]?.fix ?? '', /takes nothing now/)
    const gone = await run('city-411300', { SIMULATORS_URL: 'http://127.0.0.1:9' })
    assert.match(gone.findings[2]?.fix ?? '', /host and port, the allow-list, and the firewall/)
  })

  it('says of a system with a mailbox that nothing is called, and of an unknown one that there is none', async () => {
    const { code, findings } = await run('county-411729', { COUNTY_411729_KEY: 'x' })
    assert.equal(code, 0)
    assert.match(findings[1]?.words ?? '', /collects its messages/)
    const unknown = await run('city-999999')
    assert.deepEqual([unknown.code, /no system city-999999/.test(unknown.said)], [2, true])
  })

  describe('beside a running hub', () => {
    let hub: RunningHub

    beforeEach(async () => {
      hub = await openHub({ partnersUrl: 'http://127.0.0.1:9' })
    })

    afterEach(() => hub.stop())

    it('tells how the system’s listeners are', async () => {
      const { findings } = await run('city-411300', {
        HUB_PORT: new URL(hub.address).port,
        OPERATOR_DUTY_KEY: 'secret of duty-operator-k1 for tests only',
      })
      const listener = findings.find(({ step }) => step === 'listener')
      assert.deepEqual([listener?.verdict, listener?.words], ['ok', 'rest is open.'])
    })
  })
})
