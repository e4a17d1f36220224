/** strace as a hand that fails the n-th system call on the store's files: https://man7.org/linux/man-pages/man1/strace.1.html, "Tampering". */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Calls by which bytes reach the store's files, and by which they reach the disk. */
export const SYSTEM_CALLS = ['pwrite64', 'write', 'fdatasync', 'fsync'] as const
export type SystemCall = (typeof SYSTEM_CALLS)[number]

/**
 * `kill`: the process dies on entering the call. `EIO`: the call fails once. `ENOSPC`: it fails, and so do the thirty
 * after it, as on a disk that stays full for a while.
 */
export const FAULTS = ['kill', 'EIO', 'ENOSPC'] as const
export type Fault = (typeof FAULTS)[number]

export interface Point {
  readonly call: SystemCall
  /** Which of these calls on the store's files, from 1, counted from the start of the process. */
  readonly number: number
  readonly fault: Fault
}

const FULL_FOR = 30

/** Why there is no tracer here, in words; undefined where there is one that works. */
export function tracerMissing(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  })
  if (error !== undefined) return `strace is not installed (${error.message}): apt-get install strace`
  return status === 0 ? undefined : `strace cannot trace here: ${stderr.trim()}`
}

/**
 * The program that the hub is run under. The tracer is a grandchild (-D), so that whoever starts the hub has the hub
 * itself as child.
 * @param files the only files whose calls count
 */
export function tracer(files: readonly string[], log: string, point: Point | undefined): string[] {
  const paths = files.flatMap((file) => ['-P', file])
  const calls = point === undefined ? SYSTEM_CALLS : [point.call]
  const injection = point === undefined ? [] : ['-e', `inject=${point.call}:${faultOf(point)}`]
  return [
    ...['strace', '-D', '-f', '-qq', '-o', log, ...paths],
    ...['-e', `trace=${calls.join(',')}`, ...injection],
  ]
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
export function hasHappened(log: string, { fault }: Point): boolean {
  return readLog(log).includes(fault === 'kill' ? 'killed by SIGKILL' : '(INJECTED)')
}

function readLog(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8') : ''
}
