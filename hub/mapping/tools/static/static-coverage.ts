/** What can be told of a package's completeness without running it: required fields of the target, and code values. */
import { inferMapping } from './infer-mapping.ts'
import type { PackageSource } from './package-source.ts'

export interface Share {
  readonly covered: number
  readonly total: number
  /** 100 where there is nothing to cover. */
  readonly percent: number
}

export interface UncoveredRequirement {
  readonly target: string
  /** `never`: this branch leaves it out; `maybe`: its source may be missing. */
  readonly given: 'maybe' | 'never'
  readonly file: string
  readonly line: number
  readonly column: number
  /** Sources without which it is missing. */
  readonly needs: readonly string[]
}

export interface RequiredCoverage extends Share {
  readonly mapping: string
  /** False where the package names no schema of what is made: nothing is known then. */
  readonly known: boolean
  readonly uncovered: readonly UncoveredRequirement[]
}

export interface CodeCoverage {
  readonly table: string
  /** Partner codes of the declared code book that have a row or a reason to have none. */
  readonly toCanonical?: Share & { readonly missing: readonly string[] }
  readonly toPartner?: Share & { readonly missing: readonly string[] }
}

export function shareOf(covered: number, total: number): Share {
  return { covered, total, percent: total === 0 ? 100 : Math.floor((1000 * covered) / total) / 10 }
}

/** By mapping: required members of every object that is made, that are given on every branch. */
export function requiredCoverage(source: PackageSource): readonly RequiredCoverage[] {
  return source.mappings.map((mapping) => {
    const { conformity } = inferMapping(mapping, source)
    const requirements = conformity?.requirements ?? []
    const byTarget = Map.groupBy(requirements, ({ target }) => target)
    const open = [...byTarget].filter(([, branches]) => branches.some(({ given }) => given !== 'always'))
    const uncovered = open.flatMap(([target, branches]) =>
      branches.flatMap(({ given, offset, needs }): UncoveredRequirement[] =>
        given === 'always'
          ? []
          : [
              {
                target,
                given,
                needs: needs.filter((need) => !need.startsWith('$')),
                ...mapping.source.locate(offset),
              },
            ],
      ),
    )
    return {
      mapping: mapping.name,
      known: conformity !== undefined,
      ...shareOf(byTarget.size - open.length, byTarget.size),
      uncovered,
    }
  })
}

/** By code table: declared values of both sides that have a row, or a reason to have none. */
export function codeCoverage({ tables }: PackageSource): readonly CodeCoverage[] {
  return tables.map(({ name, table, declaration }) => {
    const { direction, canonical, partner, without } = declaration
    const side = (
      codes: readonly string[] | undefined,
      rows: ReadonlyMap<string, unknown>,
      excused: Readonly<Record<string, string>> = {},
    ) => {
      const listed = codes ?? [...rows.keys()]
      const missing = listed.filter((code) => !rows.has(code) && excused[code] === undefined)
      return { ...shareOf(listed.length - missing.length, listed.length), missing }
    }
    return {
      table: name,
      ...(direction === 'out' ? {} : { toCanonical: side(partner, table.toCanonical, without?.partner) }),
      ...(direction === 'in'
        ? {}
        : { toPartner: side(canonical?.map(String), table.toPartner, without?.canonical) }),
    }
  })
}
