/**
 * A partner's schemas: `schemas/formats/<id>/messages.schema.json`, one definition under `$defs` a message. They are
 * not applied to live traffic (the canonical schemas are): they check test cases, and tell lineage which fields are
 * arrays and which do not exist.
 */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { type SchemaNode, type SchemaPaths, schemaPaths } from './schema-paths.ts'

export interface PartnerSchema {
  readonly paths: SchemaPaths
  /** What is wrong with a document, as `pointer: words`; empty where it fits. Compiled at the first use. */
  check(document: unknown): readonly string[]
}

/** The schema of one message. `root` is the whole file. @throws Error where `name` is not in it */
export function partnerSchema(root: object, name: string): PartnerSchema {
  const { $defs = {} } = root as SchemaNode
  const top = $defs[name]
  if (top === undefined) throw new Error(`There is no $defs/${name}.`)
  let validate: ReturnType<Ajv2020['compile']> | undefined
  return {
    paths: schemaPaths(top, (ref) => $defs[ref.replace('#/$defs/', '')]),
    check(document) {
      validate ??= compiled(root, name)
      return validate(document) ? [] : (validate.errors ?? []).map(errorText)
    },
  }
}

/** Files whose schemas are known to be schemas: all definitions of a file are looked at with its first message. */
const sound = new WeakSet<object>()

function compiled(root: object, name: string): ReturnType<Ajv2020['compile']> {
  const { $defs } = root as SchemaNode
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    logger: false,
    validateSchema: !sound.has(root),
  })
  const validate = ajv.compile({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs,
    $ref: `#/$defs/${name}`,
  })
  sound.add(root)
  return validate
}

function errorText({ instancePath, message, params }: ErrorObject): string {
  const member = params.additionalProperty ?? params.missingProperty
  return `${instancePath}: ${message ?? ''}${typeof member === 'string' ? ` (${member})` : ''}`
}
