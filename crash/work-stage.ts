/**
 * A hub at work on a store that is there: one case comes in and goes its way, and the hub stops. Whatever dies or fails on
 * the way, the file is sound afterwards and holds every message that was acknowledged, and a hub started on it brings
 * the case to its end.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { WindowCase } from '../simulators/acceptance/window.ts'
import { type Deployment, readDeployment, secretNames } from '../simulators/deployment.ts'
import { scripted } from '../simulators/fault-proxy.ts'
import { person } from '../simulators/people.ts'
import { hasEnded } from '../simulators/province/ending.ts'
import { openProvince, type Province } from '../simulators/province/province.ts'
import { keepSecrets } from '../simulators/province/secrets.ts'
import { annexItems } from '../simulators/routing.ts'
import { machineTime } from '../simulators/time.ts'
import { noteAcknowledged, settledBooks } from './books.ts'
import { type HubNode, openHubNode } from './hub-node.ts'
import { readStoreFile, STORE_FILES } from './store-file.ts'
import type { Outcome, Stage } from './syscall-stage.ts'
import { attachTracer, hasHappened, type Point } from './tracer.ts'
import { isClean, verdictOf } from './verdict.ts'

export interface Ground {
  readonly folder: string
  /** A data directory with an empty store. */
  readonly template: string
  readonly secretsFile: string
  readonly secrets: ReadonlyMap<string, string>
  readonly deployment: Deployment
}

/** One run, its restart included, takes no longer. */
const RUN_LIMIT_MS = 90_000
/** A case is at its end this long after it was handed in, unless the fault keeps it. */
const CASES_LIMIT_MS = 30_000

/** A hub is started once and stopped, so that what it prepares for itself is there, its store included. */
export async function openGround(folder: string): Promise<Ground> {
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
  return ground
}

/**
 * Runs follow each other on one store: the hub that brings the case of one run to its end, started again where it died, is
 * the one that the next run is about. Runs at the same time have a store each; one that went wrong is not used again.
 */
export function workStage(ground: Ground): Stage & { close(): Promise<void> } {
  const free: Lane[] = []
  return {
    name: 'work',
    run: async (point, log) => {
      const lane = free.pop() ?? (await openLane(ground))
      try {
        const outcome = await runIn(lane, point, log)
        if (outcome.words.length > 0) await closeLane(lane)
        else free.push(lane)
        return outcome
      } catch (error) {
        await closeLane(lane)
        throw error
      }
    },
    close: async () => {
      for (const lane of free.splice(0)) await closeLane(lane)
    },
  }
}

/** Answers a data directory whose hub was killed over a case: a log to recover, messages to keep, leases to give back. */
export async function killedAtWork(ground: Ground): Promise<string> {
  const dataDir = join(ground.folder, 'killed')
  cpSync(ground.template, dataDir, { recursive: true })
  let address = ''
  const province = await openProvinceFor(ground, () => address)
  const node = await openNode(ground, dataDir, province.address)
  try {
    await node.start()
    address = node.address
    const secondTaken = new Promise<void>((resolve) => {
      let taken = 0
      province.ledger.watch({ acknowledged: () => void (++taken === 2 && resolve()) })
    })
    handIn(province, 1).done.catch(() => undefined)
    await secondTaken
    await node.kill()
    return dataDir
  } finally {
    await province.close()
    await node.stop()
  }
}

function openProvinceFor(
  { deployment, secrets }: Ground,
  hubAddress: () => string,
): ReturnType<typeof openProvince> {
  const pace = { leastMs: 0, mostMs: 0 }
  return openProvince({ deployment, secrets, hubAddress, port: 0, time: machineTime, seed: 1, pace })
}

function openNode({ secretsFile }: Ground, dataDir: string, partnersUrl: string): Promise<HubNode> {
  return openHubNode({
    dataDir,
    secretsFile,
    partnersUrl,
    environment: { HUB_DATABASE_URL: '' },
    choose: scripted([]),
  })
}

