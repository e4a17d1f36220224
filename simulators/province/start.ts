/**
 * `npm start`: the hub as a process of its own, the whole simulated province, and a handful of cases that can be
 * watched as they move. Serves until SIGINT or SIGTERM. With `--once` it ends by itself: 0 when every case reached the
 * end it should, 1 otherwise, and the last line on stdout is one JSON object.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort, lastLines } from './hub-process.ts'
import { kindLines } from './kinds.ts'
import { runOnce } from './once.ts'
import { logFileIn, startRunning } from './running.ts'
import { keepServing } from './serving.ts'

const DEFAULT_PORT = 8080
/** How long officials think when somebody watches, and when nobody does. */
const WATCHABLE = { leastMs: 150, mostMs: 600 }
const BRISK = { leastMs: 0, mostMs: 5 }

const USAGE = `npm start -- [options]
  --once        hand the cases in, wait for their ends, print a summary and leave (0 = all as it should be)
  --data DIR    where the hub keeps its data (default: data, or HUB_DATA_DIR; with --once a new temporary directory)
  --seed N      seed of everything the simulators leave to chance (default 1)

Two kinds of connection need a server of yours and are off without it:
  HUB_AMQP_URL  amqp://user:password@host:5672, a RabbitMQ: the transport authority is reached over it
  FRONT_DB_URL  postgres:// or mysql://user:password@host/database: exchange tables, in a database made beside it and removed`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      data: { type: 'string' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const asked = askedToStop()
  const temporary = values.once && values.data === undefined
  const dataDir = temporary
    ? mkdtempSync(join(tmpdir(), 'hub-once-'))
    : resolve(values.data ?? (process.env.HUB_DATA_DIR || 'data'))
  try {
    const port = values.once ? 0 : await servingPort()
    const pace = values.once ? BRISK : WATCHABLE
    const running = await startRunning({ dataDir, port, seed: Number(values.seed), pace })
    console.log(['接入方式 / Kinds of connection:', ...kindLines(running.province.deployment), ''].join('\n'))
    return await (values.once ? runOnce(running, asked) : keepServing(running, dataDir, asked))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    for (const line of lastLines(logFileIn(dataDir))) console.error(line)
    return 1
  } finally {
    if (temporary) rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Ctrl-C at a terminal comes once from it and may come once more from who started us; the third is a person's who will not wait. */
const FORCING = 3

/** Fires from the first moment on, so that a hub that is just being started is not left behind. */
function askedToStop(): AbortSignal {
  const asked = new AbortController()
  let times = 0
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Kept for good: a signal that nobody heeds would end this process in the middle of its clearing up.
    process.on(signal, () => {
      asked.abort(new Error(`stopped by ${signal}`))
      if (++times === FORCING) process.exit(1)
    })
  }
  return asked.signal
}

async function servingPort(): Promise<number> {
  const wanted = Number(process.env.HUB_PORT || DEFAULT_PORT)
  const port = await freePort(wanted)
  if (port !== wanted) {
    const zh = `端口 ${wanted} 已被占用，改用 ${port}`
    console.log(`${zh} / Port ${wanted} is taken; the hub listens on ${port} instead.`)
  }
  return port
}

process.exitCode = await main()
// Nothing may keep a finished run alive: a timer of a simulator, a pipe of the hub's.
process.exit()
