/** `hub mapping activate | rollback | versions`: which version of a package the hub uses. */
import { Command } from 'commander'
import { activate, rollBack } from '../registry/activation.ts'
import { readWorkingCopy } from '../registry/package-source.ts'
import { VersionShelf } from '../registry/version-shelf.ts'
import { type Check, examine } from './examine.ts'
import { wholeNumber } from './roundtrip-command.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from './tool-host.ts'
import { type Workbench, workbenchOf } from './workbench.ts'

export interface ActivateOptions extends OutputOptions {
  readonly minCoverage?: number
}

/** Percent of the conditions' sides that cases have to reach before a package becomes active. */
const MIN_COVERAGE = 30

export function activateCommand(host: ToolHost): Command {
  return new Command('activate')
    .description('Check a package (lint, cases, coverage), keep this version, and make it the active one.')
    .argument('<format>', 'folder below mappings/')
    .option(
      '--min-coverage <percent>',
      'share of the branches that the cases must reach',
      wholeNumber,
      MIN_COVERAGE,
    )
    .option('--json', 'print one JSON object')
    .action((format: string, options: ActivateOptions) =>
      conclude(host, options, () => activateFormat(host, format, options)),
    )
}

/** @throws UsageError where there is no such package */
export async function activateFormat(
  host: ToolHost,
  format: string,
  { minCoverage = MIN_COVERAGE }: ActivateOptions = {},
): Promise<Outcome> {
  const bench = workbenchOf(host)
  const source = readWorkingCopy(bench, format)
  if (source === undefined) throw new UsageError(`There is no format ${format} in ${bench.mappingsDir}.`)
  const { checks, passed, package: loaded } = await examine(source, minCoverage)
  const lines = checks.flatMap(checkLines)
  if (!passed || loaded === undefined) {
    lines.push(`✗ ${format}: not activated.`)
    return { exitCode: 1, report: { format, checks }, lines }
  }
  const shelf = new VersionShelf(bench.dataDir)
  const before = shelf.active(format)
  const entry = activate(shelf, loaded, source, { nowMs: host.clock.now(), who: host.user })
  lines.push(
    entry === undefined
      ? `✓ ${format}: ${loaded.version} is active already.`
      : `✓ ${format}: ${loaded.version} is active${before === undefined ? '' : `, ${before} before`}. A running hub takes it at its next start; messages in flight finish on their version.`,
  )
  return { exitCode: 0, report: { format, version: loaded.version, before, checks }, lines }
}

function checkLines({ name, passed, words, details }: Check): string[] {
  return [`${passed ? '✓' : '✗'} ${name}: ${words}`, ...details.map((detail) => `    ${detail}`)]
}

export function rollbackCommand(host: ToolHost): Command {
  return new Command('rollback')
    .description('Make the version before the active one active again.')
    .argument('<format>', 'format that was activated before')
    .option('--json', 'print one JSON object')
    .action((format: string, options: OutputOptions) =>
      conclude(host, options, async () => rollBackFormat(host, format)),
    )
}

/** @throws UsageError where there is nothing to go back to, or the version before is no longer sound */
export function rollBackFormat(host: ToolHost, format: string): Outcome {
  const shelf = shelfOf(workbenchOf(host), format)
  const target = shelf.stack(format).at(-2)
  if (target === undefined)
    throw new UsageError(
      `Format ${format} has one active version and none before it; there is nothing to go back to.`,
    )
  const { faults } = shelf.load(format, target.version)
  if (faults.length > 0)
    throw new UsageError(`${target.version} cannot be used: ${faults.map(({ reason }) => reason).join(' ')}`)
  const entry = rollBack(shelf, format, { nowMs: host.clock.now(), who: host.user })
  return {
    exitCode: 0,
    report: { format, version: entry?.version, from: entry?.from },
    lines: [
      `✓ ${format}: ${entry?.version} is active again, ${entry?.from} is given up. A running hub takes it at its next start.`,
    ],
  }
}

export function versionsCommand(host: ToolHost): Command {
  return new Command('versions')
    .description(
      'List the versions of a package: which is active, which are kept, who activated them and when.',
    )
    .argument('<format>', 'format that was activated before')
    .option('--json', 'print one JSON object')
    .action((format: string, options: OutputOptions) =>
      conclude(host, options, async () => versionsOfFormat(host, format)),
    )
}

/** @throws UsageError where the format was never activated */
export function versionsOfFormat(host: ToolHost, format: string): Outcome {
  const shelf = shelfOf(workbenchOf(host), format)
  const active = shelf.active(format)
  const history = shelf.history(format).map((entry) => ({ ...entry, kept: shelf.has(format, entry.version) }))
  return {
    exitCode: 0,
    report: { format, active, history },
    lines: [
      ...history.map(({ at, action, version, who, from, kept }) => {
        const what = action === 'rollback' ? `rolled back from ${from}` : 'activated'
        return `${at}  ${version}  ${what} by ${who}${kept ? '' : ', no longer kept'}`
      }),
      `active: ${active}`,
    ],
  }
}

function shelfOf({ dataDir }: Workbench, format: string): VersionShelf {
  const shelf = new VersionShelf(dataDir)
  if (shelf.history(format).length === 0) {
    const known = shelf.formats().join(', ') || 'none'
    throw new UsageError(`Format ${format} was never activated in ${dataDir}; activated: ${known}.`)
  }
  return shelf
}
