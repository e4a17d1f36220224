/** Asks a program: it gets the path as its only argument, and answers by its exit code as clamscan(1) does: 0 clean, 1 found something. */
import { execFile } from 'node:child_process'
import type { ScanResult } from './scanner.ts'

const FOUND = 1

/** @param timeoutMs after which the program is ended. Throws for every other exit code and where it cannot be run. */
export function scanByCommand(command: string, path: string, timeoutMs: number): Promise<ScanResult> {
  return new Promise((resolve, reject) => {
    // No shell, and an environment without the hub's secrets.
    const options = { timeout: timeoutMs, maxBuffer: 64 * 1024, env: { PATH: '/usr/bin:/bin' } }
    const child = execFile(command, [path], options, (error, stdout) => {
      if (error === null) return resolve({ clean: true })
      if (child.exitCode === FOUND) return resolve({ clean: false, finding: findingIn(stdout) })
      const how = child.exitCode === null ? (error.code ?? 'it was ended') : `exit code ${child.exitCode}`
      reject(new Error(`${command}: ${how}`))
    })
  })
}

/** `<path>: <name> FOUND`, as clamscan prints it; other programs may say what they like. */
function findingIn(output: string): string {
  return /: (.+) FOUND/.exec(output)?.[1]?.slice(0, 200) ?? 'not named'
}
