/** What a change of a schema touches: mappings and their target fields, cases that would fail, new lint findings. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadValidator, type Validator } from '../../../canonical/validator.ts'
import type { ConfigFault } from '../../../contract/errors.ts'
import { MESSAGE_TYPES } from '../../../contract/message.ts'
import type { CanonicalSchemas } from '../../canonical-schemas.ts'
import { loadPackage } from '../../load-package.ts'
import { readCanonicalSchemas } from '../../load-packages.ts'
import { runCases } from '../../run-cases.ts'
import type { Finding } from './finding.ts'
import { inferMapping } from './infer-mapping.ts'
import { mappingLineage, meets, within } from './lineage-table.ts'
import { lintPackage } from './lint.ts'
import { type MappingSource, type PackageSource, readSource } from './package-source.ts'
import { type SchemaChange, schemaChanges } from './schema-change.ts'
import { canonicalTree, type JsonSchema, partnerTree } from './schema-tree.ts'

export interface Touch {
  readonly format: string
  readonly mapping: string
  /** The mapping reads the changed member, or makes it. */
  readonly side: 'reads' | 'makes'
  readonly file: string
  readonly line: number
  readonly column: number
  /** Fields of the target that it feeds, controls, or is. */
  readonly targets: readonly string[]
}

export interface ChangeImpact extends SchemaChange {
  /** Message type, or the partner's message. */
  readonly message: string
  readonly touches: readonly Touch[]
}

export interface FailingCase {
  readonly format: string
  readonly title: string
  readonly problems: readonly string[]
}

export interface Impact {
  /** `canonical/case.submitted`, `formats/gateway-json`. */
  readonly schema: string
  readonly changes: readonly ChangeImpact[]
  /** Cases that pass with the old schema and not with the new one. */
  readonly failing: readonly FailingCase[]
  /** What keeps a package from loading with the new schema. */
  readonly faults: readonly ConfigFault[]
  /** What lint would say in addition. */
  readonly findings: readonly Finding[]
}

/** The schemas are not versions of one schema that the hub knows. */
export class StrangeSchema extends Error {}

interface Subject {
  readonly schema: string
  readonly canonical?: string
  readonly format?: string
}

/** By `$id`. @throws StrangeSchema */
function subjectOf(before: JsonSchema, after: JsonSchema): Subject {
  const [first, second] = [before, after].map(({ $id = '' }) => $id.replace(/:\d+$/, ''))
  if (first === undefined || first === '' || first !== second)
    throw new StrangeSchema(
      `The two files are not versions of one schema: their $id is ${first || 'missing'} and ${second || 'missing'}.`,
    )
  const canonical = /^urn:hub:canonical:([a-z.]+)$/.exec(first)?.[1]
  if (canonical !== undefined) return { schema: `canonical/${canonical}`, canonical }
  const format = /^urn:hub:format:([a-z0-9-]+)$/.exec(first)?.[1]
  if (format !== undefined) return { schema: `formats/${format}`, format }
  throw new StrangeSchema(
    `${first} is neither a canonical schema (urn:hub:canonical:…) nor a partner's (urn:hub:format:…).`,
  )
}

/** @throws StrangeSchema where the files are not two versions of one known schema */
export async function impactOf(
  packages: readonly PackageSource[],
  before: JsonSchema,
  changed: JsonSchema,
): Promise<Impact> {
  const subject = subjectOf(before, changed)
  // The other schemas still refer to the old version.
  const after: JsonSchema = before.$id === undefined ? changed : { ...changed, $id: before.$id }
  const concerned = packages.filter((source) => isConcerned(source, subject))
  const old = concerned.map((source) => withSchema(source, subject, before))
  const now = concerned.map((source) => withSchema(source, subject, after))
  const changes =
    subject.canonical === undefined
      ? partnerChanges(old, before, after)
      : canonicalChanges(old, subject.canonical, before, after)
  if (changes.length === 0) return { schema: subject.schema, changes, failing: [], faults: [], findings: [] }
  const { failing, faults } = await failures(old, now, subject, before, after)
  return { schema: subject.schema, changes, failing, faults, findings: newFindings(old, now) }
}

