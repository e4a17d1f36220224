/** What a JSON Schema says about a value of a document, as a type. */
import { type JsonSchema, kindsOf, type SchemaTree } from './schema-tree.ts'
import {
  ANY,
  lengthOf,
  NO_NEEDS,
  objectType,
  SOMETHING,
  type SourceObject,
  type TextType,
  type Type,
} from './value-type.ts'

/** The type of the value at `path`, of which `schema` is the schema; it is there. */
export function schemaType(schema: JsonSchema, tree: SchemaTree, path: string): Type {
  const node = tree.resolve(schema)
  const kinds = kindsOf(node)
  if (kinds === undefined) return { ...SOMETHING, source: path }
  const values = node.const === undefined ? node.enum : [node.const]
  const numbers = values?.filter((value) => typeof value === 'number')
  const booleans = values?.filter((value) => typeof value === 'boolean') ?? [true, false]
  const { items } = node
  return {
    absent: false,
    needs: NO_NEEDS,
    exact: true,
    any: false,
    nullable: kinds.has('null'),
    objects: kinds.has('object') ? [{ kind: 'source', node, tree, path }] : [],
    source: path,
    ...(kinds.has('string') ? { text: textOfSchema(node, values) } : {}),
    ...(kinds.has('integer') || kinds.has('number')
      ? {
          number: {
            integer: !kinds.has('number') || numbers?.every(Number.isInteger) === true,
            ...(numbers === undefined ? {} : { values: new Set(numbers) }),
          },
        }
      : {}),
    ...(kinds.has('boolean') ? { boolean: new Set(booleans) } : {}),
    ...(kinds.has('array')
      ? {
          list: {
            of: () => (items === undefined ? SOMETHING : schemaType(items, tree, `${path}[]`)),
            sequence: false,
            filled: (node.minItems ?? 0) > 0,
          },
        }
      : {}),
  }
}

function textOfSchema({ maxLength, format }: JsonSchema, values: readonly unknown[] | undefined): TextType {
  const texts = values?.filter((value) => typeof value === 'string')
  if (texts !== undefined) {
    return { values: new Set(texts), maxLength: Math.max(0, ...texts.map(lengthOf)) }
  }
  const sample = format === undefined ? undefined : DATE_SAMPLES[format]
  return { ...(maxLength === undefined ? {} : { maxLength }), ...(sample === undefined ? {} : { sample }) }
}

export const SAMPLE_TIME = '2026-10-08T09:30:05+08:00'
export const SAMPLE_DAY = '2026-10-08'

/** One text for each format of the canonical schemas that is a date. */
export const DATE_SAMPLES: Readonly<Record<string, string>> = {
  'beijing-date-time': SAMPLE_TIME,
  'calendar-date': SAMPLE_DAY,
}

/**
 * A member of an object of the source; undefined where its schema lists the members and this is none of them. A member
 * that may be missing names itself among its needs.
 */
export function memberOfSource(object: SourceObject, name: string): Type | undefined {
  const { node, tree, path } = object
  const inner = path === '' ? name : `${path}.${name}`
  const schema = node.properties?.[name]
  if (schema === undefined) {
    if (node.properties !== undefined && node.additionalProperties !== true) return undefined
    return { ...ANY, source: inner }
  }
  const type = schemaType(schema, tree, inner)
  return node.required?.includes(name) === true ? type : { ...type, absent: true, needs: new Set([inner]) }
}

/** The document itself. */
export function documentType(tree: SchemaTree | undefined): Type {
  if (tree === undefined) return { ...SOMETHING, source: '' }
  const node = tree.resolve(tree.root)
  return { ...objectType({ kind: 'source', node, tree, path: '' }), source: '' }
}
