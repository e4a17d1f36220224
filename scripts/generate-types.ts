/**
 * Writes `hub/contract/canonical.ts` from `schemas/canonical/`: one interface per message type, shared parts once.
 * `npm run generate` writes, `npm run generate -- --check` exits 1 where the file differs from the schemas.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'
import { readSchemas, type Schema } from '../hub/canonical/schema-files.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const canonicalTypesFile = join(root, 'hub/contract/canonical.ts')

const banner = `/**
 * Generated from schemas/canonical/ by \`npm run generate\`; do not edit.
 * What the \`data\` of each message type holds.
 */`

/** Conditions between fields are the validator's business: TypeScript cannot say them, and the compiler would make unions of them. */
const conditions = [
  'allOf',
  'anyOf',
  'if',
  'then',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'format',
]

/**
 * The text of `hub/contract/canonical.ts` for the schemas in `directory`.
 * Throws where two definitions would get the same name.
 */
export async function generateCanonicalTypes(directory?: string): Promise<string> {
  const { parts, types } = readSchemas(directory)
  const definitions = new Map<string, object>()
  const define = (name: string, schema: Schema) => {
    if (definitions.has(name)) throw new Error(`Two canonical definitions would both be called ${name}.`)
    definitions.set(name, { ...(forCompiler(schema) as object), title: name })
  }
  for (const [name, schema] of Object.entries(parts.$defs ?? {})) define(name, schema)
  for (const schema of types.values()) define(schema.title as string, schema)

  const properties = Object.fromEntries(
    [...types].map(([type, schema]) => [type, { description: schema.description, tsType: schema.title }]),
  )
  const text = await compile(
    {
      title: 'CanonicalData',
      description: '各消息类型的数据 / The data of each message type',
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
      definitions: Object.fromEntries(definitions),
    } as Parameters<typeof compile>[0],
    'CanonicalData',
    {
      bannerComment: banner,
      unreachableDefinitions: true,
      ignoreMinAndMaxItems: true,
      unknownAny: true,
      style: { semi: false, singleQuote: true, printWidth: 110 },
    },
  )
  return (
    text
      // The compiler says where a definition is used; here every use is by name and none is found.
      .replace(/^ \*\n \* This interface was referenced by[^\n]*\n \* via[^\n]*\n/gm, '')
      .replace(/\/\*\*\n +\* ([^\n]*)\n +\*\//g, '/** $1 */')
  )
}

/** References become names, so that the compiler neither copies the part nor loses the property's own description. */
function forCompiler(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forCompiler)
  if (typeof node !== 'object' || node === null) return node
  const schema = node as Schema
  if (schema.$ref !== undefined) {
    return { description: schema.description, tsType: schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) }
  }
  const kept = Object.entries(schema).filter(
    ([key]) => !conditions.includes(key) && !key.startsWith('$') && !key.startsWith('x-'),
  )
  return Object.fromEntries(kept.map(([key, value]) => [key, forCompiler(value)]))
}

async function main(): Promise<void> {
  const wanted = await generateCanonicalTypes()
  const name = relative(root, canonicalTypesFile)
  if (!process.argv.includes('--check')) {
    writeFileSync(canonicalTypesFile, wanted)
    console.log(`Wrote ${name}`)
    return
  }
  let present = ''
  try {
    present = readFileSync(canonicalTypesFile, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  if (present === wanted) return
  console.error(`${name} differs from schemas/canonical/. Run: npm run generate`)
  process.exitCode = 1
}

if (import.meta.main) await main()
