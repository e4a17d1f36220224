/** Which branches, defaults and code rows of a package its own cases reach: the cases are run with counters. */
import type { Validator } from '../../../canonical/validator.ts'
import type { ConfigFault } from '../../../contract/errors.ts'
import type { BranchCount } from '../../engine/compile.ts'
import { loadPackage } from '../../load-package.ts'
import { runCases } from '../../run-cases.ts'
import type { PackageSource } from './package-source.ts'
import { type Share, shareOf } from './static-coverage.ts'

export interface UncoveredBranch {
  readonly kind: BranchCount['kind']
  readonly file: string
  readonly line: number
  readonly column: number
  /** Text from there to the end of the line. */
  readonly expression: string
}

export interface UncoveredRow {
  readonly table: string
  readonly direction: 'toCanonical' | 'toPartner'
  readonly code: string
  /** In `codes/<table>.csv`. */
  readonly line: number
}

export interface RunCoverage {
  readonly cases: number
  /** Titles of cases that fail: what they reach counts all the same. */
  readonly failed: readonly string[]
  /** Mappings that no case runs. */
  readonly idle: readonly string[]
  /** Both sides of every condition. */
  readonly branches: Share
  /** Right sides of `??` and `?:`. */
  readonly defaults: Share
  readonly rows: Share
  readonly uncoveredBranches: readonly UncoveredBranch[]
  readonly uncoveredRows: readonly UncoveredRow[]
}

/** Faults instead of coverage where the package does not load. Expressions of format.yaml are not counted. */
export async function runCoverage(
  source: PackageSource,
  validator: Validator,
): Promise<{ readonly coverage?: RunCoverage; readonly faults: readonly ConfigFault[] }> {
  const read = new Set<string>()
  const { folder, files, shared, canonicalSchemas, partnerSchemas } = source
  const { package: loaded, faults } = loadPackage({
    folder,
    files,
    shared,
    canonicalSchemas,
    ...(partnerSchemas === undefined ? {} : { partnerSchemas }),
    watch: { codeRead: (table, direction, code) => read.add(JSON.stringify([table, direction, code])) },
  })
  if (loaded === undefined) return { faults }
  const results = await runCases(loaded, { validator })

  // A shared function is compiled into every mapping that uses it: reached in one is reached.
  const places = new Map<string, UncoveredBranch & { hits: number }>()
  for (const { expression } of loaded.mappings.values()) {
    for (const { kind, offset, hits } of expression.coverage?.() ?? []) {
      const place = expression.source.locate(offset)
      const key = JSON.stringify([place, kind])
      const known = places.get(key)
      if (known !== undefined) known.hits += hits
      else places.set(key, { kind, ...place, expression: lineFrom(expression.source.text, offset), hits })
    }
  }
  const branches = [...places.values()]
  const share = (chosen: typeof branches) =>
    shareOf(chosen.filter(({ hits }) => hits > 0).length, chosen.length)
  const rows = [...loaded.tables.values()].flatMap(({ name, rows: all, toCanonical, toPartner }) => {
    const direction = loaded.declaration.codes[name]?.direction ?? 'both'
    const lineOf = (side: 'partner' | 'canonical', code: string) =>
      all.find((row) => row[side] === code)?.line ?? 0
    const incoming = [...toCanonical.keys()].map(
      (code): UncoveredRow => ({
        table: name,
        direction: 'toCanonical',
        code,
        line: lineOf('partner', code),
      }),
    )
    const outgoing = [...toPartner.keys()].map(
      (code): UncoveredRow => ({
        table: name,
        direction: 'toPartner',
        code,
        line: lineOf('canonical', code),
      }),
    )
    return [...(direction === 'out' ? [] : incoming), ...(direction === 'in' ? [] : outgoing)]
  })
  const uncoveredRows = rows.filter(
    ({ table, direction, code }) => !read.has(JSON.stringify([table, direction, code])),
  )
  return {
    faults: [],
    coverage: {
      cases: results.length,
      failed: results.filter(({ passed }) => !passed).map(({ title }) => title),
      idle: [...loaded.mappings.keys()].filter(
        (name) => !results.some(({ direction, message }) => name === `${direction}/${message}`),
      ),
      branches: share(branches.filter(({ kind }) => kind !== 'default')),
      defaults: share(branches.filter(({ kind }) => kind === 'default')),
      rows: shareOf(rows.length - uncoveredRows.length, rows.length),
      uncoveredBranches: branches
        .filter(({ hits }) => hits === 0)
        .map(({ hits: _hits, ...branch }) => branch)
        .sort((one, other) =>
          one.file < other.file ? -1 : one.file > other.file ? 1 : one.line - other.line,
        ),
      uncoveredRows,
    },
  }
}

function lineFrom(text: string, offset: number): string {
  const line = text.slice(offset).split('\n', 1)[0]?.trim() ?? ''
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}