/** The package has messages of the schema, or code tables that take their canonical codes from it. */
function isConcerned(
  { folder, mappings, declaration }: PackageSource,
  { canonical, format }: Subject,
): boolean {
  if (format !== undefined) return folder === format
  if (canonical === 'parts' || canonical === 'envelope') return true
  const tables = Object.values(declaration?.codes ?? {})
  return (
    mappings.some(({ type }) => type === canonical) ||
    tables.some((table) => typeof table.canonical === 'string' && table.canonical.startsWith(`${canonical}#`))
  )
}

function withSchema(source: PackageSource, { canonical }: Subject, schema: JsonSchema): PackageSource {
  if (canonical === undefined) return readSource({ ...source, partnerSchemas: schema })
  return readSource({ ...source, canonicalSchemas: replaced(source.canonicalSchemas, canonical, schema) })
}

function replaced(schemas: CanonicalSchemas, name: string, schema: object): CanonicalSchemas {
  return new Map([...schemas, [name, schema]])
}

function canonicalChanges(
  old: readonly PackageSource[],
  name: string,
  before: JsonSchema,
  after: JsonSchema,
): readonly ChangeImpact[] {
  const shipped = readCanonicalSchemas()
  const [first, second] = [replaced(shipped, name, before), replaced(shipped, name, after)]
  const types = MESSAGE_TYPES.filter((type) => name === type || name === 'parts' || name === 'envelope')
  return types.flatMap((type) =>
    schemaChanges(canonicalTree(first, type), canonicalTree(second, type)).map((change) => ({
      ...change,
      message: type,
      touches: old.flatMap((source) =>
        source.mappings
          .filter((mapping) => mapping.type === type)
          .flatMap((mapping) =>
            touches(change, mapping, source, mapping.direction === 'in' ? 'makes' : 'reads'),
          ),
      ),
    })),
  )
}

function partnerChanges(
  [source]: readonly PackageSource[],
  before: JsonSchema,
  after: JsonSchema,
): readonly ChangeImpact[] {
  if (source?.declaration === undefined) return []
  const { in: incoming, out } = source.declaration
  const messageOf = ({ direction, name, type }: MappingSource): string | undefined =>
    direction === 'in' ? incoming[name.slice('in/'.length)]?.schema : out[type]?.schema
  const messages = new Set(source.mappings.map(messageOf).filter((name) => name !== undefined))
  return [...messages].sort().flatMap((message) => {
    const [first, second] = [partnerTree(before, message), partnerTree(after, message)]
    if (first === undefined) return []
    const mappings = source.mappings.filter((mapping) => messageOf(mapping) === message)
    const found: readonly SchemaChange[] =
      second === undefined ? [{ kind: 'removed', path: '', breaking: true }] : schemaChanges(first, second)
    return found.map((change) => ({
      ...change,
      message,
      touches: mappings.flatMap((mapping) =>
        touches(change, mapping, source, mapping.direction === 'in' ? 'reads' : 'makes'),
      ),
    }))
  })
}

