/** What a command of `hub mapping` may use of the machine, and how it ends: for people, for `--json`, for CI by its exit code. */
import type { Command } from 'commander'
import type { Environment } from '../../config/environment.ts'
import type { Clock } from '../../contract/clock.ts'
import { ConfigError, HubError } from '../../contract/errors.ts'

/** 0 nothing to complain about, 1 findings, 2 the command was called wrongly. */
export type ExitCode = 0 | 1 | 2

export interface ToolHost {
  readonly environment: Environment
  readonly clock: Clock
  /** Who acts; recorded with activations. */
  readonly user: string
  /** Folder of the partners' schemas; by default the one shipped with the hub. */
  readonly formatSchemas?: string
  print(text: string): void
  complain(text: string): void
  /** Asks a person yes or no; absent where nobody sits at a terminal. */
  readonly confirm?: (question: string) => Promise<boolean>
  /** How the command ends; called once. */
  finish(code: ExitCode): void
  /** Fires when a command that goes on by itself (`--watch`) is to end. */
  readonly stopping: AbortSignal
}

/** What a command found. */
export interface Outcome {
  readonly exitCode: 0 | 1
  /** For `--json`, printed as one object with `ok` in front. */
  readonly report: Readonly<Record<string, unknown>>
  /** For people. */
  readonly lines: readonly string[]
}

/** The command cannot do what it was asked, through no fault of the package: exit code 2. */
export class UsageError extends HubError {
  constructor(message: string) {
    super('TOOL_USAGE', message)
  }
}

export interface OutputOptions {
  readonly json?: boolean
}

/** Runs a command to its end: prints what it found or what was wrong with the call, and sets the exit code. */
export async function conclude(
  host: ToolHost,
  { json = false }: OutputOptions,
  work: () => Promise<Outcome>,
): Promise<void> {
  try {
    const { exitCode, report, lines } = await work()
    if (json) host.print(JSON.stringify({ ok: exitCode === 0, ...report }))
    else for (const line of lines) host.print(line)
    host.finish(exitCode)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error
    if (json) host.print(JSON.stringify({ ok: false, error: { code: error.code, message: error.message } }))
    else host.complain(error.message)
    host.finish(2)
  }
}

/** Wrong options and arguments end with 2 as well; commander would say 1. */
export function endsWithUsage(command: Command, host: ToolHost): Command {
  command.configureOutput({
    writeOut: (text) => host.print(text.trimEnd()),
    writeErr: (text) => host.complain(text.trimEnd()),
  })
  command.exitOverride((error) => {
    host.finish(error.exitCode === 0 ? 0 : 2)
    throw error
  })
  for (const inner of command.commands) endsWithUsage(inner, host)
  return command
}
