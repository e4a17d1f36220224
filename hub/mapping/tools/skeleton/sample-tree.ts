/** What a sample shows of a partner's document: its members, merged over the elements of lists. */

export type SampleNode =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, SampleNode> }
  | { readonly kind: 'array'; readonly items: SampleNode | undefined }
  | { readonly kind: 'leaf'; readonly values: readonly unknown[] }

/** Fields that a document that deep has are not looked for. */
const MAX_DEPTH = 16

export function sampleTree(value: unknown, depth = 0): SampleNode {
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH)
    return { kind: 'leaf', values: [value] }
  if (Array.isArray(value)) {
    const items = value.map((element) => sampleTree(element, depth + 1))
    return { kind: 'array', items: items.length === 0 ? undefined : items.reduce(merged) }
  }
  return {
    kind: 'object',
    members: new Map(Object.entries(value).map(([name, member]) => [name, sampleTree(member, depth + 1)])),
  }
}

function merged(one: SampleNode, other: SampleNode): SampleNode {
  if (one.kind === 'leaf' && other.kind === 'leaf')
    return { kind: 'leaf', values: [...one.values, ...other.values] }
  if (one.kind === 'array' && other.kind === 'array') {
    if (one.items === undefined || other.items === undefined) return one.items === undefined ? other : one
    return { kind: 'array', items: merged(one.items, other.items) }
  }
  if (one.kind === 'object' && other.kind === 'object') {
    const members = new Map(one.members)
    for (const [name, member] of other.members) {
      const known = members.get(name)
      members.set(name, known === undefined ? member : merged(known, member))
    }
    return { kind: 'object', members }
  }
  // A field that is sometimes absent as null, sometimes an object or a list.
  return one.kind === 'leaf' ? other : one
}

/** A leaf or a list that can be reached from a node through objects only. */
export interface Reached {
  readonly path: readonly string[]
  readonly node: SampleNode
}

/** Members of a node, nested objects opened, lists not; an object is reached too, before its members. */
export function reachable(node: SampleNode, path: readonly string[] = []): readonly Reached[] {
  if (node.kind !== 'object') return [{ path, node }]
  const inner = [...node.members].flatMap(([name, member]) => reachable(member, [...path, name]))
  return path.length === 0 ? inner : [{ path, node }, ...inner]
}

/** A JSON Schema that the sample fits: a first guess for the integrator to correct. */
export function guessedSchema(node: SampleNode): object {
  switch (node.kind) {
    case 'object':
      return {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          [...node.members].map(([name, member]) => [name, guessedSchema(member)]),
        ),
      }
    case 'array':
      return { type: 'array', items: node.items === undefined ? {} : guessedSchema(node.items) }
    case 'leaf':
      return leafSchema(node.values.filter((value) => value !== null))
  }
}

const LENGTHS = [50, 200, 1000]

function leafSchema(values: readonly unknown[]): object {
  const types = new Set(values.map((value) => (Number.isInteger(value) ? 'integer' : typeof value)))
  const [type] = types
  if (types.size !== 1 || type === 'object' || type === undefined) return {}
  if (type !== 'string') return { type }
  const longest = Math.max(...values.map((value) => [...String(value)].length))
  return { type, maxLength: LENGTHS.find((length) => longest * 2 <= length) ?? 4000 }
}
