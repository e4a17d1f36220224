/** A JSON Schema with its references resolved: what lint, coverage and impact ask of the schemas on both sides of a mapping. */
import type { MessageType } from '../../../contract/message.ts'
import type { CanonicalSchemas } from '../../canonical-schemas.ts'

/** The keywords that the shipped schemas use and that say something about a value. */
export interface JsonSchema {
  readonly $id?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxLength?: number
  readonly minLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
  readonly pattern?: string
}

export interface SchemaTree {
  readonly root: JsonSchema
  /** The node that `node` stands for: its reference followed, its own keywords kept. */
  resolve(node: JsonSchema): JsonSchema
}

/** Schemas nest through references without end; documents that deep are refused at the door. */
const MAX_DEPTH = 16

/** The whole canonical message of a type: the envelope, with the type's own schema as `data`. */
export function canonicalTree(schemas: CanonicalSchemas, type: MessageType): SchemaTree {
  const envelope = (schemas.get('envelope') ?? {}) as JsonSchema
  const data = (schemas.get(type) ?? {}) as JsonSchema
  return treeOf({ ...envelope, properties: { ...envelope.properties, data } }, (ref) => {
    const [, name = '', definition = ''] = /^urn:hub:canonical:([a-z.]+):\d+#\/\$defs\/(\w+)$/.exec(ref) ?? []
    return (schemas.get(name) as JsonSchema | undefined)?.$defs?.[definition]
  })
}

/** One message of a partner's messages.schema.json; undefined where the file has no such definition. */
export function partnerTree(file: object | undefined, name: string): SchemaTree | undefined {
  const { $defs = {} } = (file ?? {}) as JsonSchema
  const root = $defs[name]
  return root === undefined ? undefined : treeOf(root, (ref) => $defs[ref.replace('#/$defs/', '')])
}

/** A schema that refers to nothing. */
export function plainTree(root: JsonSchema): SchemaTree {
  return treeOf(root, () => undefined)
}

function treeOf(root: JsonSchema, reference: (ref: string) => JsonSchema | undefined): SchemaTree {
  const resolve = (node: JsonSchema, depth = 0): JsonSchema => {
    if (node.$ref === undefined || depth > MAX_DEPTH) return node
    const { $ref, ...own } = node
    const target = reference($ref)
    return target === undefined ? own : { ...resolve(target, depth + 1), ...own }
  }
  return { root, resolve: (node) => resolve(node) }
}

/** The kinds of JSON value that a node allows; undefined where it does not say. */
export function kindsOf(node: JsonSchema): ReadonlySet<string> | undefined {
  if (node.type !== undefined) return new Set([node.type].flat())
  const values = node.const === undefined ? node.enum : [node.const]
  if (values !== undefined) return new Set(values.map(kindOf))
  if (node.properties !== undefined) return new Set(['object'])
  return node.items === undefined ? undefined : new Set(['array'])
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** One member somewhere in a schema. */
export interface SchemaPlace {
  /** `data.materials[].name`. */
  readonly path: string
  /** Resolved. */
  readonly node: JsonSchema
  readonly required: boolean
  readonly leaf: boolean
}

/** Every member below the root, parents first. */
export function placesOf(tree: SchemaTree): readonly SchemaPlace[] {
  const places: SchemaPlace[] = []
  const visit = (schema: JsonSchema, path: string, required: boolean, depth: number): void => {
    const node = tree.resolve(schema)
    const members = Object.entries(node.properties ?? {})
    const leaf = members.length === 0 && node.items === undefined
    if (path !== '') places.push({ path, node, required, leaf })
    if (depth > MAX_DEPTH) return
    if (node.items !== undefined) visit(node.items, `${path}[]`, true, depth + 1)
    for (const [name, member] of members) {
      const inner = path === '' ? name : `${path}.${name}`
      visit(member, inner, node.required?.includes(name) === true, depth + 1)
    }
  }
  visit(tree.root, '', true, 0)
  return places
}
