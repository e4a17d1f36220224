/**
 * What three ill destinations cost the others: one refuses connections, one takes requests and never answers, one answers
 * 500. Two hubs run side by side, one with the ill three and one without, under the same steady load, in turn, so that
 * whatever else the machine does hits both. Timed is the way from handing in to arrival at a well receiver.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeployment, secretNames } from '../../simulators/deployment.ts'
import { startHubProcess } from '../../simulators/province/hub-process.ts'
import { keepSecrets } from '../../simulators/province/secrets.ts'
import { startChild } from '../child.ts'
import type { Bench } from '../main.ts'
import { percentile, rounded } from '../percentile.ts'
import type { OpenAnswer, PartnersQuestion, WindowAnswer } from './partners.ts'

const DEAD = '410300'
const SLOW = '410400'
const FAILING = '410600'
const WELL = ['410100', '410200', '411300', '411500', '411600', '419001']
const ILL = [DEAD, SLOW, FAILING].map((region) => `city-${region}`)
const PER_SECOND = 60
const WINDOW_SECONDS = 0.5
/** Windows of each side whose latencies make one percentile. */
const BLOCK = 6
const DEFAULT_SECONDS = 40
/** Long enough for the compiler, and for the breakers of the ill to have opened. */
const WARM_UP_SECONDS = 4
const TOPOLOGY = join(import.meta.dirname, '..', '..', 'topology')
/** As the topology spells it; the braces are its own. */
const SIMULATORS = ['$', '{SIMULATORS_URL:-http://127.0.0.1:18080}'].join('')

export const run: Bench = async ({ json, seconds = DEFAULT_SECONDS }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-bench-'))
  const secretsFile = join(folder, 'secrets.json')
  const deployment = readDeployment()
  keepSecrets(secretsFile, secretNames(deployment))
  const pushed = [DEAD, SLOW, FAILING, ...WELL].filter(
    (region) => deployment.systems.get(`city-${region}`)?.door === undefined,
  )
  if (pushed.length > 0) throw new Error(`These cities collect from their inbox: ${pushed.join(', ')}.`)
  const partners = startChild('isolation/partners.ts')
  const ask = <Answer>(question: PartnersQuestion): Promise<Answer> => partners.ask<Answer>(question)
  const stops: (() => Promise<void>)[] = [() => partners.stop()]
  try {
    const openHub = async (name: string, ill: boolean): Promise<string> => {
      const { port } = await ask<OpenAnswer>({
        kind: 'open',
        behaviour: ill ? { [`city-${SLOW}`]: 'hangs', [`city-${FAILING}`]: 'answers-500' } : {},
      })
      const dataDir = join(folder, name)
      mkdirSync(dataDir)
      const hub = await startHubProcess({
        dataDir,
        secretsFile,
        simulatorsUrl: `http://127.0.0.1:${port}`,
        port: 0,
        logFile: join(dataDir, 'hub.log'),
        environment: {
          HUB_DATABASE_URL: '',
          ...(ill ? { HUB_TOPOLOGY_DIR: topologyWithDead(join(folder, 'topology')) } : {}),
        },
      })
      stops.unshift(() => hub.kill())
      return hub.address
    }
    const sides = [
      { address: await openHub('well', false), latencies: [] as number[], tails: [] as number[] },
      { address: await openHub('ill', true), latencies: [] as number[], tails: [] as number[] },
    ] as const
    let lagMs = 0
    const window = (hubAddress: string, lasting: number): Promise<WindowAnswer> =>
      ask<WindowAnswer>({
        kind: 'window',
        hubAddress,
        secretsFile,
        regions: [DEAD, ...WELL.slice(0, 2), SLOW, ...WELL.slice(2, 4), FAILING, ...WELL.slice(4)],
        ill: ILL,
        count: PER_SECOND * lasting,
        perSecond: PER_SECOND,
      })
    for (const { address } of sides) await window(address, WARM_UP_SECONDS)
    const blocks = Math.max(3, Math.round(seconds / WINDOW_SECONDS / 2 / BLOCK))
    for (let block = 0; block < blocks; block++) {
      const before = sides.map(({ latencies }) => latencies.length)
      for (let round = 0; round < BLOCK; round++) {
        // Each goes first as often as the other.
        for (const side of round % 2 === 0 ? sides : [sides[1], sides[0]]) {
          const answer = await window(side.address, WINDOW_SECONDS)
          side.latencies.push(...answer.latencies)
          lagMs = Math.max(lagMs, answer.lagMs)
        }
      }
      for (const [index, { latencies, tails }] of sides.entries())
        tails.push(p(latencies.slice(before[index]), 0.99))
      if (!json)
        console.log(sides.map(({ tails }) => `p99 ${tails.at(-1)?.toFixed(1)} ms`).join(' without, with '))
    }
    return resultOf(sides[0], sides[1], lagMs)
  } finally {
    for (const stop of stops) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The topology with one city at an address where nobody listens. */
function topologyWithDead(folder: string): string {
  cpSync(TOPOLOGY, folder, { recursive: true })
  const file = join(folder, 'systems', `city-${DEAD}.yaml`)
  const text = readFileSync(file, 'utf8')
  if (!text.includes(SIMULATORS)) throw new Error(`${file} does not deliver to the simulators.`)
  writeFileSync(file, text.replace(SIMULATORS, 'http://127.0.0.1:1'))
  return folder
}

interface Side {
  readonly latencies: readonly number[]
  /** 99th percentile of each block of windows. */
  readonly tails: readonly number[]
}

function resultOf(well: Side, ill: Side, lagMs: number): Record<string, unknown> {
  const growths = ill.tails.map((tail, block) => tail / (well.tails[block] as number) - 1)
  return {
    name: 'isolation',
    // The median block: somebody else's burst of work on the machine falls into one block.
    p99_growth: rounded(p(growths, 0.5), 3),
    p99_growth_pooled: rounded(p(ill.latencies, 0.99) / p(well.latencies, 0.99) - 1, 3),
    p50_growth: rounded(p(ill.latencies, 0.5) / p(well.latencies, 0.5) - 1, 3),
    p99_ms: rounded(p(ill.latencies, 0.99), 1),
    p99_ms_without: rounded(p(well.latencies, 0.99), 1),
    p50_ms: rounded(p(ill.latencies, 0.5), 1),
    p50_ms_without: rounded(p(well.latencies, 0.5), 1),
    deliveries: well.latencies.length + ill.latencies.length,
    blocks: growths.length,
    event_loop_p99_ms: rounded(lagMs, 1),
  }
}

function p(values: readonly number[], share: number): number {
  return percentile(Float64Array.from(values).sort(), share)
}
