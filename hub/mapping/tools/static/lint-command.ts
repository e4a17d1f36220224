/** `hub mapping lint`: what is wrong, or looks wrong, with format packages, without running them. */
import { Command } from 'commander'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from '../tool-host.ts'
import { findingLines, summaryLine } from './finding-text.ts'
import { lintAll, lintPackage } from './lint.ts'
import { openSources } from './open-sources.ts'

export interface LintOptions extends OutputOptions {
  readonly all?: boolean
}

export function lintCommand(host: ToolHost): Command {
  return new Command('lint')
    .description('Check format packages against both schemas, without running them. Exit code 1 on errors.')
    .argument('[format]', 'folder below mappings/')
    .option('--all', 'all packages, and functions that none of them uses')
    .option('--json', 'print one JSON object')
    .action((format: string | undefined, options: LintOptions) =>
      conclude(host, options, async () => lintFormats(host, format, options)),
    )
}

/** @throws UsageError where neither a format nor `all` is given, or there is no such format */
export function lintFormats(
  host: ToolHost,
  format: string | undefined,
  { all = false }: LintOptions,
): Outcome {
  if ((format === undefined) !== all) throw new UsageError('Name one format, or write --all.')
  const sources = openSources(host, format)
  const findings = all ? lintAll(sources) : sources.packages.flatMap(lintPackage)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const formats = sources.packages.map(({ folder }) => folder)
  return {
    exitCode: errors === 0 ? 0 : 1,
    report: { formats, errors, warnings: findings.length - errors, findings },
    lines: [...findings.flatMap(findingLines), summaryLine(findings, formats)],
  }
}
