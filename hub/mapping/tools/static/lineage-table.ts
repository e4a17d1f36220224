/** Which fields of the source feed which fields of the target, by mapping, without running anything. */
import type { AstNode } from '../../ast.ts'
import { messagePaths } from '../../canonical-schemas.ts'
import { type Lineage, type LineageEntry, lineageOf } from '../../lineage.ts'
import { partnerSchema } from '../../partner-schema.ts'
import type { SchemaPaths } from '../../schema-paths.ts'
import { unreadPaths } from '../../strange-paths.ts'
import { inferMapping } from './infer-mapping.ts'
import type { MappingSource, PackageSource } from './package-source.ts'

export interface LineageRow extends LineageEntry {
  /** Where the target's key stands; absent where it is copied with the object around it. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number }
}

export interface LineageTable {
  /** `in/CASE_APPLY`. */
  readonly mapping: string
  readonly type: string
  readonly file: string
  readonly rows: readonly LineageRow[]
  /** Paths of the source that are read. */
  readonly used: readonly string[]
  /** Paths that the source's schema has and the mapping does not look at. */
  readonly unused: readonly string[]
}

/** Lineage of one mapping; undefined where its text is no expression. */
export function mappingLineage(
  mapping: MappingSource,
  source: PackageSource,
): { readonly lineage: Lineage; readonly paths?: SchemaPaths } | undefined {
  const { ast } = mapping.source
  if (ast === undefined) return undefined
  const paths = sourcePaths(mapping, source)
  return { lineage: lineageOf(ast as AstNode, paths?.isArray), ...(paths === undefined ? {} : { paths }) }
}

function sourcePaths(mapping: MappingSource, source: PackageSource): SchemaPaths | undefined {
  if (mapping.direction === 'out') return messagePaths(source.canonicalSchemas, mapping.type)
  const schema = source.declaration?.in[mapping.name.slice('in/'.length)]?.schema
  if (schema === undefined || mapping.reads === undefined) return undefined
  return partnerSchema(source.partnerSchemas ?? {}, schema).paths
}

/** @param message only the mappings of that name: `CASE_APPLY`, `case.accepted`, `in/CASE_APPLY` */
export function lineageTables(source: PackageSource, message?: string): readonly LineageTable[] {
  return source.mappings
    .filter(
      ({ name }) =>
        message === undefined || name === message || name.slice(name.indexOf('/') + 1) === message,
    )
    .flatMap((mapping) => {
      const known = mappingLineage(mapping, source)
      if (known === undefined) return []
      const { lineage, paths } = known
      const made = inferMapping(mapping, source).conformity?.made
      const rows = lineage.entries.map((entry): LineageRow => {
        const [offset] = made?.get(entry.target) ?? []
        return { ...entry, ...(offset === undefined ? {} : { at: mapping.source.locate(offset) }) }
      })
      const unused = unreadPaths({ lineage, ...(paths === undefined ? {} : { source: paths }) })
      return [
        {
          mapping: mapping.name,
          type: mapping.type,
          file: mapping.source.file,
          rows,
          used: lineage.read,
          unused,
        },
      ]
    })
}

export interface ReverseRow {
  readonly mapping: string
  readonly target: string
  /** The value itself goes there; else it only decides. */
  readonly feeds: boolean
  /** The path as the mapping reads it. */
  readonly source: string
  readonly at?: LineageRow['at']
}

/** Every target that `path`, a field below it, or an object around it that is copied whole, feeds or controls. */
export function reverseRows(tables: readonly LineageTable[], path: string): readonly ReverseRow[] {
  return tables.flatMap(({ mapping, rows }) =>
    rows.flatMap(({ target, sources, controls, at }): ReverseRow[] => {
      const place = at === undefined ? {} : { at }
      const fed = sources.find((one) => meets(one, path))
      if (fed !== undefined) return [{ mapping, target, feeds: true, source: fed, ...place }]
      const decided = controls.find((one) => meets(one, path))
      return decided === undefined ? [] : [{ mapping, target, feeds: false, source: decided, ...place }]
    }),
  )
}

/** One of the paths is the other, or holds it. `[]` and `[0]` count for nothing. */
export function meets(one: string, other: string): boolean {
  const [first, second] = [bare(one), bare(other)]
  return within(first, second) || within(second, first)
}

/** `inner` is `outer` or a field below it. */
export function within(inner: string, outer: string): boolean {
  const [first, second] = [bare(inner), bare(outer)]
  return first === second || first.startsWith(`${second}.`) || second === ''
}

function bare(path: string): string {
  return path.replace(/\[\d*\]/g, '')
}
