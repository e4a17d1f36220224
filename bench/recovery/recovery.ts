/**
 * How soon a hub that was killed with 100,000 deliveries waiting serves again: from the kill to a good /readyz and to the
 * first delivery at a receiver, the start of the process included. It is killed while it delivers, so that some leases
 * are its dead predecessor's. Then it is stopped, and its books are held against what the receivers took.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { readDeployment, secretNames } from '../../simulators/deployment.ts'
import { type HubOptions, startHubProcess } from '../../simulators/province/hub-process.ts'
import { keepSecrets } from '../../simulators/province/secrets.ts'
import { startChild } from '../child.ts'
import type { LoadAnswer, LoadQuestion } from '../intake/load.ts'
import type { Bench } from '../main.ts'
import { percentile, rounded } from '../percentile.ts'
import { multiplyMessages } from '../store-filler.ts'
import type { ReceiversAnswer, ReceiversQuestion } from './receivers.ts'

const WAITING = 100_000
/** Real messages, taken by the hub itself; the rest are copies. */
const REAL = 100
const ROUNDS = 3
/** How long it delivers before it is killed. */
const DELIVERING_MS = 500
const LIMIT_MS = 30_000

export const run: Bench = async ({ json }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-bench-'))
  const secretsFile = join(folder, 'secrets.json')
  const file = join(folder, 'hub.sqlite')
  keepSecrets(secretsFile, secretNames(readDeployment()))
  const receivers = startChild('recovery/receivers.ts')
  const ask = (takes: boolean): Promise<ReceiversAnswer> =>
    receivers.ask<ReceiversAnswer>({ takes } satisfies ReceiversQuestion)
  try {
    const { port } = await ask(false)
    const options: HubOptions = {
      dataDir: folder,
      secretsFile,
      simulatorsUrl: `http://127.0.0.1:${port}`,
      port: 0,
      logFile: join(folder, 'hub.log'),
      environment: { HUB_DATABASE_URL: '' },
    }
    await takeReal(options)
    const written = fillUp(file)
    if (!json) console.log(`${written} deliveries are in the store`)

    const lag = monitorEventLoopDelay({ resolution: 10 })
    const ready: number[] = []
    const first: number[] = []
    let hub = await startHubProcess(options)
    try {
      await ask(true)
      for (let round = 0; round < ROUNDS; round++) {
        await pause(DELIVERING_MS)
        lag.enable()
        await hub.kill()
        const killedAtMs = Date.now()
        // What was on its way when the hub died is no delivery of the new one.
        await ask(true)
        hub = await startHubProcess(options)
        await untilReady(hub.address)
        ready.push((Date.now() - killedAtMs) / 1000)
        first.push(((await firstArrival(ask)) - killedAtMs) / 1000)
        lag.disable()
        if (!json) console.log(`ready after ${ready.at(-1)} s, first delivery after ${first.at(-1)} s`)
      }
    } finally {
      await hub.stop()
    }
    const { taken } = await ask(false)
    const { open, lost } = compareBooks(file, new Set(taken), written)
    return {
      name: 'recovery',
      seconds: rounded(median(ready.map((seconds, index) => Math.max(seconds, first[index] as number))), 2),
      ready_seconds: rounded(median(ready), 2),
      first_delivery_seconds: rounded(median(first), 2),
      waiting: open,
      taken: taken.length,
      lost,
      rounds: ROUNDS,
      event_loop_p99_ms: rounded(lag.percentile(99) / 1e6, 1),
    }
  } finally {
    await receivers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A hub takes real cases while no receiver says a word, and is killed. */
async function takeReal(options: HubOptions): Promise<void> {
  const hub = await startHubProcess(options)
  const load = startChild('intake/load.ts')
  try {
    const question: LoadQuestion = {
      target: 'hub',
      port: Number(new URL(hub.address).port),
      secretsFile: options.secretsFile,
      first: 0,
      count: REAL,
      connections: 8,
    }
    const { failures, firstFailure } = await load.ask<LoadAnswer>(question)
    if (failures > 0) throw new Error(`The hub refused ${failures} cases, the first with:\n${firstFailure}`)
  } finally {
    await load.stop()
    await hub.kill()
  }
}

/** Answers how many deliveries there are. */
function fillUp(file: string): number {
  const database = new DatabaseSync(file)
  database.exec(
    `update delivery set state = 'pending', due_at_ms = created_at_ms, lease_owner = null, lease_until_ms = null`,
  )
  const { number } = database.prepare('select count(*) as number from delivery').get() as { number: number }
  database.close()
  return multiplyMessages({ file, copies: Math.ceil(WAITING / number) })
}

async function untilReady(address: string): Promise<void> {
  const limit = Date.now() + LIMIT_MS
  for (;;) {
    const status = await fetch(`${address}/readyz`).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) return
    if (Date.now() > limit) throw new Error(`/readyz was not ready within ${LIMIT_MS / 1000} s`)
    await pause(5)
  }
}

async function firstArrival(ask: (takes: boolean) => Promise<ReceiversAnswer>): Promise<number> {
  const limit = Date.now() + LIMIT_MS
  while (Date.now() < limit) {
    const { firstAtMs } = await ask(true)
    if (firstAtMs !== undefined) return firstAtMs
    await pause(5)
  }
  throw new Error(`Nothing was delivered within ${LIMIT_MS / 1000} s`)
}

/** Lost: neither open nor taken by its receiver, or gone from the store altogether. */
function compareBooks(
  file: string,
  taken: ReadonlySet<string>,
  written: number,
): { open: number; lost: number } {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database.prepare('select message_id, destination, state from delivery').all()
    const isOpen = (state: unknown): boolean =>
      state === 'pending' || state === 'waiting' || state === 'leased'
    const open = rows.filter(({ state }) => isOpen(state)).length
    const unseen = rows.filter(
      ({ state, destination, message_id }) => !isOpen(state) && !taken.has(`${destination} ${message_id}`),
    )
    return { open, lost: unseen.length + written - rows.length }
  } finally {
    database.close()
  }
}

function median(values: readonly number[]): number {
  return percentile(Float64Array.from(values).sort(), 0.5)
}
