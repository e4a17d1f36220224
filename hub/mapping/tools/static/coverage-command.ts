/** `hub mapping coverage`: what a package covers by its text, and what its own cases reach of it. */
import { Command } from 'commander'
import { loadValidator } from '../../../canonical/validator.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost } from '../tool-host.ts'
import { openSource, openSources } from './open-sources.ts'
import { type RunCoverage, runCoverage } from './run-coverage.ts'
import {
  type CodeCoverage,
  codeCoverage,
  type RequiredCoverage,
  requiredCoverage,
  type Share,
  shareOf,
} from './static-coverage.ts'

export function coverageCommand(host: ToolHost): Command {
  return new Command('coverage')
    .description(
      'Required target fields and codes that are covered; branches and code rows that the cases reach.',
    )
    .argument('[format]', 'folder below mappings/; without it, all packages')
    .option('--json', 'print one JSON object')
    .action((format: string | undefined, options: OutputOptions) =>
      conclude(host, options, () => (format === undefined ? coverageOfAll(host) : coverageOf(host, format))),
    )
}

/** Every package, one after the other; the report is a list. @throws UsageError */
export async function coverageOfAll(host: ToolHost): Promise<Outcome> {
  const outcomes: Outcome[] = []
  for (const { folder } of openSources(host, undefined).packages)
    outcomes.push(await coverageOf(host, folder))
  return {
    exitCode: outcomes.some(({ exitCode }) => exitCode !== 0) ? 1 : 0,
    report: { formats: outcomes.map(({ report }) => report) },
    lines: outcomes.flatMap(({ lines }) => lines),
  }
}

/** Exit code 1 where the package does not load: its cases cannot be run then. @throws UsageError */
export async function coverageOf(host: ToolHost, format: string): Promise<Outcome> {
  const source = openSource(host, format)
  const mappings = requiredCoverage(source)
  const codes = codeCoverage(source)
  const { coverage: cases, faults } = await runCoverage(source, loadValidator())
  const required = total(mappings)
  const values = total(codes.flatMap(({ toCanonical, toPartner }) => [toCanonical, toPartner]))
  const lines = [
    ...mappings.flatMap(requiredLines),
    ...codes.flatMap(codeLines),
    ...(cases === undefined ? [] : runLines(cases)),
    ...faults.map(({ file, reason }) => `✗ ${file}: ${reason}`),
    `${format}: required fields ${shown(required)}, code values ${shown(values)}`,
    cases === undefined
      ? `${format}: the cases were not run, because the package does not load`
      : `${format}: ${cases.cases} case(s) reach branches ${shown(cases.branches)}, defaults ${shown(cases.defaults)}, code rows ${shown(cases.rows)}`,
  ]
  return {
    exitCode: faults.length === 0 ? 0 : 1,
    report: { format, static: { required, values, mappings, codes }, cases, faults },
    lines,
  }
}

function total(shares: readonly (Share | undefined)[]): Share {
  const known = shares.filter((share) => share !== undefined)
  const sum = (part: 'covered' | 'total') => known.reduce((all, share) => all + share[part], 0)
  return shareOf(sum('covered'), sum('total'))
}

function shown({ covered, total: all, percent }: Share): string {
  return `${covered}/${all} (${percent} %)`
}

function requiredLines({ mapping, known, uncovered, ...share }: RequiredCoverage): readonly string[] {
  if (!known) return [`? ${mapping}: no schema of what it makes`]
  return [
    `${uncovered.length === 0 ? '✓' : '!'} ${mapping}: required fields ${shown(share)}`,
    ...uncovered.map(({ target, given, file, line, column, needs }) => {
      const why =
        given === 'never'
          ? 'left out on this branch'
          : `may be missing${needs.length === 0 ? '' : ` (without ${needs.join(', ')})`}`
      return `    ${target} ${why}  ${file}:${line}:${column}`
    }),
  ]
}

function codeLines({ table, toCanonical, toPartner }: CodeCoverage): readonly string[] {
  return [
    ...(toCanonical === undefined ? [] : [{ side: 'in', ...toCanonical }]),
    ...(toPartner === undefined ? [] : [{ side: 'out', ...toPartner }]),
  ]
    .filter(({ missing }) => missing.length > 0)
    .map(
      ({ side, missing, ...share }) =>
        `! codes ${table} (${side}): ${shown(share)}, missing ${missing.join(', ')}`,
    )
}

const WORDS = {
  'condition-then': 'never true',
  'condition-else': 'never false',
  default: 'default never taken',
} as const

function runLines({ idle, uncoveredBranches, uncoveredRows, failed }: RunCoverage): readonly string[] {
  const places = Map.groupBy(uncoveredBranches, ({ file, line, column }) => `${file}:${line}:${column}`)
  const byTable = Map.groupBy(uncoveredRows, ({ table, direction }) => `${table} ${direction}`)
  return [
    ...failed.map((title) => `✗ case ${title} fails`),
    ...(idle.length === 0 ? [] : [`· no case runs ${idle.join(', ')}`]),
    ...[...places].map(([place, branches]) => {
      const why = branches.length > 1 ? 'never reached' : WORDS[branches[0]?.kind ?? 'default']
      return `· ${place}  ${why}: ${branches[0]?.expression}`
    }),
    ...[...byTable].map(
      ([name, rows]) => `· codes ${name}: no case has ${rows.map(({ code }) => code).join(', ')}`,
    ),
  ]
}
