/**
 * One short run for every write and sync of the store: the hub dies, or the disk fails, at exactly that call. Then the
 * file must be sound and hold every message that was acknowledged, and a hub started on it must bring all to its end.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WindowCase } from '../simulators/acceptance/window.ts'
import { type Deployment, readDeployment, secretNames } from '../simulators/deployment.ts'
import { scripted } from '../simulators/fault-proxy.ts'
import { person } from '../simulators/people.ts'
import { hasEnded } from '../simulators/province/ending.ts'
import { openProvince, type Province } from '../simulators/province/province.ts'
import { keepSecrets } from '../simulators/province/secrets.ts'
import { machineTime, seededChance } from '../simulators/time.ts'
import { noteAcknowledged, settledBooks } from './books.ts'
import { type HubNode, openHubNode } from './hub-node.ts'
import { readStoreFile, STORE_FILES } from './store-file.ts'
import { callsIn, FAULTS, hasHappened, type Point, SYSTEM_CALLS, tracer } from './tracer.ts'
import { isClean, verdictOf } from './verdict.ts'

export interface SyscallOptions {
  /** Every point; otherwise every k-th, so that it takes about `seconds`. */
  readonly all: boolean
  readonly seconds: number
  readonly tell: (line: string) => void
}

export interface SyscallReport {
  /** Writes and syncs of the run, times what can happen at each. */
  readonly points: number
  readonly tried: number
  /** Of those tried, where the fault came about: a run may take a call or two less than the one that was counted. */
  readonly reached: number
  readonly survived: number
  readonly calls: Readonly<Record<string, number>>
  /** Messages that were acknowledged, over all runs. */
  readonly accepted: number
  /** Of them, those that a file did not hold afterwards. */
  readonly lost: number
  readonly seconds: number
  readonly words: readonly string[]
}

interface Ground {
  readonly folder: string
  /** A data directory in which no hub has had a store yet. */
  readonly template: string
  readonly secretsFile: string
  readonly secrets: ReadonlyMap<string, string>
  readonly deployment: Deployment
}

interface Outcome {
  readonly reached: boolean
  readonly accepted: number
  readonly lost: number
  /** What is wrong; empty where the hub survived. */
  readonly words: readonly string[]
}

/** Runs at once: while one waits for its hub to come up, the other works. */
const AT_ONCE = 2
/** One run, its restart included, takes no longer. */
const RUN_LIMIT_MS = 90_000
/** A case is at its end this long after it was handed in, unless the fault keeps it. */
const CASES_LIMIT_MS = 30_000

/** @throws Error where the run without any fault does not come to its end */
export async function runSyscalls({ all, seconds, tell }: SyscallOptions): Promise<SyscallReport> {
  const startedAt = performance.now()
  const elapsed = (): number => (performance.now() - startedAt) / 1000
  const ground = await prepare()
  try {
    const before = elapsed()
    const counting = join(ground.folder, 'count.strace')
    const clean = await runPoint(ground, undefined, counting)
    if (clean.words.length > 0) throw new Error(`Without any fault: ${clean.words.join('\n')}`)
    const each = (elapsed() - before) / AT_ONCE
    const calls = callsIn(counting)
    const points = pointsOf(calls)
    const affordable = all ? points.length : Math.floor((seconds - elapsed()) / each)
    const chosen = sampleOf(points, affordable)
    tell(
      `${points.length} points (${JSON.stringify(Object.fromEntries(calls))} calls); ${chosen.length} are tried`,
    )
    const outcomes: Outcome[] = []
    const left = shuffled(chosen)
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let point = left.shift(); point !== undefined; point = left.shift()) {
          if (!all && elapsed() > seconds * 1.1) return
          const log = join(ground.folder, `${point.fault}-${point.call}-${point.number}.strace`)
          const outcome = await runPoint(ground, point, log)
          outcomes.push(outcome)
          const state = outcome.words.length > 0 ? 'FAILED' : outcome.reached ? 'survived' : 'not reached'
          tell(`${point.fault} at ${point.call} ${point.number}: ${state}, ${outcome.accepted} accepted`)
        }
      }),
    )
    const sum = (value: (outcome: Outcome) => number): number =>
      outcomes.reduce((total, outcome) => total + value(outcome), 0)
    return {
      points: points.length,
      tried: outcomes.length,
      reached: sum(({ reached }) => Number(reached)),
      survived: sum(({ reached, words }) => Number(reached && words.length === 0)),
      calls: Object.fromEntries(calls),
      accepted: sum(({ accepted }) => accepted),
      lost: sum(({ lost }) => lost),
      seconds: Math.round(elapsed()),
      words: outcomes.flatMap(({ words }) => words).slice(0, 20),
    }
  } finally {
    rmSync(ground.folder, { recursive: true, force: true })
  }
}

export function survivedAll({ tried, reached, survived, lost }: SyscallReport): boolean {
  return tried > 0 && reached > 0 && survived === reached && lost === 0
}

/** Every call dies; every write and every sync fails in both ways as well. A sync does not run out of space. */
function pointsOf(calls: ReadonlyMap<string, number>): Point[] {
  return FAULTS.flatMap((fault) =>
    SYSTEM_CALLS.filter((call) => fault !== 'ENOSPC' || call.includes('write')).flatMap((call) =>
      Array.from({ length: calls.get(call) ?? 0 }, (_, index) => ({ call, number: index + 1, fault })),
    ),
  )
}

