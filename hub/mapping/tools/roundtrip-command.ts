/** `hub mapping roundtrip`: canonical → partner → canonical; what does not come back is lost to whoever is told through this format. */
import { Command, InvalidArgumentError } from 'commander'
import type { LoadedPackage } from '../load-package.ts'
import { shippedCanonicalSchemas } from '../registry/package-source.ts'
import { loadFastCheck } from './canonical-arbitrary.ts'
import { isWhole, type PathTrip, type RoundTripReport, roundTripReport } from './round-trip-report.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost } from './tool-host.ts'
import { faultLines, openFormats, workbenchOf } from './workbench.ts'

export interface RoundTripOptions extends OutputOptions {
  /** Made-up messages of each type. */
  readonly runs?: number
  readonly seed?: number
  /** Also list what came back unchanged. */
  readonly all?: boolean
}

const RUNS = 50
const SEED = 1

export function roundtripCommand(host: ToolHost): Command {
  return new Command('roundtrip')
    .description('Send messages out through a package and in again; report by path what does not come back.')
    .argument('[format]', 'folder below mappings/; all where left out')
    .option('--runs <number>', 'made-up messages of each type; 0 for stored cases only', wholeNumber, RUNS)
    .option('--seed <number>', 'the same seed makes the same messages', wholeNumber, SEED)
    .option('--all', 'list the paths that came back unchanged as well')
    .option('--json', 'print one JSON object')
    .action((format: string | undefined, options: RoundTripOptions) =>
      conclude(host, options, () => roundTripFormats(host, format, options)),
    )
}

/** For numbers on the command line. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}

/** @throws UsageError where there is no such format, or fast-check is not installed */
export async function roundTripFormats(
  host: ToolHost,
  format: string | undefined,
  { runs = RUNS, seed = SEED, all = false }: RoundTripOptions = {},
): Promise<Outcome> {
  const { packages, faults } = openFormats(workbenchOf(host), format)
  const fc = runs === 0 ? undefined : await loadFastCheck()
  const lines = faultLines(faults)
  const reports: object[] = []
  let findings = faults.length
  for (const loaded of packages) {
    const report = await roundTripReport(loaded, shippedCanonicalSchemas(), fc, { runs, seed })
    const undeclared = report.paths.filter((trip) => !isWhole(trip) && trip.declared === undefined)
    findings += undeclared.length + report.problems.length
    lines.push(...reportLines(loaded, report, undeclared.length, all))
    reports.push({ id: loaded.id, version: loaded.version, seed, runs, ...report })
  }
  return { exitCode: findings === 0 ? 0 : 1, report: { faults, packages: reports }, lines }
}

function reportLines(
  { id, version }: LoadedPackage,
  { sent, back, paths, idle, problems }: RoundTripReport,
  undeclared: number,
  all: boolean,
): string[] {
  const whole = paths.filter(isWhole).length
  const sound = undeclared === 0 && problems.length === 0
  const lines = [
    `${sound ? '✓' : '✗'} ${id} ${version}: ${sent} message(s) out, ${back} back; ${paths.length} path(s), ${whole} unchanged, ${paths.length - whole - undeclared} lost by design, ${undeclared} lost without a word`,
  ]
  for (const [type, trips] of Map.groupBy(paths, (trip) => trip.type)) {
    const shown = trips.filter((trip) => all || !isWhole(trip))
    if (shown.length > 0) lines.push(`  ${type}`, ...shown.flatMap(tripLines))
  }
  if (back === 0) lines.push('  note: no type of message goes both ways, so nothing could be compared.')
  lines.push(...problems.map(({ words, messages }) => `  ✗ ${messages} message(s): ${words}`))
  lines.push(
    ...idle.map(({ type, path }) => `  note: ${type} ${path} is declared lossy, but nothing was lost there.`),
  )
  if (undeclared > 0)
    lines.push('  → Carry the value, or declare it in format.yaml: lossy: [{ type, path, reason }].')
  return lines
}

function tripLines(trip: PathTrip): string[] {
  const { path, identical, changed, lost, added, declared, example } = trip
  if (isWhole(trip)) return [`    ✓ ${path}  ${identical} unchanged`]
  const counts = Object.entries({ unchanged: identical, changed, lost, added })
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
  const shown = (side: 'sent' | 'back') =>
    example !== undefined && side in example ? shortened(JSON.stringify(example[side])) : 'nothing'
  return [
    `    ${declared === undefined ? '✗' : '·'} ${path}  ${counts.join(', ')}${declared === undefined ? '' : `  (by design: ${declared})`}`,
    `        ${shown('sent')} came back as ${shown('back')}`,
  ]
}

const LONGEST_SHOWN = 80

function shortened(text: string): string {
  const letters = [...text]
  return letters.length <= LONGEST_SHOWN ? text : `${letters.slice(0, LONGEST_SHOWN).join('')}…`
}
