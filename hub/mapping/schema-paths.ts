/** What a JSON Schema says about paths: which are arrays, which do not exist, and all that there are. */
import type { Segment, Source } from './source-path.ts'

export interface SchemaNode {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, SchemaNode>>
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly enum?: readonly unknown[]
}

export interface SchemaPaths {
  isArray(source: Source): boolean
  /** False where the schema lists the members of the object around and this one is not among them. */
  exists(path: string): boolean
  /** The values that the schema lists for a path; undefined where it lists none. */
  valuesOf(path: string): readonly unknown[] | undefined
  /** Paths of all members that hold no further ones, in the notation of lineage: `body.materials[].name`. */
  readonly leaves: readonly string[]
}

/** Schemas nest through references without end; documents that deep are refused at the door. */
const MAX_DEPTH = 16

export function schemaPaths(
  top: SchemaNode,
  reference: (ref: string) => SchemaNode | undefined,
): SchemaPaths {
  const resolve = (node: SchemaNode | undefined): SchemaNode | undefined =>
    node?.$ref === undefined ? node : resolve(reference(node.$ref))

  /** The node at a path; `'closed'` where the object around does not have it, undefined where nothing is known. */
  const at = (path: readonly Segment[]): SchemaNode | 'closed' | undefined => {
    let node = resolve(top)
    for (const segment of path) {
      if (node === undefined || segment.kind === 'any') return undefined
      if (segment.kind === 'items') {
        if (node.items !== undefined) node = resolve(node.items)
        continue
      }
      // As in the language, a name after an array means its elements.
      while (node?.items !== undefined) node = resolve(node.items)
      const next: SchemaNode | undefined = node?.properties?.[segment.name]
      if (next === undefined) return node?.properties === undefined ? undefined : 'closed'
      node = resolve(next)
    }
    return node
  }

  const leaves: string[] = []
  const visit = (node: SchemaNode | undefined, path: string, depth: number): void => {
    const resolved = depth > MAX_DEPTH ? undefined : resolve(node)
    if (resolved?.items !== undefined) visit(resolved.items, `${path}[]`, depth + 1)
    else if (resolved?.properties !== undefined) {
      for (const [key, member] of Object.entries(resolved.properties)) {
        visit(member, path === '' ? key : `${path}.${key}`, depth + 1)
      }
    } else leaves.push(path)
  }
  visit(top, '', 0)

  return {
    isArray(source) {
      const node = source.root === '' ? at(source.path) : undefined
      return node !== 'closed' && node?.items !== undefined
    },
    exists: (path) => at(segmentsOf(path)) !== 'closed',
    valuesOf(path) {
      const node = at(segmentsOf(path))
      return node === 'closed' ? undefined : node?.enum
    },
    leaves,
  }
}

function segmentsOf(text: string): Segment[] {
  return [...text.matchAll(/\[("(?:[^"\\]|\\.)*")\]|(\[\d*\])|(\*+)|([^.[\]*]+)/g)].map((match): Segment => {
    if (match[2] !== undefined) return { kind: 'items', loops: [], hard: true }
    if (match[3] !== undefined) return { kind: 'any', deep: match[3] === '**' }
    return {
      kind: 'name',
      name: match[1] === undefined ? (match[4] ?? '') : (JSON.parse(match[1]) as string),
    }
  })
}
