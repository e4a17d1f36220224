/**
 * What a process has computed so far, kernel included: on a machine that others use too, a steadier measure than rates.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second towards programs, whatever its own clock does. */
const MS_PER_TICK = 10

/** Milliseconds over all threads; undefined where there is no /proc. */
export function cpuTimeMs(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name, second and in brackets, may hold anything.
  const [, , , , , , , , , , , user, system] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(user) + Number(system)) * MS_PER_TICK
}
