/** The commands on a real machine: its terminal, its user, its exit code. */
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import type { Environment } from '../../config/environment.ts'
import type { Clock } from '../../contract/clock.ts'
import type { ToolHost } from './tool-host.ts'

/** A person can be asked where both ends of the program are a terminal. */
export function processHost(environment: Environment, clock: Clock): ToolHost {
  const stopping = new AbortController()
  const asks = process.stdin.isTTY === true && process.stdout.isTTY === true
  return {
    environment,
    clock,
    user: environment.SUDO_USER ?? environment.USER ?? userInfo().username,
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
    ...(asks ? { confirm: askYesOrNo } : {}),
    finish: (code) => {
      process.exitCode = code
    },
    get stopping() {
      // Only a command that goes on by itself looks here; the others keep the terminal's own Ctrl-C.
      process.once('SIGINT', () => stopping.abort())
      return stopping.signal
    },
  }
}

async function askYesOrNo(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
