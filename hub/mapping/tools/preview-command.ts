/** `hub mapping preview`: one input through a mapping that may be anybody's draft. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { epochOfBeijing } from '../../canonical/calendar-date.ts'
import type { Fault } from '../../contract/errors.ts'
import { packageFolders } from '../package-files.ts'
import type { PreviewRequest, PreviewResult } from './preview-request.ts'
import { wholeNumber } from './roundtrip-command.ts'
import { PREVIEW_LIMITS, runPreview } from './run-preview.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from './tool-host.ts'
import { rerunOnChange } from './watch-files.ts'
import { faultLines, workbenchOf } from './workbench.ts'

export interface PreviewOptions extends OutputOptions {
  readonly input: string
  readonly watch?: boolean
  readonly now: string
  readonly system: string
  readonly region: string
  readonly timeoutMs: number
  readonly memoryMb: number
}

export function previewCommand(host: ToolHost): Command {
  return new Command('preview')
    .description('Run one input through a mapping, in a child process with hard limits of time and memory.')
    .argument('<format>', 'folder below mappings/')
    .addArgument(
      new Argument('<direction>', 'partner to canonical, or canonical to partner').choices(['in', 'out']),
    )
    .argument('<message>', 'name of the mapping: CASE_APPLY, case.accepted')
    .requiredOption(
      '--input <file>',
      "the partner's document, as it is sent or as JSON; or a canonical message",
    )
    .option('--watch', 'run again whenever the package or the input changes')
    .option('--now <time>', 'what $now() answers', '2026-10-09T09:00:00+08:00')
    .option('--system <id>', '$sender.id or $receiver.id', 'city-411300')
    .option('--region <code>', '$sender.region or $receiver.region', '411300')
    .option(
      '--timeout-ms <number>',
      'milliseconds after which it is stopped',
      wholeNumber,
      PREVIEW_LIMITS.timeoutMs,
    )
    .option('--memory-mb <number>', 'memory it may use', wholeNumber, PREVIEW_LIMITS.memoryMb)
    .option('--json', 'print one JSON object; with --watch one a line')
    .action((format: string, direction: 'in' | 'out', message: string, options: PreviewOptions) => {
      const run = () => previewFile(host, format, direction, message, options)
      return options.watch ? watchPreview(host, format, options, run) : conclude(host, options, run)
    })
}

/** @throws UsageError where format or input file do not exist */
export async function previewFile(
  host: ToolHost,
  format: string,
  direction: 'in' | 'out',
  message: string,
  options: PreviewOptions,
): Promise<Outcome> {
  const bench = workbenchOf(host)
  const known = packageFolders(bench.mappingsDir)
  if (!known.includes(format))
    throw new UsageError(
      `There is no format ${format} in ${bench.mappingsDir}; there are: ${known.join(', ')}.`,
    )
  if (!existsSync(options.input)) throw new UsageError(`There is no file ${options.input}.`)
  const nowMs = epochOfBeijing(options.now)
  if (nowMs === undefined) throw new UsageError('Write --now as 2026-10-09T09:00:00+08:00.')
  const request: PreviewRequest = {
    mappingsDir: bench.mappingsDir,
    formatSchemas: bench.formatSchemas,
    format,
    direction,
    message,
    input: textOf(readFileSync(options.input)),
    nowMs,
    system: { id: options.system, region: options.region },
  }
  const result = await runPreview(request, options, host.clock)
  return { exitCode: isFine(result) ? 0 : 1, report: { result }, lines: resultLines(result, direction) }
}

/** A file as a partner gave it may be in GB 18030, of which GBK is a part. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

async function watchPreview(
  host: ToolHost,
  format: string,
  options: PreviewOptions,
  run: () => Promise<Outcome>,
): Promise<void> {
  const { mappingsDir } = workbenchOf(host)
  let code: 0 | 1 | 2 = 0
  // The exit code is that of the last run, set when the watching ends.
  const quiet: ToolHost = { ...host, finish: (given) => (code = given) }
  const paths = [join(mappingsDir, format), join(mappingsDir, '_shared'), options.input]
  await rerunOnChange(paths, () => conclude(quiet, options, run), host)
  host.finish(code)
}

function isFine(result: PreviewResult): boolean {
  return result.kind === 'mapped' && result.faults.length === 0 && result.misfits.length === 0
}

function resultLines(result: PreviewResult, direction: 'in' | 'out'): string[] {
  if (result.kind === 'failed') return [`✗ ${result.words}`]
  if (result.kind === 'unsound') return faultLines(result.faults)
  const { version, output, sent, faults, misfits, inputMisfits } = result
  const target = direction === 'in' ? 'canonical schema' : "partner's schema"
  const source = direction === 'in' ? "partner's schema" : 'canonical schema'
  return [
    ...(output === undefined ? [] : [JSON.stringify(output, null, 2)]),
    ...(sent === undefined ? [] : ['sent:', sent.trimEnd()]),
    ...inputMisfits.map((words) => `note: the input, by the ${source}: ${words}`),
    ...faults.flatMap(describeFault),
    ...misfits.map((words) => `✗ the output, by the ${target}: ${words}`),
    isFine(result)
      ? `✓ ${version}: fits the ${target}.`
      : `✗ ${version}: ${faults.length + misfits.length} thing(s) wrong.`,
  ]
}

function describeFault({ code, pointer, source, reason, facts }: Fault): string[] {
  return [
    `✗ ${code}  ${pointer ?? '(no place)'}${source === undefined ? '' : `  ← ${source}`}`,
    `    ${reason.zh} / ${reason.en}`,
    ...(facts === undefined ? [] : [`    ${JSON.stringify(facts)}`]),
  ]
}
