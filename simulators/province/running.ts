/** The simulated province and a hub beside it, started together on one data directory. */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readDeployment, secretNames } from '../deployment.ts'
import type { Fault } from '../faults.ts'
import type { Environment } from '../placeholders.ts'
import { machineTime } from '../time.ts'
import { type HubProcess, startHubProcess } from './hub-process.ts'
import { openProvince, type Province } from './province.ts'
import { keepSecrets } from './secrets.ts'

export interface RunningOptions {
  /** Made where it is missing. The hub's data, its log and the secrets of all systems are in it. */
  readonly dataDir: string
  /** Where the hub listens; 0 takes a free port. */
  readonly port: number
  readonly seed: number
  /** How long officials think before each letter. */
  readonly pace: { readonly leastMs: number; readonly mostMs: number }
  /** Wins over the environment of this process, here and at the hub: addresses of brokers and databases. */
  readonly environment?: Readonly<Record<string, string>>
  /** Trouble by system id. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>
  /**
   * What the hub is told of where its partners are, changed before it is: to put something between the two. Absent:
   * nothing is.
   * @param wanted SIMULATORS_URL among them
   */
  readonly between?: (wanted: Readonly<Record<string, string>>) => Promise<Readonly<Record<string, string>>>
}

export interface Running {
  readonly province: Province
  /** The hub that runs now. */
  readonly hub: () => HubProcess
  /** Kills the hub without farewell and starts another on the same data directory. */
  killAndRestart(): Promise<void>
  /** Simulators first, so that nothing new comes while the hub stops. Safe twice. */
  stop(): Promise<void>
}

/** The agencies' SFTP server is a part of the simulators: systems that wait for one take part. */
const EXCHANGE_SERVER = { SIMULATORS_SFTP_HOST: '127.0.0.1' }

export function secretsFileIn(dataDir: string): string {
  return join(dataDir, 'secrets.json')
}

export function logFileIn(dataDir: string): string {
  return join(dataDir, 'hub.log')
}

/** @throws Error with the hub's last words where it does not come up */
export async function startRunning({
  dataDir,
  port,
  seed,
  pace,
  faults,
  environment: given = {},
  between = async (wanted) => wanted,
}: RunningOptions): Promise<Running> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const environment: Environment = { ...process.env, ...given, ...EXCHANGE_SERVER }
  const deployment = readDeployment(undefined, environment)
  const secretsFile = secretsFileIn(dataDir)
  const secrets = new Map(keepSecrets(secretsFile, secretNames(deployment)))
  // What the environment says wins at the hub, so it has to win here.
  for (const [name, drawn] of secrets) secrets.set(name, environment[name] || drawn)
  let hubAddress = ''
  const province = await openProvince({
    deployment,
    secrets,
    hubAddress: () => hubAddress,
    port: 0,
    time: machineTime,
    seed,
    pace,
    environment,
    // The same for the same data: what a run leaves behind that was broken off, the next one uses again.
    scope: createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 10),
    exchangeFolder: join(dataDir, 'exchange'),
    ...(faults === undefined ? {} : { faults }),
  })
  const { SIMULATORS_URL: simulatorsUrl = province.address, ...told } = await between({
    ...given,
    ...EXCHANGE_SERVER,
    ...province.environment,
    SIMULATORS_URL: province.address,
  })
  const start = async (): Promise<HubProcess> => {
    const logFile = logFileIn(dataDir)
    const started = await startHubProcess({
      dataDir,
      secretsFile,
      simulatorsUrl,
      port,
      logFile,
      environment: told,
    })
    hubAddress = started.address
    return started
  }
  try {
    let hub = await start()
    let cleared: Promise<void> | undefined
    province.collect()
    return {
      province,
      hub: () => hub,
      killAndRestart: async () => {
        await hub.kill()
        hub = await start()
      },
      stop: async () => {
        try {
          await province.close()
        } finally {
          await hub.stop()
          cleared ??= province.clear()
          await cleared
        }
      },
    }
  } catch (error) {
    await province.close()
    await province.clear()
    throw error
  }
}
