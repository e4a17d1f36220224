/** One mapping followed with types, from the schema of what it reads to the schema of what it makes. */
import { BUILTINS } from '../../engine/builtins/registry.ts'
import { hubFunctions } from '../../functions/hub-functions.ts'
import { type Conformity, conformity } from './conform.ts'
import type { Finding, Remark } from './finding.ts'
import { inferType } from './infer.ts'
import type { MappingSource, PackageSource, ParsedSource } from './package-source.ts'
import type { NodeRemark } from './rules-names.ts'
import { type JsonSchema, plainTree, type SchemaTree } from './schema-tree.ts'
import { documentType, schemaType } from './schema-type.ts'
import { startOf, textOf } from './source-text.ts'
import type { Type } from './value-type.ts'

export interface MappingInference {
  readonly remarks: readonly Finding[]
  /** Of what the mapping makes; absent where its text is no expression. */
  readonly type?: Type
  /** Absent where the package names no schema of what is made. */
  readonly conformity?: Conformity
  /** Offsets at which each path of the source is read. */
  readonly reads: ReadonlyMap<string, ReadonlySet<number>>
}

const PARTY: JsonSchema = {
  type: 'object',
  required: ['id', 'region'],
  properties: { id: { type: 'string', maxLength: 40 }, region: { type: 'string', maxLength: 6 } },
}

const CASE: JsonSchema = {
  type: 'object',
  required: [
    'caseNo',
    'taskCode',
    'scenario',
    'receivingRegion',
    'jurisdictionRegion',
    'openedAt',
    'externalIds',
  ],
  properties: {
    caseNo: { type: 'string', maxLength: 50 },
    taskCode: { type: 'string' },
    scenario: { type: 'string' },
    receivingRegion: { type: 'string', maxLength: 6 },
    jurisdictionRegion: { type: 'string', maxLength: 6 },
    openedAt: { type: 'string', maxLength: 35 },
    externalIds: { type: 'object' },
  },
}

/** Variables that a mapping of that direction has besides its document. */
export function bindingsOf(direction: 'in' | 'out'): ReadonlyMap<string, Type> {
  const type = (schema: JsonSchema, name: string): Type => schemaType(schema, plainTree(schema), name)
  return direction === 'in'
    ? new Map([['sender', type(PARTY, '$sender')]])
    : new Map([
        ['receiver', type(PARTY, '$receiver')],
        ['case', type(CASE, '$case')],
      ])
}

export const FUNCTION_NAMES: ReadonlySet<string> = new Set([
  ...BUILTINS.keys(),
  ...hubFunctions(new Map(), new Set()).map(({ name }) => name),
])

/** What the intake adds to every submission from the catalogue before anybody is told (review-submission.ts). */
const COMPLETED: ReadonlySet<string> = new Set(
  ['catalogCode', 'taskCode', 'taskHandleItem', 'taskVersion', 'name', 'scenario'].map(
    (name) => `data.item.${name}`,
  ),
)

const TEXT: JsonSchema = { type: ['string', 'number', 'integer', 'null'] }

/** The draft that an inbound mapping makes of a canonical message. */
export function draftTree(message: SchemaTree): SchemaTree {
  const data = message.root.properties?.data ?? {}
  return {
    root: {
      type: 'object',
      additionalProperties: false,
      required: ['data'],
      properties: {
        externalId: TEXT,
        dataVersion: TEXT,
        caseNo: TEXT,
        caseExternalId: TEXT,
        time: TEXT,
        data,
      },
    },
    resolve: message.resolve,
  }
}

/** @throws nothing; a source that is no expression gives no remarks */
export function inferMapping(mapping: MappingSource, source: PackageSource): MappingInference {
  const { ast, text } = mapping.source
  const remarks: Finding[] = []
  const reads = new Map<string, Set<number>>()
  if (ast === undefined) return { remarks, reads }
  const tables = new Map(source.tables.map(({ name, table }) => [name, table]))
  const declared = new Map(source.tables.map(({ name, declaration }) => [name, declaration]))
  const type = inferType(ast, documentType(mapping.reads), {
    text,
    direction: mapping.direction,
    bindings: bindingsOf(mapping.direction),
    functions: FUNCTION_NAMES,
    tables,
    judged(table, side) {
      const { without, canonical, partner } = declared.get(table) ?? {}
      const listed = side === 'canonical' ? canonical?.map(String) : partner
      return new Set([...Object.keys(without?.[side] ?? {}), ...(listed ?? [])])
    },
    nullWords: new Set(source.declaration?.nullWords ?? []),
    promised: mapping.direction === 'out' ? COMPLETED : new Set(),
    startOf: (node) => startOf(node, text),
    report: (remark, node) => remarks.push(placed({ remark, node }, mapping.source)),
    read(path, offset) {
      const offsets = reads.get(path) ?? new Set()
      reads.set(path, offsets.add(offset))
    },
  })
  if (mapping.makes === undefined) return { remarks, type, reads }
  const tree = mapping.direction === 'in' ? draftTree(mapping.makes) : mapping.makes
  const held = conformity(type, tree, mapping.direction, mapping.source.uses.length === 0 ? 0 : text.length)
  for (const { remark, offset } of held.remarks) remarks.push(placedAt(remark, offset, mapping.source))
  return { remarks, type, conformity: held, reads }
}

/** A remark with its place in the file where the node stands. */
export function placed({ remark, node }: NodeRemark, source: ParsedSource): Finding {
  const { file, line, column } = source.locate(startOf(node, source.text))
  return { ...remark, file, line, column, expression: textOf(node, source.text) }
}

export function placedAt(remark: Remark, offset: number, source: ParsedSource): Finding {
  const { file, line, column } = source.locate(offset)
  const rest = source.text.slice(offset).split('\n', 1)[0]?.trim().replace(/,$/, '') ?? ''
  const expression = rest.length > 80 ? `${rest.slice(0, 79)}…` : rest
  return { ...remark, file, line, column, expression }
}
