/** What is different between two versions of a schema, member by member. */
import { kindsOf, placesOf, type SchemaPlace, type SchemaTree } from './schema-tree.ts'
import { similarTo } from './suggestion.ts'

export const CHANGE_KINDS = [
  'removed',
  'added',
  'renamed',
  'type',
  'enum',
  'required',
  'maxLength',
  'format',
  'bounds',
] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

export interface SchemaChange {
  readonly kind: ChangeKind
  /** As the old schema has it; as the new one has it where the member is new. */
  readonly path: string
  readonly from?: unknown
  readonly to?: unknown
  /** Values that were right may be wrong now, or a reader finds less. */
  readonly breaking: boolean
}

/** Members that went or came with the object around them are not listed again. */
export function schemaChanges(before: SchemaTree, after: SchemaTree): readonly SchemaChange[] {
  const old = new Map(placesOf(before).map((place) => [place.path, place]))
  const now = new Map(placesOf(after).map((place) => [place.path, place]))
  const gone = outermost([...old.values()].filter(({ path }) => !now.has(path)))
  const come = outermost([...now.values()].filter(({ path }) => !old.has(path)))
  const changes: SchemaChange[] = []
  const renamed = new Set<SchemaPlace>()
  for (const place of gone) {
    const heir = heirOf(
      place,
      come.filter((other) => !renamed.has(other)),
    )
    if (heir === undefined) changes.push({ kind: 'removed', path: place.path, breaking: true })
    else {
      renamed.add(heir)
      changes.push({ kind: 'renamed', path: place.path, from: place.path, to: heir.path, breaking: true })
      changes.push(...differences(place, heir))
    }
  }
  for (const place of come) {
    if (renamed.has(place)) continue
    changes.push({
      kind: 'added',
      path: place.path,
      to: place.required ? 'required' : 'optional',
      breaking: place.required,
    })
  }
  for (const place of old.values()) {
    const other = now.get(place.path)
    if (other !== undefined) changes.push(...differences(place, other))
  }
  return changes.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
}

function outermost(places: readonly SchemaPlace[]): readonly SchemaPlace[] {
  const paths = new Set(places.map(({ path }) => path))
  return places.filter(({ path }) => ![...prefixes(path)].some((prefix) => paths.has(prefix)))
}

function* prefixes(path: string): Generator<string> {
  for (const { index } of path.matchAll(/\.|\[\]/g)) yield path.slice(0, index)
}

/** A member that came in the same object, has the same kinds, and a similar name or the very same limits. */
function heirOf(place: SchemaPlace, come: readonly SchemaPlace[]): SchemaPlace | undefined {
  const candidates = come.filter(
    (other) => parentOf(other.path) === parentOf(place.path) && kindsText(other) === kindsText(place),
  )
  const names = new Map(candidates.map((other) => [nameOf(other.path), other]))
  const similar = similarTo(nameOf(place.path), names.keys())
  if (similar !== undefined) return names.get(similar)
  const alike = candidates.filter(({ node }) => JSON.stringify(node) === JSON.stringify(place.node))
  return alike.length === 1 ? alike[0] : undefined
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function kindsText({ node }: SchemaPlace): string {
  return [...(kindsOf(node) ?? [])].sort().join('/')
}

function differences(before: SchemaPlace, after: SchemaPlace): SchemaChange[] {
  const { path, node: old } = before
  const now = after.node
  const changes: SchemaChange[] = []
  const add = (kind: ChangeKind, from: unknown, to: unknown, breaking: boolean): void => {
    if (JSON.stringify(from) !== JSON.stringify(to)) changes.push({ kind, path, from, to, breaking })
  }
  const [wasKinds, isKinds] = [kindsText(before), kindsText(after)]
  add('type', wasKinds, isKinds, !isKinds.includes(wasKinds))
  const [listed, lists] = [valuesOf(old), valuesOf(now)]
  // A value that is new is one that readers do not know yet; one that went is one that writers may still give.
  add('enum', listed, lists, true)
  add('required', before.required ? 'required' : 'optional', after.required ? 'required' : 'optional', true)
  const [wasLong, isLong] = [old.maxLength, now.maxLength]
  add('maxLength', wasLong, isLong, true)
  add(
    'format',
    { format: old.format, pattern: old.pattern },
    { format: now.format, pattern: now.pattern },
    true,
  )
  add('bounds', boundsOf(old), boundsOf(now), true)
  return changes
}

function valuesOf({ enum: values, const: one }: SchemaPlace['node']): readonly unknown[] | undefined {
  return one === undefined ? values?.toSorted() : [one]
}

function boundsOf({ minimum, maximum, minLength, minItems }: SchemaPlace['node']): object {
  return { minimum, maximum, minLength, minItems }
}
