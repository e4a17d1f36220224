/**
 * `npm start`: the hub as a process of its own, the whole simulated province, and a handful of annex cases that can be
 * watched as they move. Serves until SIGINT or SIGTERM. With `--once` it ends by itself: 0 when every case reached the
 * end it should, 1 otherwise, and the last line on stdout is one JSON object.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { WindowCase } from '../acceptance/window.ts'
import { readDeployment, secretNames } from '../deployment.ts'
import { machineTime } from '../time.ts'
import { annexCases } from './cases.ts'
import { type Ending, endingOf, hasEnded } from './ending.ts'
import { freePort, type HubProcess, startHubProcess } from './hub-process.ts'
import { openProvince, type Province } from './province.ts'
import { keepSecrets } from './secrets.ts'
import { printTimeline } from './timeline.ts'

const DEFAULT_PORT = 8080
/** Whole time that `--once` may take. */
const LIMIT_MS = 60_000
/** How long officials think when somebody watches. */
const WATCHABLE = { leastMs: 150, mostMs: 600 }
const BRISK = { leastMs: 0, mostMs: 5 }

interface Running {
  readonly hub: HubProcess
  readonly province: Province
}

const USAGE = `npm start -- [options]
  --once        hand the annex cases in, wait for their ends, print a summary and leave (0 = all as it should be)
  --data DIR    where the hub keeps its data (default: data, or HUB_DATA_DIR; with --once a new temporary directory)
  --seed N      seed of everything the simulators leave to chance (default 1)`

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
  const temporary = values.once && values.data === undefined
  const dataDir = temporary
    ? mkdtempSync(join(tmpdir(), 'hub-once-'))
    : resolve(values.data ?? process.env.HUB_DATA_DIR ?? 'data')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const logFile = join(dataDir, 'hub.log')
  try {
    const port = values.once ? await freePort(0) : await servingPort()
    const running = await startAll({
      dataDir,
      logFile,
      port,
      seed: Number(values.seed),
      pace: values.once ? BRISK : WATCHABLE,
    })
    return values.once ? await once(running, logFile) : await keepServing(running, dataDir)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    showLog(logFile)
    return 1
  } finally {
    if (temporary) rmSync(dataDir, { recursive: true, force: true })
  }
}

async function startAll(options: {
  readonly dataDir: string
  readonly logFile: string
  readonly port: number
  readonly seed: number
  readonly pace: { readonly leastMs: number; readonly mostMs: number }
}): Promise<Running> {
  const { dataDir, logFile, port, seed, pace } = options
  const deployment = readDeployment()
  const secretsFile = join(dataDir, 'secrets.json')
  const secrets = new Map(keepSecrets(secretsFile, secretNames(deployment)))
  // What the environment says wins at the hub, so it has to win here.
  for (const name of secrets.keys()) secrets.set(name, process.env[name] || (secrets.get(name) as string))
  let hubAddress = ''
  const province = await openProvince({
    deployment,
    secrets,
    hubAddress: () => hubAddress,
    port: 0,
    time: machineTime,
    seed,
    pace,
  })
  try {
    const hub = await startHubProcess({
      dataDir,
      secretsFile,
      simulatorsUrl: province.address,
      port,
      logFile,
    })
    hubAddress = hub.address
    province.collect()
    return { hub, province }
  } catch (error) {
    await province.close()
    throw error
  }
}

async function servingPort(): Promise<number> {
  const wanted = Number(process.env.HUB_PORT || DEFAULT_PORT)
  const port = await freePort(wanted)
  if (port !== wanted)
    console.log(
      `端口 ${wanted} 已被占用，改用 ${port} / Port ${wanted} is taken; the hub listens on ${port} instead.`,
    )
  return port
}

async function once({ hub, province }: Running, logFile: string): Promise<number> {
  const limit = AbortSignal.timeout(LIMIT_MS)
  const cases: WindowCase[] = []
  let ending: Ending | undefined
  let trouble: unknown
  try {
    await handIn(province, cases)
    await allEnded(province, cases, limit)
    ending = await settledEnding(province, cases, limit)
  } catch (error) {
    trouble = limit.aborted ? new Error(`Not done within ${LIMIT_MS / 1000} s.`) : error
    ending = await endingOf(province, cases).catch(() => undefined)
  }
  await stopAll({ hub, province })
  const expected = annexCases(province.deployment).length
  const good =
    trouble === undefined &&
    ending !== undefined &&
    ending.stuck.length === 0 &&
    ending.submitted === expected
  if (!good) {
    if (trouble !== undefined) console.error(trouble instanceof Error ? trouble.message : trouble)
    for (const words of ending?.stuck ?? []) console.error(`stuck: ${words}`)
    showLog(logFile)
  }
  const { submitted = 0, closed = 0, refused = 0, deliveries, lost } = ending ?? {}
  console.log(JSON.stringify({ submitted, closed, refused, deliveries, lost }))
  return good ? 0 : 1
}

