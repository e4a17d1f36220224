/**
 * The kill test: real hub processes on a real store, killed without farewell at random moments while the whole province
 * works with them through a bad network; then all is left to drain, and the ledger is held against what happened.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeployment, secretNames } from '../simulators/deployment.ts'
import { openFaultProxy, seededTreatments, type TroubleCounts } from '../simulators/fault-proxy.ts'
import type { Ledger } from '../simulators/ledger.ts'
import { lastLines } from '../simulators/province/hub-process.ts'
import { openProvince, type Province } from '../simulators/province/province.ts'
import { keepSecrets } from '../simulators/province/secrets.ts'
import { type Chance, machineTime, seededChance } from '../simulators/time.ts'
import { noteAcknowledged, settledBooks } from './books.ts'
import { openOwnDatabase } from './database.ts'
import { EVENT_STREAM, type EventStream, openEventStream } from './event-stream.ts'
import { type HubNode, logFileOf, openHubNode } from './hub-node.ts'
import { startLoad } from './load.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export type StoreName = 'sqlite' | 'postgres'

export interface KillOptions {
  /** At least 1. */
  readonly kills: number
  readonly store: StoreName
  readonly seed: number
  /** RabbitMQ for the event stream, away from time to time; absent: the hub publishes nothing. */
  readonly brokerUrl?: string
  /** PostgreSQL server for a database of the run's own; for `postgres` only. */
  readonly serverUrl?: string
  /** Told what happens, a line at a time. */
  readonly tell: (line: string) => void
}

export interface KillReport extends Verdict {
  readonly kills: number
  /** Of the kills, those that hit a hub which was still coming up. */
  readonly killsWhileStarting: number
  readonly cases: number
  /** How often the broker was away; 0 where there is none. */
  readonly outages: number
  /** Trouble that the network made, hub and partners together. */
  readonly network: TroubleCounts
  readonly seconds: number
}

/** Cases under way at once. */
const UNDER_WAY = 40
/** About two exchanges in so many meet trouble. */
const EXCHANGES = 24
/** A hub lives so long under load before it is killed, at most; milliseconds. */
const LONGEST_LIFE_MS = 2_500
/** A hub that is killed while it comes up is killed within this; milliseconds. */
const LONGEST_START_MS = 1_500
/** With a broker, it goes away at about one in three kills, for at most so long; milliseconds. */
const LONGEST_OUTAGE_MS = 3_000
/** With several hubs, the leases of a killed one run out first. */
const DRAIN_LIMIT_MS = { sqlite: 120_000, postgres: 240_000 }
const NODES = { sqlite: 1, postgres: 2 }

