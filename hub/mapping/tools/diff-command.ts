/** `hub mapping diff`: what changes for partners between two versions of a package. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { loadValidator } from '../../canonical/validator.ts'
import type { LoadedPackage } from '../load-package.ts'
import { readFiles } from '../package-files.ts'
import {
  loadSource,
  type PackageSource,
  readWorkingCopy,
  shippedCanonicalSchemas,
} from '../registry/package-source.ts'
import { readKeptSource, VersionShelf } from '../registry/version-shelf.ts'
import { type BehaviourDiff, behaviourDiff, type PathDiff } from './behaviour-diff.ts'
import { loadFastCheck } from './canonical-arbitrary.ts'
import { wholeNumber } from './roundtrip-command.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from './tool-host.ts'
import { faultLines, type Workbench, workbenchOf } from './workbench.ts'

export interface DiffOptions extends OutputOptions {
  readonly runs?: number
  readonly seed?: number
}

const RUNS = 30
const SEED = 1

export function diffCommand(host: ToolHost): Command {
  return new Command('diff')
    .description('Compare what two versions of a package do with the same inputs, path by path.')
    .argument('<format>', 'folder below mappings/')
    .argument(
      '<old>',
      'a kept version (or its hash), "active", "working" for the copy in mappings/, or a folder',
    )
    .argument('<new>', 'the same')
    .option('--runs <number>', 'made-up messages of each type; 0 for stored cases only', wholeNumber, RUNS)
    .option('--seed <number>', 'the same seed makes the same messages', wholeNumber, SEED)
    .option('--json', 'print one JSON object')
    .action((format: string, old: string, changed: string, options: DiffOptions) =>
      conclude(host, options, () => diffFormat(host, format, old, changed, options)),
    )
}

/** Exit code 1 where the two differ. @throws UsageError where there is no such version or it does not load */
export async function diffFormat(
  host: ToolHost,
  format: string,
  oldRef: string,
  newRef: string,
  { runs = RUNS, seed = SEED }: DiffOptions = {},
): Promise<Outcome> {
  const bench = workbenchOf(host)
  const old = versionAt(bench, format, oldRef)
  const changed = versionAt(bench, format, newRef)
  const diff = await behaviourDiff(old, changed, {
    schemas: shippedCanonicalSchemas(),
    validator: loadValidator(),
    fc: runs === 0 ? undefined : await loadFastCheck(),
    generation: { runs, seed },
  })
  const same = diff.paths.length + diff.only.old.length + diff.only.new.length === 0
  return {
    exitCode: same ? 0 : 1,
    report: { format, old: old.version, new: changed.version, seed, runs, ...diff },
    lines: diffLines(old, changed, diff),
  }
}

function versionAt(bench: Workbench, format: string, ref: string): LoadedPackage {
  const source = sourceAt(bench, format, ref)
  if (source === undefined) {
    const kept = new VersionShelf(bench.dataDir).history(format).map(({ version }) => version)
    throw new UsageError(
      `There is no version ${ref} of ${format}. Write "working", "active", a folder, or one of: ${[...new Set(kept)].join(', ') || '(none kept)'}.`,
    )
  }
  const { package: loaded, faults } = loadSource(source)
  if (loaded === undefined) throw new UsageError([`${ref} does not load:`, ...faultLines(faults)].join('\n'))
  return loaded
}

function sourceAt(bench: Workbench, format: string, ref: string): PackageSource | undefined {
  if (ref === 'working') return readWorkingCopy(bench, format)
  const shelf = new VersionShelf(bench.dataDir)
  const version =
    ref === 'active'
      ? shelf.active(format)
      : shelf.history(format).find((entry) => entry.version === ref || entry.hash === ref)?.version
  if (version !== undefined) return shelf.source(format, version)
  if (!existsSync(join(ref, 'format.yaml'))) return readKeptSource(ref, format)
  // A bare folder, such as another branch's: with the shared functions beside it, or those of the working copy.
  const working = readWorkingCopy(bench, format)
  const shared = join(ref, '..', '_shared')
  return {
    format,
    files: readFiles(ref),
    shared: existsSync(shared) ? readFiles(shared) : (working?.shared ?? new Map()),
    ...(working?.partnerSchemas === undefined ? {} : { partnerSchemas: working.partnerSchemas }),
  }
}

function diffLines(
  old: LoadedPackage,
  changed: LoadedPackage,
  { compared, paths, only }: BehaviourDiff,
): string[] {
  const lines = [
    `${old.id}: ${old.version} → ${changed.version}, ${compared} input(s), ${paths.length} path(s) differ`,
    ...only.old.map((name) => `- ${name}: only the old version has it`),
    ...only.new.map((name) => `+ ${name}: only the new version has it`),
  ]
  for (const [mapping, found] of Map.groupBy(paths, (path) => path.mapping))
    lines.push(`  ${mapping}`, ...found.flatMap(pathLines))
  return lines
}

function pathLines({ path, inputs, first, example }: PathDiff): string[] {
  const shown = (side: 'old' | 'new') => (side in example ? JSON.stringify(example[side]) : 'nothing')
  return [
    `    ${path === '' ? '(the whole)' : path}  ${inputs} input(s), first: ${first}`,
    `      - ${shown('old')}`,
    `      + ${shown('new')}`,
  ]
}
