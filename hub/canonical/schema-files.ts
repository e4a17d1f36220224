/** Reads the canonical JSON Schemas from disk, in the order of the message types. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MESSAGE_TYPES, type MessageType } from '../contract/message.ts'

/** The subset of JSON Schema 2020-12 that the canonical schemas use, and their annotations. */
export interface Schema {
  readonly $id?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly title?: string
  /** `中文 / English`; a label, and after `；` or `;` an optional note. */
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly const?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean
  readonly items?: Schema
  readonly format?: string
  readonly pattern?: string
  /** National column or GB/T 39046 name. */
  readonly 'x-national'?: string
  readonly 'x-personal'?: string
  readonly 'x-personal-unless'?: { readonly sibling: string; readonly values: readonly string[] }
  /** What `pattern` asks for, in words: `中文 / English`. */
  readonly 'x-form'?: string
  /** Meaning of each value of `enum`: `中文 / English`. */
  readonly 'x-values'?: Readonly<Record<string, string>>
}

export interface SchemaFiles {
  readonly parts: Schema
  readonly envelope: Schema
  readonly types: ReadonlyMap<MessageType, Schema>
}

const shipped = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'schemas/canonical')

/**
 * All schemas of `directory`, by default the ones shipped with the hub. Throws where a message type has no schema, a
 * schema has no message type, or a file is not JSON.
 */
export function readSchemas(directory = shipped): SchemaFiles {
  const ending = '.schema.json'
  const found = new Map<string, Schema>()
  for (const file of readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .sort()) {
    found.set(
      file.slice(0, -ending.length),
      JSON.parse(readFileSync(join(directory, file), 'utf8')) as Schema,
    )
  }
  const take = (name: string): Schema => {
    const schema = found.get(name)
    if (schema === undefined) throw new Error(`${join(directory, name + ending)} is missing.`)
    found.delete(name)
    return schema
  }
  const files = {
    parts: take('parts'),
    envelope: take('envelope'),
    types: new Map(MESSAGE_TYPES.map((type) => [type, take(type)])),
  }
  const strangers = [...found.keys()]
  if (strangers.length > 0)
    throw new Error(`No message type is called ${strangers.join(', ')}; see hub/contract/message.ts.`)
  return files
}