async function keepServing(running: Running, dataDir: string): Promise<number> {
  const { hub, province } = running
  const asked = new Promise<'asked'>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done('asked'))
  })
  const leaving = new AbortController()
  const shown = show(running, dataDir, leaving.signal)
  const why = await Promise.race([asked, hub.exited.then(() => 'gone' as const), shown.then(() => asked)])
  leaving.abort(new Error('stopping'))
  if (why === 'gone') console.error('The hub has ended; its last words are in the log.')
  else console.log('\n正在停止 / Stopping …')
  await stopAll({ hub, province })
  if (why === 'gone') showLog(join(dataDir, 'hub.log'))
  return why === 'gone' ? 1 : 0
}

async function show({ hub, province }: Running, dataDir: string, signal: AbortSignal): Promise<void> {
  const cases: WindowCase[] = []
  try {
    await handIn(province, cases)
    await allEnded(province, cases, signal)
    const ending = await settledEnding(province, cases, signal)
    const { closed, refused, submitted, deliveries } = ending
    console.log(
      `\n${submitted} 件：${closed} 已送达，${refused} 不予受理；投递 ${deliveries.delivered} 次成功 / ${submitted} cases: ${closed} closed, ${refused} refused; ${deliveries.delivered} deliveries made.`,
    )
    for (const words of ending.stuck) console.error(`stuck: ${words}`)
  } catch (error) {
    if (signal.aborted) return
    console.error(error instanceof Error ? error.message : error)
    for (const { type, status, problem } of province.refusals)
      console.error(`the hub answered ${status} to ${type}: ${JSON.stringify(problem)}`)
  }
  printHints(hub, province, dataDir)
}

/** Hands the annex cases in, one after the other, printing what moves. */
async function handIn(province: Province, cases: WindowCase[]): Promise<void> {
  const timeline = printTimeline(province.ledger, (line) => console.log(line))
  const { deployment } = province
  for (const [index, { region, visit, why }] of annexCases(deployment).entries()) {
    const label = `[${index + 1}]`
    const scenario = visit.item.scenarios.find(({ code }) => code === visit.scenario)?.name
    const place = (code: string): string => deployment.regionNames.get(code)?.zh ?? code
    console.log(
      `${label} ${visit.item.name.zh}·${scenario?.zh}（${place(region)} → ${place(visit.jurisdictionRegion)}）${why.zh} / ${scenario?.en}: ${why.en}`,
    )
    const theCase = await province.receive(region, visit)
    cases.push(theCase)
    if (theCase.missing.length > 0)
      console.log(`${label}   –  一次性告知缺 missing: ${theCase.missing.join('、')}`)
    timeline.name(theCase.caseNo as string, label)
  }
}

async function allEnded(
  province: Province,
  cases: readonly WindowCase[],
  signal: AbortSignal,
): Promise<void> {
  await province.ledger.until(
    () => failed(province) || cases.every((theCase) => hasEnded(province, theCase)),
    signal,
  )
}

/** Waiting on would not help: somebody said no, or could not read what came. */
function failed({ refusals, troubles }: Province): boolean {
  return refusals.length > 0 || troubles.length > 0
}

/** Copies and acknowledgements may still be under way when the last message has arrived. */
async function settledEnding(
  province: Province,
  cases: readonly WindowCase[],
  signal: AbortSignal,
): Promise<Ending> {
  for (;;) {
    const ending = await endingOf(province, cases)
    if (ending.deliveries.waiting === 0 || signal.aborted || failed(province)) return ending
    await new Promise<void>((done) => setTimeout(done, 50))
  }
}

function printHints(hub: HubProcess, { address }: Province, dataDir: string): void {
  const below = relative(process.cwd(), dataDir)
  const folder = below.startsWith('..') ? dataDir : below || '.'
  const environment = folder === 'data' ? '' : `HUB_DATA_DIR=${folder} `
  const example = 'examples/case-gateway-json.json'
  const sign = `${environment}npm run -s hub -- sign --system city-411300`
  const answer = "'content-type: application/json'"
  console.log(`
平台 Hub           ${hub.address}   日志 log: ${join(folder, 'hub.log')}
模拟全省 Province  ${address}
凭证 Credentials   系统 system city-411300，密钥 key city-411300-k1，密文 secret: CITY_411300_KEY in ${join(folder, 'secrets.json')}

试一试 Try it, in another terminal in the project's folder:

  ${sign} --method POST --path /v1/cases --body ${example} | curl -sS ${hub.address}/v1/cases -H @- -H ${answer} --data-binary @${example}

查办件 Look it up, with the caseNo of the answer in place of NO:

  ${sign} --path /v1/cases/NO/messages | curl -sS ${hub.address}/v1/cases/NO/messages -H @-

Ctrl-C 停止 to stop.`)
}

async function stopAll({ hub, province }: Running): Promise<void> {
  await province.close()
  await hub.stop()
}

function showLog(file: string): void {
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  } catch {
    return
  }
  console.error(`Last lines of ${file}:`)
  for (const line of lines.slice(-40)) console.error(line)
}

process.exitCode = await main()
// Nothing may keep a finished run alive: an open long poll, a pipe of the hub's.
process.exit()
