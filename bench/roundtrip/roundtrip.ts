/**
 * Whole cases: a city submits an initial registration, the hub delivers it to the province's department, which accepts,
 * decides and completes it, and the hub pushes each of the three to the city. A case counts when the city has seen
 * case.completed. Four messages in and four deliveries out a case; hub and simulators share the machine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeployment, secretNames } from '../../simulators/deployment.ts'
import { startHubProcess } from '../../simulators/province/hub-process.ts'
import { keepSecrets } from '../../simulators/province/secrets.ts'
import { startChild } from '../child.ts'
import type { Bench } from '../main.ts'
import { percentile, rounded } from '../percentile.ts'
import type { OpenAnswer, RoundtripQuestion, RunAnswer } from './load.ts'

const DEFAULT_SECONDS = 20
const WARM_UP_SECONDS = 5
/** Cases under way at once. */
const UNDER_WAY = 64

export const run: Bench = async ({ json, seconds = DEFAULT_SECONDS }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-bench-'))
  const secretsFile = join(folder, 'secrets.json')
  keepSecrets(secretsFile, secretNames(readDeployment()))
  const province = startChild('roundtrip/load.ts')
  try {
    const ask = <Answer>(question: RoundtripQuestion): Promise<Answer> => province.ask<Answer>(question)
    const { address } = await ask<OpenAnswer>({ kind: 'open', secretsFile })
    const hub = await startHubProcess({
      dataDir: folder,
      secretsFile,
      simulatorsUrl: address,
      port: 0,
      logFile: join(folder, 'hub.log'),
    })
    try {
      const answer = await ask<RunAnswer>({
        kind: 'run',
        hubAddress: hub.address,
        warmUpSeconds: WARM_UP_SECONDS,
        seconds,
        underWay: UNDER_WAY,
      })
      if (answer.troubles.length > 0) throw new Error(answer.troubles.join('\n'))
      if (!json)
        console.log(`${answer.latencies.length} cases in ${seconds} s, ${UNDER_WAY} under way at once`)
      return {
        name: 'roundtrip',
        cases_per_s: rounded(answer.latencies.length / answer.seconds, 1),
        p50_ms: rounded(percentile(answer.latencies, 0.5), 1),
        p99_ms: rounded(percentile(answer.latencies, 0.99), 1),
      }
    } finally {
      await hub.kill()
    }
  } finally {
    await province.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