/** About `count` of them, evenly spread over each kind of fault at each kind of call, and of each kind at least three. */
function sampleOf(points: readonly Point[], count: number): Point[] {
  const kinds = Object.values(Object.groupBy(points, ({ call, fault }) => `${fault} ${call}`))
  return kinds.flatMap((kind = []) => {
    const share = Math.min(kind.length, Math.max(3, Math.round((kind.length / points.length) * count)))
    return Array.from(
      { length: share },
      (_, index) => kind[Math.floor(((index + 0.5) * kind.length) / share)] as Point,
    )
  })
}

/** The same way every time: a run that is out of time has not left out one kind of point. */
function shuffled(points: readonly Point[]): Point[] {
  const chance = seededChance(1)
  return points
    .map((point) => ({ point, place: chance.fraction() }))
    .sort((a, b) => a.place - b.place)
    .map(({ point }) => point)
}

/** A hub is started once and stopped, so that what it prepares for itself is there, and its store taken away again. */
async function prepare(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'hub-syscall-'))
  const deployment = readDeployment()
  const secretsFile = join(folder, 'secrets.json')
  const secrets = keepSecrets(secretsFile, secretNames(deployment))
  const template = join(folder, 'template')
  mkdirSync(template)
  const ground = { folder, template, secretsFile, secrets, deployment }
  const node = await openNode(ground, template, 'http://127.0.0.1:1')
  try {
    await node.start()
  } finally {
    await node.stop()
  }
  for (const name of STORE_FILES) rmSync(join(template, name), { force: true })
  return ground
}

function openNode(
  { secretsFile }: Ground,
  dataDir: string,
  partnersUrl: string,
  under?: readonly string[],
): Promise<HubNode> {
  return openHubNode({
    dataDir,
    secretsFile,
    partnersUrl,
    environment: { HUB_DATABASE_URL: '' },
    choose: scripted([]),
    ...(under === undefined ? {} : { under }),
  })
}

/** @param point absent: nothing goes wrong */
async function runPoint(ground: Ground, point: Point | undefined, log: string): Promise<Outcome> {
  const dataDir = mkdtempSync(join(ground.folder, 'run-'))
  cpSync(ground.template, dataDir, { recursive: true })
  const { deployment, secrets } = ground
  let address = ''
  const province = await openProvince({
    deployment,
    secrets,
    hubAddress: () => address,
    port: 0,
    time: machineTime,
    seed: 1,
    pace: { leastMs: 0, mostMs: 0 },
  })
  const acknowledged = noteAcknowledged(province.ledger)
  const files = STORE_FILES.map((name) => join(dataDir, name))
  const traced = await openNode(ground, dataDir, province.address, tracer(files, log, point))
  const nodes = [traced]
  const limit = AbortSignal.timeout(RUN_LIMIT_MS)
  try {
    address = traced.address
    // Dying or refusing to start is an answer too, where the disk fails that early.
    const isUp = await traced.start().then(
      () => true,
      () => false,
    )
    const handedIn = handIn(province)
    handedIn.done.catch(() => undefined)
    if (isUp) await workUntilOver(province, handedIn, traced)
    await traced.terminate()

    const { integrity, messageIds } = readStoreFile(dataDir)
    const lost = [...acknowledged.keys()].filter((id) => !messageIds.has(id))
    const accepted = acknowledged.size
    const words = lost.map((id) => `${id} was acknowledged and is not in the file`)
    if (integrity !== 'ok') words.push(`integrity_check: ${integrity}`)

    const next = await openNode(ground, dataDir, province.address)
    nodes.push(next)
    await next.start()
    address = next.address
    await handedIn.done
    const verdict = verdictOf(province, await settledBooks(province, handedIn.cases, acknowledged, limit))
    if (!isClean(verdict)) words.push(...verdict.words)
    const where = point === undefined ? '' : `${point.fault} at ${point.call} ${point.number}: `
    return {
      reached: point !== undefined && hasHappened(log, point),
      accepted,
      lost: lost.length,
      words: words.map((line) => `${where}${line}`),
    }
  } finally {
    await province.close()
    for (const node of nodes) await node.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

interface HandedIn {
  readonly cases: readonly WindowCase[]
  /** Resolves when the hub has taken both. */
  readonly done: Promise<unknown>
}

const REGION = '411300'

/** Two cases, eleven messages: one the shortest way, one with all its steps, each decided by another system. */
function handIn(province: Province): HandedIn {
  const cases: WindowCase[] = []
  const [item] = province.deployment.items.values()
  if (item === undefined) throw new Error('There is no item in topology/items.')
  const visits = [
    { applicant: person(1), item, scenario: 'initial', jurisdictionRegion: REGION, plan: 'swift' },
    { applicant: person(2), item, scenario: 'renewal', jurisdictionRegion: REGION, plan: 'straight' },
  ] as const
  const done = Promise.all(visits.map(async (visit) => cases.push(await province.receive(REGION, visit))))
  return { cases, done }
}

/** Resolves when both cases are at their end, the hub is gone, or it has taken too long. */
async function workUntilOver(province: Province, { cases, done }: HandedIn, hub: HubNode): Promise<void> {
  const limit = AbortSignal.timeout(CASES_LIMIT_MS)
  const over = done.then(() =>
    province.ledger.until(() => cases.every((theCase) => hasEnded(province, theCase)), limit),
  )
  const late = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve()))
  await Promise.race([over.catch(() => undefined), hub.exited(), late])
}