/** Where a mapping reads or makes the changed member, anything below it, or an object around it as a whole. */
function touches(
  { path, kind, to }: SchemaChange,
  mapping: MappingSource,
  source: PackageSource,
  side: 'reads' | 'makes',
): readonly Touch[] {
  const { reads, conformity } = inferMapping(mapping, source)
  const about = { format: source.folder, mapping: mapping.name, side }
  const byPlace = new Map<string, Touch>()
  const add = (offset: number, targets: readonly string[]): void => {
    const place = mapping.source.locate(offset)
    const key = JSON.stringify(place)
    const known = byPlace.get(key)?.targets ?? []
    byPlace.set(key, { ...about, ...place, targets: [...new Set([...known, ...targets])] })
  }
  if (side === 'makes') {
    for (const [target, offsets] of conformity?.made ?? [])
      if (within(target, path)) for (const offset of offsets) add(offset, [target])
    if (byPlace.size === 0 && (kind !== 'added' || to === 'required')) {
      // Copied with the object around it, or not made yet: the nearest object that is.
      const around = [...(conformity?.made ?? [])].filter(([target]) => within(path, target))
      const nearest = around.sort(([one], [other]) => other.length - one.length)[0]
      for (const offset of nearest?.[1] ?? (kind === 'added' ? [mapping.source.text.length] : []))
        add(offset, nearest === undefined ? [] : [nearest[0]])
    }
    return [...byPlace.values()]
  }
  const entries = mappingLineage(mapping, source)?.lineage.entries ?? []
  for (const [read, offsets] of reads) {
    if (!within(read, path)) continue
    const fed = entries.filter(({ sources, controls }) =>
      [...sources, ...controls].some((one) => within(one, read)),
    )
    for (const offset of offsets)
      add(
        offset,
        fed.map(({ target }) => target),
      )
  }
  if (byPlace.size > 0) return [...byPlace.values()]
  // Copied with the object around it.
  const whole = entries.filter(({ sources }) => sources.some((one) => one !== '' && meets(one, path)))
  for (const { sources, target } of whole)
    for (const one of sources)
      for (const offset of reads.get(one) ?? []) if (meets(one, path)) add(offset, [target])
  return [...byPlace.values()]
}

async function failures(
  old: readonly PackageSource[],
  now: readonly PackageSource[],
  { canonical }: Subject,
  before: JsonSchema,
  after: JsonSchema,
): Promise<Pick<Impact, 'failing' | 'faults'>> {
  const [oldValidator, newValidator] =
    canonical === undefined
      ? [loadValidator(), loadValidator()]
      : [validatorWith(canonical, before), validatorWith(canonical, after)]
  const failing: FailingCase[] = []
  const faults: ConfigFault[] = []
  for (const [index, source] of now.entries()) {
    const first = loaded(old[index] as PackageSource)
    const second = loaded(source)
    faults.push(...second.faults)
    if (first.package === undefined || second.package === undefined) continue
    const passed = new Set(
      (await runCases(first.package, { validator: oldValidator }))
        .filter((result) => result.passed)
        .map(({ title }) => title),
    )
    for (const result of await runCases(second.package, { validator: newValidator })) {
      if (result.passed || !passed.has(result.title)) continue
      const differences = result.differences.map(({ path }) => `The output differs at ${path || 'its root'}.`)
      failing.push({
        format: source.folder,
        title: result.title,
        problems: [...result.problems, ...differences],
      })
    }
  }
  return { failing, faults }
}

function loaded({ folder, files, shared, canonicalSchemas, partnerSchemas }: PackageSource) {
  return loadPackage({
    folder,
    files,
    shared,
    canonicalSchemas,
    ...(partnerSchemas === undefined ? {} : { partnerSchemas }),
  })
}

const canonicalFolder = join(
  dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))),
  'schemas/canonical',
)

/** The hub's own validator with one schema replaced. */
function validatorWith(name: string, schema: JsonSchema): Validator {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'))
  try {
    cpSync(canonicalFolder, folder, { recursive: true })
    writeFileSync(join(folder, `${name}.schema.json`), JSON.stringify(schema))
    return loadValidator(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function newFindings(old: readonly PackageSource[], now: readonly PackageSource[]): readonly Finding[] {
  const key = ({ rule, file, line, column, reason }: Finding) =>
    JSON.stringify([rule, file, line, column, reason.en])
  const known = new Set(old.flatMap(lintPackage).map(key))
  return now.flatMap(lintPackage).filter((finding) => !known.has(key(finding)))
}
