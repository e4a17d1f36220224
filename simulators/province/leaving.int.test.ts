/** Ctrl-C on `npm start`: everybody in the terminal's process group gets the signal, and nothing is left behind. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { connect } from 'amqplib'
import pg from 'pg'
import { BROKER, DATABASES, needsServers } from '../testing/servers.ts'
import { freePort } from './hub-process.ts'

const PROJECT = join(import.meta.dirname, '..', '..')
const LIMIT_MS = 90_000

describe('leaving npm start', function () {
  this.timeout(LIMIT_MS)
  before(needsServers(BROKER, DATABASES.postgresql))

  it('takes the hub along, and clears up on broker and database', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'hub-leaving-'))
    const scope = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 10)
    // A group of its own, as a terminal gives one.
    const child = spawn(
      process.execPath,
      ['scripts/run.mjs', 'simulators/province/start.ts', '--data', dataDir],
      {
        cwd: PROJECT,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          HUB_PORT: String(await freePort(0)),
          HUB_AMQP_URL: BROKER,
          FRONT_DB_URL: DATABASES.postgresql,
          HUB_DATABASE_URL: '',
        },
      },
    )
    const group = -(child.pid as number)
    try {
      const closed = once(child, 'close')
      await said(child, 'Try it')
      assert.deepEqual(await traces(scope), { database: true, exchange: true })
      process.kill(group, 'SIGINT')
      const [code] = await closed
      assert.equal(code, 0)
      assert.throws(() => process.kill(group, 0), { code: 'ESRCH' }, 'somebody of the group is left')
      assert.deepEqual(await traces(scope), { database: false, exchange: false })
    } finally {
      try {
        process.kill(group, 'SIGKILL')
      } catch {
        // Nobody is left, as it should be.
      }
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

/** @throws Error with all that was said, where it ends without these words */
async function said({ stdout, stderr }: ChildProcess, words: string): Promise<void> {
  const lines: string[] = []
  stderr?.on('data', (chunk) => lines.push(String(chunk)))
  return await new Promise((found, reject) => {
    createInterface({ input: stdout as NonNullable<typeof stdout> })
      .on('line', (line) => {
        lines.push(line)
        if (line.includes(words)) found()
      })
      .on('close', () => reject(new Error(lines.join('\n'))))
  })
}

async function traces(scope: string): Promise<{ database: boolean; exchange: boolean }> {
  const client = new pg.Client({ connectionString: DATABASES.postgresql })
  await client.connect()
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [
    `front_db_url_${scope}`,
  ])
  await client.end()
  const broker = await connect(BROKER)
  const channel = await broker.createChannel()
  channel.on('error', () => undefined)
  const exchange = await channel.checkExchange(`hub.events.${scope}`).then(
    () => true,
    () => false,
  )
  await broker.close()
  return { database: rowCount === 1, exchange }
}
