/** What format packages ask of the canonical schemas: code lists and paths. */
import type { ConfigFault } from '../contract/errors.ts'
import { isMessageType, type MessageType } from '../contract/message.ts'
import type { CodesDeclaration } from './format-declaration.ts'
import { type SchemaNode, type SchemaPaths, schemaPaths } from './schema-paths.ts'

/** Content of schemas/canonical/: `parts`, `envelope` and the message types. */
export type CanonicalSchemas = ReadonlyMap<string, object>

/** Paths of a whole message of that type: `data.materials[].name`, `subject`. */
export function messagePaths(schemas: CanonicalSchemas, type: MessageType): SchemaPaths {
  const { properties } = (schemas.get('envelope') ?? {}) as SchemaNode
  const data = (schemas.get(type) ?? {}) as SchemaNode
  return schemaPaths({ properties: { ...properties, data } }, (ref) => {
    const [, name = '', definition = ''] = /^urn:hub:canonical:([a-z.]+):\d+#\/\$defs\/(\w+)$/.exec(ref) ?? []
    return (schemas.get(name) as SchemaNode | undefined)?.$defs?.[definition]
  })
}

/** The canonical codes of a declaration; undefined where it names none. A reference to something else than an enum is a fault. */
export function canonicalCodes(
  { canonical }: CodesDeclaration,
  schemas: CanonicalSchemas,
  file: string,
  path: string,
): { readonly codes?: readonly (string | boolean)[]; readonly faults: readonly ConfigFault[] } {
  if (canonical === undefined) return { faults: [] }
  if (typeof canonical !== 'string') return { codes: canonical, faults: [] }
  const [type = '', field = ''] = canonical.split('#')
  const codes = isMessageType(type) ? messagePaths(schemas, type).valuesOf(`data.${field}`) : undefined
  if (codes !== undefined) return { codes: codes as readonly string[], faults: [] }
  const fault: ConfigFault = {
    file,
    path,
    code: 'FORMAT_CODE_CANONICAL',
    reason: `${canonical} is no list of codes in schemas/canonical/.`,
    remedy:
      'Name a message type and a field with a list of values, such as case.completed#result, or list the codes.',
  }
  return { faults: [fault] }
}