/** @throws Error where a hub does not come up again, or the hub refuses a case */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const { store, serverUrl } = options
  const folder = mkdtempSync(join(tmpdir(), 'hub-crash-'))
  if (store === 'postgres' && serverUrl === undefined)
    throw new Error('The kill test on PostgreSQL needs a server.')
  const database = store === 'postgres' ? await openOwnDatabase(serverUrl as string) : undefined
  let stream: EventStream | undefined
  try {
    if (options.brokerUrl !== undefined) stream = await openEventStream(options.brokerUrl, folder)
    return await runIn(folder, options, {
      stream,
      environment: { HUB_AMQP_URL: '', ...stream?.environment, HUB_DATABASE_URL: database?.url ?? '' },
    })
  } catch (error) {
    for (let index = 0; index < NODES[store]; index++)
      options.tell(lastLines(logFileOf(join(folder, `hub-${index}`))).join('\n'))
    throw error
  } finally {
    await stream?.close()
    await database?.drop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runIn(
  folder: string,
  options: KillOptions,
  {
    environment,
    stream,
  }: {
    readonly environment: Readonly<Record<string, string>>
    readonly stream: EventStream | undefined
  },
): Promise<KillReport> {
  const startedAt = performance.now()
  const { store, seed, tell } = options
  const chance = seededChance(seed)
  const deployment = readDeployment()
  const secretsFile = join(folder, 'secrets.json')
  const secrets = keepSecrets(secretsFile, secretNames(deployment))
  const nodes: HubNode[] = []
  let turn = 0
  let province: Province | undefined
  const partners = await openFaultProxy({
    target: () => hostAndPort(province?.address ?? 'http://127.0.0.1:1'),
    choose: seededTreatments(chance, EXCHANGES),
  })
  try {
    province = await openProvince({
      deployment,
      secrets,
      // A sender that gets no answer asks again, and so comes to the other hub by and by.
      hubAddress: () => nodes[turn++ % nodes.length]?.address ?? '',
      port: 0,
      time: machineTime,
      seed,
      pace: { leastMs: 0, mostMs: 40 },
    })
    for (let index = 0; index < NODES[store]; index++) {
      const dataDir = join(folder, `hub-${index}`)
      mkdirSync(dataDir)
      nodes.push(
        await openHubNode({
          dataDir,
          secretsFile,
          partnersUrl: partners.address,
          environment,
          choose: seededTreatments(chance, EXCHANGES),
        }),
      )
    }
    // The first makes the schema.
    for (const node of nodes) await node.start()
    const acknowledged = noteAcknowledged(province.ledger)
    await stream?.watch(province.ledger)
    province.collect()
    const load = startLoad(province, UNDER_WAY)
    const whileStarting = await killAll({ nodes, stream }, options, chance, () => acknowledged.size)
    for (const { calm } of [partners, ...nodes.map(({ proxy }) => proxy)]) calm()
    stream?.calm()
    const limit = AbortSignal.timeout(DRAIN_LIMIT_MS[store])
    await load.stop()
    tell(`${acknowledged.size} messages accepted, ${load.cases.length} cases; draining`)
    const books = await settledBooks(province, load.cases, acknowledged, limit)
    if (stream !== undefined) await everythingPublished(province.ledger, acknowledged, limit)
    return {
      kills: options.kills,
      ...verdictOf(province, books),
      killsWhileStarting: whileStarting,
      cases: load.cases.length,
      outages: stream?.outages() ?? 0,
      network: sumOf([partners, ...nodes.map(({ proxy }) => proxy)].map(({ counts }) => counts())),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    }
  } finally {
    await province?.close()
    for (const node of nodes) await node.stop()
    await partners.close()
  }
}

/** Answers how many of the kills hit a hub that was still coming up. */
async function killAll(
  { nodes, stream }: { readonly nodes: readonly HubNode[]; readonly stream: EventStream | undefined },
  { kills, tell }: Pick<KillOptions, 'kills' | 'tell'>,
  chance: Chance,
  accepted: () => number,
): Promise<number> {
  let whileStarting = 0
  for (let done = 0; done < kills; ) {
    await new Promise<void>((resolve) => machineTime.after(chance.whole(1, LONGEST_LIFE_MS), resolve))
    const node = nodes[chance.whole(0, nodes.length - 1)] as HubNode
    if (stream !== undefined && chance.fraction() < 1 / 3) stream.outage(chance.whole(1, LONGEST_OUTAGE_MS))
    await node.kill()
    done++
    // One in four meets its end before it serves.
    while (done < kills && chance.fraction() < 0.25) {
      const diedEarly = await node.startAndKill(chance.whole(1, LONGEST_START_MS))
      if (!diedEarly) await node.kill()
      else whileStarting++
      done++
    }
    await node.start()
    tell(`kill ${done} of ${kills}; ${accepted()} messages accepted so far`)
  }
  return whileStarting
}

/** What a hub has published may still be on its way to the subscriber; what never comes is found lost. */
async function everythingPublished(
  ledger: Ledger,
  acknowledged: ReadonlyMap<string, unknown>,
  limit: AbortSignal,
): Promise<void> {
  const ids = [...acknowledged.keys()]
  await ledger.until(() => ids.every((id) => ledger.hasSeen(EVENT_STREAM, id)), limit).catch(() => undefined)
}

function sumOf(all: readonly TroubleCounts[]): TroubleCounts {
  const sum = { cut: 0, reset: 0, truncate: 0, 'lose-answer': 0, delay: 0 }
  for (const counts of all)
    for (const [kind, count] of Object.entries(counts)) sum[kind as keyof typeof sum] += count
  return sum
}

function hostAndPort(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(address)
  return { host: hostname, port: Number(port) }
}
