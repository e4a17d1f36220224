/** One hub of the test behind a bad network of its own: killed, started again on the same store, reached by one address that stays. */
import { join } from 'node:path'
import { type ChooseTreatment, type FaultProxy, openFaultProxy } from '../simulators/fault-proxy.ts'
import { type HubProcess, startHubProcess } from '../simulators/province/hub-process.ts'

export interface HubNodeOptions {
  readonly dataDir: string
  readonly secretsFile: string
  /** Where the hub reaches its partners. */
  readonly partnersUrl: string
  readonly environment: Readonly<Record<string, string>>
  /** Program that the hub runs under. */
  readonly under?: readonly string[]
  /** The weather between partners and this hub. */
  readonly choose: ChooseTreatment
}

export interface HubNode {
  /** Where partners reach it, alive or not. */
  readonly address: string
  readonly proxy: FaultProxy
  /** Of the hub that runs now. @throws Error where there is none yet */
  pid(): number
  /** @throws Error with the hub's last words where it does not come up */
  start(): Promise<void>
  /** Starts it and kills it after so long. Answers false where it was up before that: then it stays. */
  startAndKill(afterMs: number): Promise<boolean>
  /** SIGKILL; resolves when it is gone. Safe where it is gone already. */
  kill(): Promise<void>
  /** Resolves when the hub that runs now is gone, whoever ended it. */
  exited(): Promise<void>
  /** SIGTERM; resolves when it is gone. Safe where it is gone already. */
  terminate(): Promise<void>
  /** The same, and ends its network. Safe twice. */
  stop(): Promise<void>
}

export function logFileOf(dataDir: string): string {
  return join(dataDir, 'hub.log')
}

export async function openHubNode(options: HubNodeOptions): Promise<HubNode> {
  let hub: HubProcess | undefined
  let port = 1
  const proxy = await openFaultProxy({ target: () => ({ host: '127.0.0.1', port }), choose: options.choose })
  const dying = new AbortController()
  const launch = async (...reasons: AbortSignal[]): Promise<void> => {
    hub = await startHubProcess({
      dataDir: options.dataDir,
      secretsFile: options.secretsFile,
      simulatorsUrl: options.partnersUrl,
      port: 0,
      logFile: logFileOf(options.dataDir),
      environment: options.environment,
      ...(options.under === undefined ? {} : { under: options.under }),
      killWhileStarting: AbortSignal.any([dying.signal, ...reasons]),
    })
    port = Number(new URL(hub.address).port)
  }
  // No hub outlives a run that is broken off; sending the signal is done before the first await.
  const killAtExit = (): void => {
    dying.abort()
    void hub?.kill()
  }
  process.on('exit', killAtExit)
  return {
    address: proxy.address,
    proxy,
    pid: () => {
      if (hub === undefined) throw new Error('No hub was started.')
      return hub.pid
    },
    start: () => launch(),
    startAndKill: async (afterMs) => {
      const signal = AbortSignal.timeout(afterMs)
      try {
        await launch(signal)
        return false
      } catch (error) {
        if (!signal.aborted) throw error
        return true
      }
    },
    kill: async () => hub?.kill(),
    terminate: async () => hub?.stop(),
    exited: async () => hub?.exited,
    stop: async () => {
      process.off('exit', killAtExit)
      await hub?.stop()
      await proxy.close()
    },
  }
}
