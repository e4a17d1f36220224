/**
 * Rate of `POST /v1/cases` of distinct annex cases in the gateway's own format: signed, decoded, mapped, validated,
 * committed, answered. Held against a bare floor measured in the same run, in turn, so that whatever else the machine
 * does hits both. `cpu_…` is the same in time computed rather than passed, and so less disturbed by others.
 *
 * Receivers are silent while this is measured: deliveries are written and begun, but do not get on. A last round tells
 * what is left of the rate while the hub delivers the backlog with all it has (`per_s_while_delivering`).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeployment, secretNames } from '../../simulators/deployment.ts'
import { startHubProcess } from '../../simulators/province/hub-process.ts'
import { keepSecrets } from '../../simulators/province/secrets.ts'
import { type Child, startChild } from '../child.ts'
import { cpuTimeMs } from '../cpu-time.ts'
import type { Bench } from '../main.ts'
import { percentile, rounded } from '../percentile.ts'
import type { FloorAnswer } from './floor.ts'
import type { LoadAnswer, LoadQuestion } from './load.ts'

const CONNECTIONS = 32
const ROUNDS = 3
const DEFAULT_SECONDS = 20
/** Requests before the clock counts: enough for the compiler to have seen everything. */
const WARM_UP = 3_000

interface Side {
  readonly target: LoadQuestion['target']
  readonly port: number
  readonly pid: number
  /** Requests sent so far: where the next ones start. */
  sent: number
  /** Requests a second, of the last round. */
  rate: number
  readonly rates: number[]
  readonly latencies: number[]
  /** Milliseconds that the server computed, over the counted rounds; NaN where nobody knows. */
  cpuMs: number
  counted: number
}

export const run: Bench = async ({ json, seconds = DEFAULT_SECONDS }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-bench-'))
  const secretsFile = join(folder, 'secrets.json')
  keepSecrets(secretsFile, secretNames(readDeployment()))
  const children: Child[] = []
  const start = (file: string): Child => {
    const child = startChild(file)
    children.push(child)
    return child
  }
  try {
    const sink = start('sink.ts')
    const { port: sinkPort } = await sink.ask<{ port: number }>({ answers: false })
    const floorServer = start('intake/floor.ts')
    const floor = await floorServer.ask<FloorAnswer>({ file: join(folder, 'floor.sqlite') })
    const hub = await startHubProcess({
      dataDir: folder,
      secretsFile,
      simulatorsUrl: `http://127.0.0.1:${sinkPort}`,
      port: 0,
      logFile: join(folder, 'hub.log'),
    })
    try {
      const load = start('intake/load.ts')
      const hubSide = aSide('hub', Number(new URL(hub.address).port), hub.pid)
      const floorSide = aSide('floor', floor.port, floorServer.pid)
      const roundSeconds = seconds / (2 * ROUNDS)
      for (const side of [hubSide, floorSide]) await sendRound(load, side, secretsFile, WARM_UP)
      for (let round = 1; round <= ROUNDS; round++) {
        for (const side of [hubSide, floorSide]) {
          await sendRound(load, side, secretsFile, Math.ceil(side.rate * roundSeconds), side)
          if (!json)
            console.log(`round ${round}  ${side.target.padEnd(5)}  ${Math.round(side.rate)} requests/s`)
        }
      }
      await sink.ask({ answers: true })
      const delivering: Side = { ...hubSide, rates: [], latencies: [] }
      await sendRound(load, delivering, secretsFile, Math.ceil((hubSide.rate * roundSeconds) / 2), delivering)
      return resultOf(hubSide, floorSide, delivering)
    } finally {
      await hub.kill()
    }
  } finally {
    for (const child of children) await child.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function aSide(target: Side['target'], port: number, pid: number): Side {
  return { target, port, pid, sent: 0, rate: 0, rates: [], latencies: [], cpuMs: 0, counted: 0 }
}

/** @param counted where the round counts; left out, it only warms up and tells the rate */
async function sendRound(
  load: Child,
  side: Side,
  secretsFile: string,
  count: number,
  counted?: Side,
): Promise<void> {
  const { target, port, sent: first } = side
  const question: LoadQuestion = { target, port, secretsFile, first, count, connections: CONNECTIONS }
  const cpuBefore = cpuTimeMs(side.pid)
  const answer = await load.ask<LoadAnswer>(question)
  if (answer.failures > 0)
    throw new Error(
      `${answer.failures} of ${count} requests to the ${target} failed, the first with:\n${answer.firstFailure}`,
    )
  side.sent += count
  side.rate = count / answer.seconds
  if (counted === undefined) return
  counted.rates.push(side.rate)
  for (const latency of answer.latencies) counted.latencies.push(latency)
  counted.cpuMs += (cpuTimeMs(side.pid) ?? Number.NaN) - (cpuBefore ?? Number.NaN)
  counted.counted += count
}

function resultOf(hub: Side, floor: Side, delivering: Side): Record<string, unknown> {
  const perSecond = median(hub.rates)
  const floorPerSecond = median(floor.rates)
  hub.latencies.sort((a, b) => a - b)
  return {
    name: 'intake',
    per_s: Math.round(perSecond),
    floor_per_s: Math.round(floorPerSecond),
    ratio_to_floor: rounded(perSecond / floorPerSecond, 3),
    p99_ms: rounded(percentile(hub.latencies, 0.99), 2),
    cpu_ms_per_request: rounded(cpuMsPerRequest(hub), 3),
    floor_cpu_ms_per_request: rounded(cpuMsPerRequest(floor), 3),
    cpu_ratio_to_floor: rounded(cpuMsPerRequest(floor) / cpuMsPerRequest(hub), 3),
    per_s_while_delivering: Math.round(delivering.rate),
  }
}

function cpuMsPerRequest({ cpuMs, counted }: Side): number {
  return cpuMs / counted
}

function median(values: readonly number[]): number {
  return percentile(Float64Array.from(values).sort(), 0.5)
}
