/** `npm run kill-test -- --kills N`: real processes, really killed. The last line is always one JSON object; exit 1 where anything was lost, doubled or out of order. */
import { parseArgs } from 'node:util'
import { runKills, type StoreName } from './kill-run.ts'
import { runSyscalls, survivedAll } from './syscall-run.ts'
import { tracerMissing } from './tracer.ts'
import { isClean } from './verdict.ts'

const USAGE = `npm run kill-test -- [options]
  --kills N                 hubs killed at random moments under load (default 20)
  --store sqlite|postgres   postgres: two hubs on one database of their own, made on the server that
                            HUB_DATABASE_URL names (default postgres://root@127.0.0.1:5432/test)
  --broker                  the hubs publish to the event stream too, over a broker that is away from time to time;
                            RabbitMQ at HUB_AMQP_URL (default amqp://guest:guest@127.0.0.1:5672)
  --seed N                  seed of the moments, the bad network and the officials (default 1)
  --syscalls                instead: die, or let the disk fail, at single writes and syncs of the SQLite store
  --seconds N               with --syscalls: about how long; the points are sampled (default 200)
  --all                     with --syscalls: every point, however long it takes
  --json                    print nothing but the last line`

const BROKER = 'amqp://guest:guest@127.0.0.1:5672'
const SERVER = 'postgres://root@127.0.0.1:5432/test'

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '20' },
      store: { type: 'string', default: 'sqlite' },
      broker: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      syscalls: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '200' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const kills = Number(values.kills)
  const seed = Number(values.seed)
  const store = values.store as StoreName
  const sound = Number.isInteger(kills) && kills > 0 && Number.isInteger(seed)
  if (values.help || !sound || !['sqlite', 'postgres'].includes(store)) {
    console.error(USAGE)
    return values.help ? 0 : 2
  }
  const tell = (line: string): void => {
    if (!values.json) console.log(line)
  }
  if (values.syscalls) return await syscalls({ all: values.all, seconds: Number(values.seconds), tell })
  const serverUrl = process.env.HUB_DATABASE_URL || SERVER
  const { words, ...report } = await runKills({
    ...{ kills, seed, store, serverUrl, tell },
    ...(values.broker ? { brokerUrl: process.env.HUB_AMQP_URL || BROKER } : {}),
  })
  for (const line of words) console.error(line)
  console.log(JSON.stringify({ name: 'kill-test', store, seed, ...report }))
  return isClean({ words, ...report }) ? 0 : 1
}

async function syscalls(options: Parameters<typeof runSyscalls>[0]): Promise<number> {
  const skipped = tracerMissing()
  if (skipped !== undefined) {
    console.error(`Skipped: ${skipped}`)
    console.log(JSON.stringify({ name: 'kill-test-syscalls', skipped }))
    return 0
  }
  const { words, ...report } = await runSyscalls(options)
  for (const line of words) console.error(line)
  console.log(JSON.stringify({ name: 'kill-test-syscalls', ...report }))
  return survivedAll({ words, ...report }) ? 0 : 1
}

// Hubs die with the run (hub-node.ts); what it wrote is in the temporary directory.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main().catch((error: unknown) => {
  console.error(error)
  return 1
})
// A pipe of a hub that was killed must not keep the run alive.
process.exit()
