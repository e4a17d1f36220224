/** The hub as a process of its own: started as an operator would, watched through its log, stopped or killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface HubOptions {
  readonly dataDir: string
  readonly secretsFile: string
  /** Address of the simulated province; replaces `${SIMULATORS_URL}` in the topology. */
  readonly simulatorsUrl: string
  readonly port: number
  /** Log file; added to, never cut. */
  readonly logFile: string
  /** Wins over the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Program, with its arguments, that the hub runs under, such as a tracer. It must let the hub be its parent's own child. */
  readonly under?: readonly string[]
  /** Firing while the hub comes up, it kills it there and then; afterwards it does nothing. */
  readonly killWhileStarting?: AbortSignal
}

export interface HubProcess {
  /** `http://host:port`, as the hub said itself. */
  readonly address: string
  readonly pid: number
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<void>
  /** SIGTERM, and SIGKILL for a hub that is still there after 15 s. Safe twice. */
  stop(): Promise<void>
  /** SIGKILL: no farewell, as a power cut. */
  kill(): Promise<void>
}

const PROJECT = join(import.meta.dirname, '..', '..')
/** The first start on a new data folder runs the cases of every package; a busy machine takes its time. */
const START_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 15_000

/** @throws Error with the hub's last words where it does not come up within two minutes */
export async function startHubProcess(options: HubOptions): Promise<HubProcess> {
  const [command = process.execPath, ...prefix] = [...(options.under ?? []), process.execPath]
  const child = spawn(command, [...prefix, join(PROJECT, 'hub', 'cli.ts'), 'serve'], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      HUB_PORT: String(options.port),
      HUB_HOST: process.env.HUB_HOST || '127.0.0.1',
      HUB_DATA_DIR: options.dataDir,
      HUB_SECRETS_FILE: options.secretsFile,
      SIMULATORS_URL: options.simulatorsUrl,
      // Without it the hub would not say that it listens.
      HUB_LOG_LEVEL: 'info',
      ...options.environment,
    },
  })
  const killNow = (): void => void child.kill('SIGKILL')
  options.killWhileStarting?.addEventListener('abort', killNow)
  // However this process comes to its end, the hub does not stay behind it.
  process.on('exit', killNow)
  const exited = new Promise<void>((resolve) =>
    child.once('close', () => {
      process.off('exit', killNow)
      resolve()
    }),
  )
  const address = await firstWord(child, options.logFile, exited).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    await exited
    throw error
  })
  options.killWhileStarting?.removeEventListener('abort', killNow)
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal)
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await exited
    clearTimeout(limit)
  }
  return { address, pid: child.pid as number, exited, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** A port that nobody listens on now: `wanted`, or a free one where that is taken. */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer()
  try {
    server.listen(wanted, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    return port
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || wanted === 0) throw error
    return freePort(0)
  } finally {
    server.close()
  }
}

async function firstWord(child: ChildProcess, logFile: string, exited: Promise<void>): Promise<string> {
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  const last: string[] = []
  return await new Promise<string>((resolve, reject) => {
    const limit = setTimeout(
      () =>
        reject(new Error(`The hub did not listen within ${START_LIMIT_MS / 1000} s.\n${last.join('\n')}`)),
      START_LIMIT_MS,
    )
    const keep = (line: string): void => {
      log.write(`${line}\n`)
      if (last.push(line) > 20) last.shift()
      const address = addressIn(line)
      if (address !== undefined) {
        clearTimeout(limit)
        resolve(address)
      }
    }
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', keep)
    }
    child.once('error', reject)
    exited.then(() => {
      clearTimeout(limit)
      log.end()
      reject(new Error(`The hub ended before it listened.\n${last.join('\n')}`))
    })
  })
}

function addressIn(line: string): string | undefined {
  if (!line.includes('"listening"')) return undefined
  try {
    const { msg, address } = JSON.parse(line) as { msg?: unknown; address?: unknown }
    return msg === 'listening' && typeof address === 'string' ? address : undefined
  } catch {
    return undefined
  }
}

const LOG_LINES = 40

/** The end of a log file, headed by its name; nothing where there is none. */
export function lastLines(logFile: string): string[] {
  try {
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
    return [`Last lines of ${logFile}:`, ...lines.slice(-LOG_LINES)]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
