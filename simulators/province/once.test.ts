/** `npm start -- --once` as a user runs it: the hub and the province as processes, all cases, one verdict. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { readDeployment } from '../deployment.ts'
import { endOf } from '../plan.ts'
import { BROKER, DATABASES, needsServers } from '../testing/servers.ts'
import { annexCases, departmentCases } from './cases.ts'
import { type KindsAtWork, kindsAtWork } from './kinds.ts'

const START = join(import.meta.dirname, 'start.ts')

async function start(
  option: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [START, option], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: code as number, stdout, stderr }
}

describe('npm start -- --once', function () {
  this.timeout(90_000)

  const takesEveryCase = async (servers: Readonly<Record<string, string>>): Promise<KindsAtWork> => {
    const { code, stdout, stderr } = await start('--once', servers)
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    const lines = stdout.trimEnd().split('\n')
    const summary = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>
    const deployment = readDeployment(undefined, { ...servers, SIMULATORS_SFTP_HOST: '127.0.0.1' })
    const cases = [...annexCases(deployment), ...departmentCases(deployment)]
    const ends = cases.map(({ visit }) => endOf(visit.plan))
    const delivered = (summary.deliveries as { delivered: number }).delivered
    const kinds = kindsAtWork(deployment)
    assert.deepEqual(summary, {
      submitted: ends.length,
      closed: ends.filter((end) => end === 'closed').length,
      refused: ends.filter((end) => end === 'refused').length,
      deliveries: { delivered, waiting: 0, unknown: 0, dead: 0 },
      lost: 0,
      kinds,
    })
    const messages = lines.filter((line) => / → /.test(line) && /^\[\d+\] +\d/.test(line))
    assert.ok(
      delivered >= messages.length && messages.length >= 4 * ends.length,
      `${messages.length} lines for ${delivered} deliveries`,
    )
    for (const [kind, variable] of Object.entries(kinds.off))
      assert.ok(lines.some((line) => line.includes(kind) && line.includes(`off, set ${variable}`)))
    assert.ok(!existsSync(join(process.cwd(), 'hub.sqlite')))
    return kinds
  }

  it('takes every case to the end it should reach, leaves with 0 and says so in one line', async () => {
    const { on, off } = await takesEveryCase({ HUB_AMQP_URL: '', FRONT_DB_URL: '' })
    assert.deepEqual(Object.keys(on), ['file', 'mailbox', 'rest', 'soap'])
    assert.deepEqual(off, { amqp: 'HUB_AMQP_URL', table: 'FRONT_DB_URL' })
  })

  describe('where there are a broker and a database', () => {
    before(needsServers(BROKER, DATABASES.postgresql))

    it('has every kind at work', async () => {
      const { on, off } = await takesEveryCase({ HUB_AMQP_URL: BROKER, FRONT_DB_URL: DATABASES.postgresql })
      assert.deepEqual(Object.keys(on), ['amqp', 'file', 'mailbox', 'rest', 'soap', 'table'])
      assert.deepEqual(off, {})
    })
  })

  it('prints how it is used', async () => {
    const { code, stdout } = await start('--help')
    assert.equal(code, 0)
    assert.match(stdout, /--once/)
  })
})
