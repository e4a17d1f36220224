/** strace as a hand that fails the n-th system call on the store's files: https://man7.org/linux/man-pages/man1/strace.1.html, "Tampering". */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Calls by which bytes reach the store's files, and by which they reach the disk. */
export const SYSTEM_CALLS = ['pwrite64', 'write', 'fdatasync', 'fsync'] as const
export type SystemCall = (typeof SYSTEM_CALLS)[number]

/**
 * `kill`: the process dies on entering the call. `EIO`: the call fails once. `ENOSPC`: it fails, and so do the five
 * after it, as on a disk that stays full for a while.
 */
export const FAULTS = ['kill', 'EIO', 'ENOSPC'] as const
export type Fault = (typeof FAULTS)[number]

export interface Point {
  readonly call: SystemCall
  /** Which of these calls on the store's files, from 1, counted since the tracer is there. */
  readonly number: number
  readonly fault: Fault
}

const FULL_FOR = 5

/** Why there is no tracer here, in words; undefined where there is one that works. */
export function tracerMissing(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  })
  if (error !== undefined) return `strace is not installed (${error.message}): apt-get install strace`
  return status === 0 ? undefined : `strace cannot trace here: ${stderr.trim()}`
}

export interface Trace {
  /** The only files whose calls count. */
  readonly files: readonly string[]
  /** Where the tracer writes what it saw. */
  readonly log: string
  /** Absent: the calls are counted, and nothing happens to them. */
  readonly point: Point | undefined
}

/**
 * The program that another is run under. The tracer is a grandchild (-D), so that whoever starts the program has it itself
 * as child.
 */
export function tracer(trace: Trace): string[] {
  return ['strace', '-D', '-qq', ...options(trace)]
}

export interface AttachedTracer {
  /** Lets the process go on without it. Safe where the process has ended. */
  detach(): Promise<void>
  /** Resolves when the process has ended, and the tracer with it. */
  gone(): Promise<void>
}

/**
 * Lays hold of a process that runs already, and resolves when it has: what it does until then costs nothing and does not
 * count.
 * @throws Error in the tracer's own words where it may not
 */
export async function attachTracer(pid: number, trace: Trace): Promise<AttachedTracer> {
  const child = spawn('strace', ['-p', String(pid), ...options(trace)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'close')
  const said: string[] = []
  const attached = Promise.withResolvers<void>()
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (line.includes(`Process ${pid} attached`)) attached.resolve()
  })
  gone.then(
    () => attached.reject(new Error(said.join('\n'))),
    (error: unknown) => attached.reject(error),
  )
  await attached.promise
  return {
    detach: async () => {
      child.kill('SIGINT')
      await gone
    },
    gone: async () => {
      await gone
    },
  }
}

function options({ files, log, point }: Trace): string[] {
  const calls = point === undefined ? SYSTEM_CALLS : [point.call]
  const injection = point === undefined ? [] : ['-e', `inject=${point.call}:${faultOf(point)}`]
  const paths = files.flatMap((file) => ['-P', file])
  return ['-f', '-o', log, ...paths, '-e', `trace=${calls.join(',')}`, ...injection]
}

function faultOf({ fault, number }: Point): string {
  if (fault === 'kill') return `signal=KILL:when=${number}`
  return `error=${fault}:when=${fault === 'EIO' ? number : `${number}..${number + FULL_FOR}`}`
}

/** How often each call was made. The store's calls all come from one thread, which is what strace counts by. */
export function callsIn(log: string): ReadonlyMap<SystemCall, number> {
  const text = readLog(log)
  return new Map(
    SYSTEM_CALLS.map((call) => [call, text.match(new RegExp(`^\\d+ +${call}\\(`, 'gm'))?.length ?? 0]),
  )
}

/** Whether the fault came about: a run may end before its n-th call. */
export function hasHappened(log: string, point: Point | undefined): boolean {
  if (point === undefined) return false
  return readLog(log).includes(point.fault === 'kill' ? 'killed by SIGKILL' : '(INJECTED)')
}

function readLog(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8') : ''
}
