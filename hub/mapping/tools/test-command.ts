/** `hub mapping test`: the cases of one package or of all, with the differences by path. */
import { Command } from 'commander'
import { loadValidator } from '../../canonical/validator.ts'
import type { Difference } from '../difference.ts'
import { type CaseResult, runCases } from '../run-cases.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from './tool-host.ts'
import { planUpdates, writeUpdates } from './update-cases.ts'
import { faultLines, openFormats, workbenchOf } from './workbench.ts'

export interface TestOptions extends OutputOptions {
  readonly update?: boolean
  readonly yes?: boolean
}

export function testCommand(host: ToolHost): Command {
  return new Command('test')
    .description('Run the test cases of a package, or of all packages.')
    .argument('[format]', 'folder below mappings/; all where left out')
    .option('--update', 'rewrite the expected outputs of failing cases to what the package makes now')
    .option('--yes', 'with --update: do not ask')
    .option('--json', 'print one JSON object')
    .action((format: string | undefined, options: TestOptions) =>
      conclude(host, options, () => testFormats(host, format, options)),
    )
}

/** @throws UsageError where there is no such format, or nobody can be asked about an update */
export async function testFormats(
  host: ToolHost,
  format: string | undefined,
  { update = false, yes = false }: TestOptions = {},
): Promise<Outcome> {
  const bench = workbenchOf(host)
  const { packages, faults } = openFormats(bench, format)
  const validator = loadValidator()
  const lines = faultLines(faults)
  const report: object[] = []
  let failures = 0
  for (const loaded of packages) {
    const results = await runCases(loaded, { validator })
    const failed = results.filter(({ passed }) => !passed)
    lines.push(...caseLines(loaded.version, loaded.id, results))
    report.push({ id: loaded.id, version: loaded.version, cases: results.map(forReport) })
    if (!update || failed.length === 0) {
      failures += failed.length
      continue
    }
    const { updates, left } = await planUpdates(loaded, results, validator)
    lines.push(...left.map(({ title, why }) => `  left: ${title}: ${why}`))
    const agreed = updates.length > 0 && (yes || (await asked(host, lines, updates)))
    if (agreed) {
      writeUpdates(bench.mappingsDir, updates)
      lines.push(...updates.map(({ file }) => `  written: mappings/${loaded.id}/${file}`))
    }
    failures += agreed ? left.length : failed.length
  }
  const ok = failures === 0 && faults.length === 0
  return { exitCode: ok ? 0 : 1, report: { faults, packages: report }, lines }
}

/** A person sees the differences before they answer. */
async function asked(
  host: ToolHost,
  lines: string[],
  updates: readonly { readonly title: string }[],
): Promise<boolean> {
  if (host.confirm === undefined)
    throw new UsageError('Nobody can be asked here; --update without a terminal needs --yes.')
  for (const line of lines.splice(0)) host.print(line)
  return host.confirm(`Rewrite the expectation of ${updates.length} case(s)?`)
}

function caseLines(version: string, id: string, results: readonly CaseResult[]): string[] {
  const failed = results.filter(({ passed }) => !passed)
  const verdict = failed.length === 0 ? 'all pass' : `${failed.length} fail`
  return [
    `${failed.length === 0 ? '✓' : '✗'} ${id} ${version}: ${results.length} case(s), ${verdict}`,
    ...failed.flatMap(({ title, direction, message, problems, differences }) => [
      `  ✗ ${title} (${direction}${message === undefined ? '' : ` ${message}`})`,
      ...problems.map((problem) => `      ${problem}`),
      ...differences.flatMap(differenceLines),
    ]),
  ]
}

function differenceLines({ path, ...sides }: Difference): string[] {
  if (path === 'faults' && Array.isArray(sides.actual) && sides.expected === undefined)
    return sides.actual.map(refusalLine)
  const shown = (side: 'expected' | 'actual') => (side in sides ? JSON.stringify(sides[side]) : 'nothing')
  return [
    `      ${path === '' ? '(the whole)' : path}`,
    `        expected ${shown('expected')}`,
    `        actual   ${shown('actual')}`,
  ]
}

function refusalLine({ code, pointer, source }: { code: string; pointer?: string; source?: string }): string {
  return `      refused: ${code} ${pointer ?? '(no place)'}${source === undefined ? '' : ` ← ${source}`}`
}

function forReport({ title, about, direction, message, passed, differences, problems }: CaseResult): object {
  return {
    title,
    about,
    direction,
    ...(message === undefined ? {} : { message }),
    passed,
    differences,
    problems,
  }
}
