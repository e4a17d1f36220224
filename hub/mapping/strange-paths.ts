/** Misspelt fields: paths that a mapping reads or makes and that the schema of the document does not have. */
import type { MappingFile } from './package-reader.ts'
import type { SchemaPaths } from './schema-paths.ts'

export interface StrangePath {
  readonly path: string
  /** The most similar path that there is. */
  readonly suggestion?: string
}

/** Paths of the source that do not exist there: the language would take each for "no value" without a word. */
export function strangeReads({ lineage, source }: MappingFile): readonly StrangePath[] {
  return strange(lineage.read, source)
}

/** Paths of the target that its schema does not have. What a draft has besides its `data` is the intake's business. */
export function strangeTargets({ name, lineage, target }: MappingFile): readonly StrangePath[] {
  const paths = lineage.entries.map((entry) => entry.target)
  return strange(name.startsWith('in/') ? paths.filter((path) => path.startsWith('data.')) : paths, target)
}

/** Fields of the source document that the mapping does not look at. */
export function unreadPaths({ lineage, source }: Pick<MappingFile, 'lineage' | 'source'>): readonly string[] {
  const covers = (read: string, leaf: string): boolean =>
    read === leaf || leaf.startsWith(`${read}.`) || leaf.startsWith(`${read}[`)
  return (source?.leaves ?? []).filter((leaf) => !lineage.read.some((read) => covers(read, leaf)))
}

function strange(paths: readonly string[], schema: SchemaPaths | undefined): readonly StrangePath[] {
  if (schema === undefined) return []
  return paths
    .filter((path) => !schema.exists(path))
    .map((path) => {
      const [best] = schema.leaves
        .map((leaf) => ({ leaf, distance: editDistance(path, leaf) }))
        .sort((first, second) => first.distance - second.distance)
      return { path, ...(best !== undefined && best.distance <= 3 ? { suggestion: best.leaf } : {}) }
    })
}

/** Levenshtein: insertions, deletions and replacements that turn one text into the other. */
export function editDistance(first: string, second: string): number {
  let row = Array.from({ length: second.length + 1 }, (_, index) => index)
  for (let i = 1; i <= first.length; i++) {
    const next = [i]
    for (let j = 1; j <= second.length; j++) {
      const replaced = (row[j - 1] as number) + (first[i - 1] === second[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[second.length] as number
}
