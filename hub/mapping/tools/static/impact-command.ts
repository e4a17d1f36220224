/** `hub mapping impact`: what a new version of a schema touches, before it is put in place. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from '../tool-host.ts'
import { findingLines } from './finding-text.ts'
import { type ChangeImpact, type Impact, impactOf, StrangeSchema } from './impact.ts'
import { openSources } from './open-sources.ts'
import type { JsonSchema } from './schema-tree.ts'

export function impactCommand(host: ToolHost): Command {
  return new Command('impact')
    .description(
      'Compare two versions of a schema: mappings, target fields and cases that the changes touch.',
    )
    .argument('<old>', 'schema file: schemas/canonical/… or schemas/formats/<format>/messages.schema.json')
    .argument('<new>', 'its new version')
    .option('--json', 'print one JSON object')
    .action((old: string, now: string, options: OutputOptions) =>
      conclude(host, options, () => impactOfFiles(host, old, now)),
    )
}

/** Exit code 1 where cases would fail, or a package would not load. @throws UsageError where the files do not fit */
export async function impactOfFiles(host: ToolHost, old: string, now: string): Promise<Outcome> {
  const [before, after] = [readSchema(old), readSchema(now)]
  const { packages } = openSources(host)
  const impact = await impactOf(packages, before, after).catch((error: unknown) => {
    throw error instanceof StrangeSchema ? new UsageError(error.message) : error
  })
  const { changes, failing, faults, findings } = impact
  const broken = failing.length > 0 || faults.length > 0
  return {
    exitCode: broken ? 1 : 0,
    report: { ...impact, changes, failing, faults, findings },
    lines: impactLines(impact),
  }
}

function readSchema(path: string): JsonSchema {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JsonSchema
  } catch (error) {
    throw new UsageError(`${path} is not a schema: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function impactLines({ schema, changes, failing, faults, findings }: Impact): readonly string[] {
  const mappings = new Set(changes.flatMap(({ touches }) => touches.map(({ file }) => file)))
  return [
    ...changes.flatMap(changeLines),
    ...faults.flatMap(({ file, reason, remedy }) => [`✗ ${file}: ${reason}`, `    → ${remedy}`]),
    ...findings.flatMap(findingLines),
    ...failing.flatMap(({ format, title, problems }) => [
      `✗ case ${format}/${title} would fail`,
      ...problems.map((problem) => `    ${problem}`),
    ]),
    `${schema}: ${changes.length} change(s) touch ${mappings.size} file(s); ${failing.length} case(s) would fail, ${findings.length} new finding(s)`,
  ]
}

function changeLines({ kind, message, path, from, to, breaking, touches }: ChangeImpact): readonly string[] {
  const values = from === undefined && to === undefined ? '' : `  ${words(from)} → ${words(to)}`
  return [
    `${breaking ? '!' : '·'} ${message} ${path} ${kind}${values}`,
    ...touches.map(({ file, line, column, side, targets }) => {
      const what =
        targets.length === 0 ? '' : `: ${targets.slice(0, 8).join(', ')}${targets.length > 8 ? ' …' : ''}`
      return `    ${side} ${file}:${line}:${column}${what}`
    }),
  ]
}

function words(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
