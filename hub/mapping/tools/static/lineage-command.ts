/** `hub mapping lineage`: where every field of the target comes from, and where a field of the source goes. */
import { Command } from 'commander'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from '../tool-host.ts'
import { type LineageTable, lineageTables, type ReverseRow, reverseRows } from './lineage-table.ts'
import { openSource } from './open-sources.ts'

export interface LineageOptions extends OutputOptions {
  readonly message?: string
  readonly reverse?: string
}

export function lineageCommand(host: ToolHost): Command {
  return new Command('lineage')
    .description('Show which source fields feed and control every target field, without running anything.')
    .argument('<format>', 'folder below mappings/')
    .option('--message <name>', 'one mapping only: CASE_APPLY, case.accepted, in/CASE_APPLY')
    .option('--reverse <path>', 'the target fields that a path of the source feeds or controls')
    .option('--json', 'print one JSON object')
    .action((format: string, options: LineageOptions) =>
      conclude(host, options, async () => lineageOf(host, format, options)),
    )
}

/** @throws UsageError where there is no such format or message, or nothing reads the path */
export function lineageOf(host: ToolHost, format: string, { message, reverse }: LineageOptions): Outcome {
  const source = openSource(host, format)
  const tables = lineageTables(source, message)
  if (tables.length === 0) {
    const names = source.mappings.map(({ name }) => name).join(', ')
    throw new UsageError(`${format} has no mapping ${message ?? ''}; there are: ${names}.`)
  }
  if (reverse === undefined) {
    return { exitCode: 0, report: { format, mappings: tables }, lines: tables.flatMap(tableLines) }
  }
  const rows = reverseRows(tables, reverse)
  const lines =
    rows.length === 0
      ? [`Nothing in ${format} reads ${reverse}.`]
      : rows.map((row) => reverseLine(reverse, row))
  return { exitCode: 0, report: { format, path: reverse, targets: rows }, lines }
}

function tableLines({ mapping, type, rows, used, unused }: LineageTable): readonly string[] {
  const width = Math.min(50, Math.max(...rows.map(({ target }) => target.length)))
  return [
    `${mapping} (${type}): ${rows.length} target field(s), ${used.length} source field(s) used, ${unused.length} unused`,
    ...rows.map(({ target, sources, controls, constant }) => {
      const from = [...sources, ...(constant ? ['constant'] : [])].join(', ')
      const by = controls.length === 0 ? '' : `  (controlled by ${controls.join(', ')})`
      return `  ${target.padEnd(width)} ← ${from}${by}`
    }),
    ...(unused.length === 0 ? [] : [`  unused: ${unused.join(', ')}`]),
    '',
  ]
}

function reverseLine(path: string, { mapping, target, feeds, source, at }: ReverseRow): string {
  const place = at === undefined ? '' : `  ${at.file}:${at.line}:${at.column}`
  const through = source === path ? '' : ` (as ${source})`
  return `${mapping}  ${path}${through} ${feeds ? '→' : 'controls'} ${target}${place}`
}
