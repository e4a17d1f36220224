/** A canonical schema read as a tree of fields: what each is called, and which of them hold personal data. */
import type { Schema } from './schema-files.ts'

export interface Words {
  readonly zh: string
  readonly en: string
}

/**
 * What a personal field holds, hence how it is masked. `form` is the opaque form of an item: it may hold anything and
 * is personal as a whole.
 */
export type PersonalKind = 'id' | 'name' | 'phone' | 'address' | 'form'

export interface PersonalField {
  /** JSON pointer into `data`, with `*` for every index of an array: `/materials/*\/name`. */
  readonly pointer: string
  readonly kind: PersonalKind
  /**
   * Not personal where the field `sibling` beside it has one of these values: the name of a company, the code of an
   * organisation.
   */
  readonly unless?: { readonly sibling: string; readonly values: readonly string[] }
}

export interface Field {
  readonly label: Words
  /** What the description adds to the label. */
  readonly note: Words | undefined
  readonly schema: Schema
  readonly properties: ReadonlyMap<string, Field>
  /** For an array: what each element is. */
  readonly items: Field | undefined
}

/** The tree of `schema`, with references into `parts` followed. The property's own description comes before the part's. */
export function fieldTree(schema: Schema, parts: Schema): Field {
  const { $ref, ...own } = schema
  const merged: Schema = $ref === undefined ? schema : { ...partOf($ref, parts), ...own }
  const { label, note } = readDescription(merged.description ?? '')
  return {
    label,
    note,
    schema: merged,
    properties: new Map(
      Object.entries(merged.properties ?? {}).map(([name, property]) => [name, fieldTree(property, parts)]),
    ),
    items: merged.items && fieldTree(merged.items, parts),
  }
}

/** The field at a JSON pointer into the data; undefined where the schema defines none. */
export function fieldAt(root: Field, pointer: string): Field | undefined {
  let field: Field | undefined = root
  for (const segment of pointer.split('/').slice(1)) {
    field = field?.items ?? field?.properties.get(segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  return field
}

/** The field at a pointer, or the closest one above it that the schema defines. */
export function nearestField(root: Field, pointer: string): Field {
  const field = fieldAt(root, pointer)
  return field ?? nearestField(root, pointer.slice(0, pointer.lastIndexOf('/')))
}

/** Every field of the tree with its pointer (`*` for indexes), parents first. */
export function* fieldsOf(
  field: Field,
  pointer = '',
): Generator<{ readonly pointer: string; readonly field: Field }> {
  yield { pointer, field }
  for (const [name, property] of field.properties) yield* fieldsOf(property, `${pointer}/${name}`)
  if (field.items !== undefined) yield* fieldsOf(field.items, `${pointer}/*`)
}

/** The personal fields of the tree. */
export function personalFieldsOf(root: Field): readonly PersonalField[] {
  const found: PersonalField[] = []
  for (const { pointer, field } of fieldsOf(root)) {
    const kind = field.schema['x-personal'] as PersonalKind | undefined
    const unless = field.schema['x-personal-unless']
    if (kind !== undefined) found.push({ pointer, kind, ...(unless && { unless }) })
  }
  return found
}

/** `中文 / English` → both words. */
export function bilingual(text: string): Words {
  const middle = text.indexOf(' / ')
  return { zh: text.slice(0, middle), en: text.slice(middle + 3) }
}

function readDescription(description: string): { readonly label: Words; readonly note: Words | undefined } {
  const { zh, en } = bilingual(description)
  const [zhLabel = '', zhNote] = split(zh, '；')
  const [enLabel = '', enNote] = split(en, '; ')
  const note = zhNote === undefined || enNote === undefined ? undefined : { zh: zhNote, en: enNote }
  return { label: { zh: zhLabel, en: enLabel }, note }
}

function split(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

function partOf(ref: string, parts: Schema): Schema {
  const part = parts.$defs?.[ref.slice(`${parts.$id}#/$defs/`.length)]
  if (part === undefined) throw new Error(`${ref} is not defined in ${parts.$id}.`)
  return part
}