interface Lane {
  readonly dataDir: string
  readonly province: Province
  /** Up between runs. */
  readonly node: HubNode
  /** Every message that was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, unknown>
  /** Cases that were handed in. */
  cases: number
}

async function openLane(ground: Ground): Promise<Lane> {
  const dataDir = mkdtempSync(join(ground.folder, 'lane-'))
  cpSync(ground.template, dataDir, { recursive: true })
  let address = ''
  const province = await openProvinceFor(ground, () => address)
  const node = await openNode(ground, dataDir, province.address)
  address = node.address
  await node.start()
  return { dataDir, province, node, acknowledged: noteAcknowledged(province.ledger), cases: 0 }
}

async function closeLane({ dataDir, province, node }: Lane): Promise<void> {
  await province.close()
  await node.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

async function runIn(lane: Lane, point: Point | undefined, log: string): Promise<Outcome> {
  const { dataDir, province, node } = lane
  const files = STORE_FILES.map((name) => join(dataDir, name))
  const acknowledged = noteAcknowledged(province.ledger)
  const limit = AbortSignal.timeout(RUN_LIMIT_MS)
  const tracer = await attachTracer(node.pid(), { files, log, point })
  let alive = true
  const isAlive = (): boolean => alive
  void node.exited().then(() => {
    alive = false
  })
  const handedIn = handIn(province, ++lane.cases)
  handedIn.done.catch(() => undefined)
  await workUntilOver(province, handedIn, node)

  const words: string[] = []
  let lost = 0
  const lookIntoFile = (): void => {
    const { integrity, messageIds } = readStoreFile(dataDir)
    if (integrity !== 'ok') words.push(`integrity_check: ${integrity}`)
    const missing = [...lane.acknowledged.keys()].filter((id) => !messageIds.has(id))
    words.push(...missing.map((id) => `${id} was acknowledged and is not in the file`))
    lost = missing.length
  }
  const holdBooks = async (): Promise<void> => {
    await handedIn.done
    const verdict = verdictOf(province, await settledBooks(province, handedIn.cases, acknowledged, limit))
    if (!isClean(verdict)) words.push(...verdict.words)
  }
  const accepted = acknowledged.size
  if (isAlive() && point?.fault !== 'kill' && hasHappened(log, point)) {
    // It has got over its fault and goes on; the next run is about it too.
    await tracer.detach()
    await holdBooks()
    lookIntoFile()
  } else {
    // Where the fault has not come about yet, it may while the hub stops.
    await node.terminate()
    await tracer.gone()
    lookIntoFile()
    await node.start()
    await holdBooks()
  }
  return { reached: hasHappened(log, point), accepted, lost, words }
}

interface HandedIn {
  readonly cases: readonly WindowCase[]
  /** Resolves when the hub has taken it. */
  readonly done: Promise<unknown>
}

const REGION = '411300'

/** One case the shortest way: four messages, each accepted, leased, delivered and settled, from both sides. */
function handIn(province: Province, number: number): HandedIn {
  const cases: WindowCase[] = []
  const [item] = annexItems(province.deployment)
  const visit = {
    applicant: person(number),
    item,
    scenario: 'initial',
    jurisdictionRegion: REGION,
    plan: 'swift',
  } as const
  const done = province.receive(REGION, visit).then((theCase) => cases.push(theCase))
  return { cases, done }
}

/** Resolves when the case is at its end, the hub is gone, or it has taken too long. */
async function workUntilOver(province: Province, { cases, done }: HandedIn, hub: HubNode): Promise<void> {
  const limit = AbortSignal.timeout(CASES_LIMIT_MS)
  const over = done.then(() =>
    province.ledger.until(() => cases.every((theCase) => hasEnded(province, theCase)), limit),
  )
  const late = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve()))
  await Promise.race([over.catch(() => undefined), hub.exited(), late])
}
