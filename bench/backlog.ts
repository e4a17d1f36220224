/**
 * What it costs to lease and settle deliveries when a million wait for one destination, against a thousand: two stores
 * in one process, in turn, each kept at its length. A round leases some, settles them as delivered and is timed; what
 * brings the backlog back to its length is not.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { openOwnDatabase } from '../crash/database.ts'
import type { Store } from '../hub/contract/store.ts'
import { systemClock } from '../hub/main.ts'
import { anAcceptance, aSettlement, START_MS } from '../hub/store/fixtures.ts'
import { openPostgresStore } from '../hub/store/postgres/postgres-store.ts'
import { openSqliteStore } from '../hub/store/sqlite/sqlite-store.ts'
import type { Bench } from './main.ts'
import { percentile, rounded } from './percentile.ts'
import { multiplyInPostgres } from './postgres-filler.ts'
import { multiplyMessages } from './store-filler.ts'

const SHORT = 1_000
const LONG = 1_000_000
const DEFAULT_SECONDS = 15
const WARM_UP_ROUNDS = 20
/** Deliveries a round: what a busy destination leases ahead (eight at once, four times). */
const AT_ONCE = 32
const DESTINATION = 'human-resources'
const LEASE_MS = 60_000
/** Data of about the size of a real application. */
const DATA = {
  applicant: { name: '测试甲' },
  materials: Array.from({ length: 12 }, (_, index) => material(index)),
}

function material(index: number) {
  return {
    code: `4100000000${index}`,
    name: '身份证明材料扫描件',
    originals: 1,
    copies: 1,
    files: [{ id: `F${index}` }],
  }
}

interface Side {
  readonly waiting: number
  readonly store: Store
  /** Milliseconds of each round. */
  readonly lease: number[]
  readonly settle: number[]
}

/** A store that is filled and opened, and what takes it away again. */
interface Ground {
  open(waiting: number): Promise<Store>
  erase(): Promise<void>
}

export const run: Bench = async ({ json, seconds = DEFAULT_SECONDS, store: name = 'sqlite' }) => {
  const ground = name === 'sqlite' ? sqliteGround() : postgresGround()
  const sides: Side[] = []
  try {
    for (const waiting of [SHORT, LONG]) {
      sides.push({ waiting, store: await ground.open(waiting), lease: [], settle: [] })
      if (!json) console.log(`${waiting} deliveries wait in ${name}`)
    }
    const lag = monitorEventLoopDelay({ resolution: 10 })
    let rounds = -WARM_UP_ROUNDS
    for (let until = Number.POSITIVE_INFINITY; rounds <= 0 || performance.now() < until; rounds++) {
      if (rounds === 0) {
        lag.enable()
        until = performance.now() + seconds * 1000
      }
      for (const side of sides) await oneRound(side, rounds >= 0)
    }
    lag.disable()
    for (const { store, waiting } of sides) {
      const { pending } = await store.deliveryCount({ destination: DESTINATION })
      if (pending !== waiting) throw new Error(`${pending} deliveries wait at the end, not ${waiting}.`)
    }
    return resultOf(name, sides, rounds, lag.percentile(99) / 1e6)
  } finally {
    for (const { store } of sides) await store.close()
    await ground.erase()
  }
}

function sqliteGround(): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'hub-bench-'))
  return {
    open: async (waiting) => {
      const file = join(folder, `${waiting}.sqlite`)
      const store = await openSqliteStore({ file })
      await accept(store, SHORT)
      await store.close()
      if (waiting > SHORT) multiplyMessages({ file, copies: waiting / SHORT - 1 })
      return await openSqliteStore({ file })
    },
    erase: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Each length in a database of its own, on the server that HUB_DATABASE_URL names. */
function postgresGround(): Ground {
  const drops: (() => Promise<void>)[] = []
  return {
    open: async (waiting) => {
      const { url, drop } = await openOwnDatabase(process.env.HUB_DATABASE_URL || SERVER)
      drops.push(drop)
      const store = await openPostgresStore({ url, clock: systemClock })
      await accept(store, SHORT)
      if (waiting > SHORT) await multiplyInPostgres({ url, copies: waiting / SHORT - 1 })
      return store
    },
    erase: async () => {
      for (const drop of drops) await drop()
    },
  }
}

const SERVER = 'postgres://root@127.0.0.1:5432/test'

async function accept(store: Store, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, () =>
      store.messageAccept(anAcceptance({ destinations: [DESTINATION], data: DATA })),
    ),
  )
}

async function oneRound({ store, lease, settle }: Side, counts: boolean): Promise<void> {
  const from = performance.now()
  const leased = await store.deliveryLease({
    destination: DESTINATION,
    owner: 'bench',
    limit: AT_ONCE,
    retried: 0,
    nowMs: START_MS + 1_000,
    leaseMs: LEASE_MS,
  })
  const between = performance.now()
  const held = await Promise.all(leased.map((one) => store.deliverySettle([aSettlement(one)])))
  const to = performance.now()
  if (leased.length !== AT_ONCE || held.flat().includes(false))
    throw new Error(`A round leased ${leased.length} deliveries and settled ${held.flat().length}.`)
  if (counts) {
    lease.push(between - from)
    settle.push(to - between)
  }
  await accept(store, AT_ONCE)
}

function resultOf(
  store: string,
  [short, long]: readonly Side[],
  rounds: number,
  lagMs: number,
): Record<string, unknown> {
  if (short === undefined || long === undefined) throw new Error('A side is missing.')
  const whole = ({ lease, settle }: Side): number[] =>
    lease.map((ms, index) => ms + (settle[index] as number))
  return {
    name: 'backlog',
    store,
    lease_ratio_1m_to_1k: rounded(median(whole(long)) / median(whole(short)), 3),
    lease_only_ratio: rounded(median(long.lease) / median(short.lease), 3),
    settle_only_ratio: rounded(median(long.settle) / median(short.settle), 3),
    us_per_delivery_1k: rounded((median(whole(short)) * 1000) / AT_ONCE, 1),
    us_per_delivery_1m: rounded((median(whole(long)) * 1000) / AT_ONCE, 1),
    rounds,
    event_loop_p99_ms: rounded(lagMs, 1),
  }
}

function median(values: readonly number[]): number {
  return percentile(Float64Array.from(values).sort(), 0.5)
}
