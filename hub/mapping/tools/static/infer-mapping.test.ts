import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MappingError } from '../../../contract/errors.ts'
import type { ExprNode } from '../../engine/ast.ts'
import { parse } from '../../engine/parse.ts'
import { loadPackage } from '../../load-package.ts'
import { generateMessages } from '../canonical-arbitrary.ts'
import { inferMapping } from './infer-mapping.ts'
import {
  type MappingSource,
  type PackageSource,
  type ParsedSource,
  readSources,
  SHIPPED,
} from './package-source.ts'
import { nodesOf } from './rules-names.ts'
import { memberOfSource } from './schema-type.ts'
import { tokenStart } from './source-text.ts'
import { elementOf, lengthOf, type ObjectType, type Type } from './value-type.ts'

const { packages } = readSources(SHIPPED)
const SAMPLES = 25
const CASE = {
  taskCode: '1141000000000901362410190001000',
  scenario: 'renewal',
  receivingRegion: '411300',
  jurisdictionRegion: '410526',
  openedAt: '2026-09-30T10:12:05+08:00',
  externalIds: {},
}

/** Where `value` is something that the type says it cannot be; undefined where the type admits it. */
function refusal(type: Type, value: unknown, path = ''): string | undefined {
  const not = (what: string) => `${path || 'the root'} ${what}: ${JSON.stringify(value)?.slice(0, 80)}`
  if (value === undefined) return type.absent || type.any ? undefined : not('is missing')
  if (type.any) return undefined
  if (value === null) return type.nullable ? undefined : not('is null')
  if (typeof value === 'string') {
    const { text } = elementOf(type)
    if (text === undefined) return not('is a text')
    if (text.values !== undefined && !text.values.has(value)) return not(`is none of ${[...text.values]}`)
    return text.maxLength !== undefined && lengthOf(value) > text.maxLength ? not('is too long') : undefined
  }
  if (typeof value === 'number') {
    const { number } = elementOf(type)
    if (number === undefined) return not('is a number')
    return number.integer === true && !Number.isInteger(value) ? not('is no whole number') : undefined
  }
  if (typeof value === 'boolean') return elementOf(type).boolean?.has(value) ? undefined : not('is a boolean')
  if (Array.isArray(value)) {
    if (type.list === undefined) return not('is a list')
    const element = type.list.of()
    for (const [index, one] of value.entries()) {
      const found = refusal(element, one, `${path}[${index}]`)
      if (found !== undefined) return found
    }
    return undefined
  }
  const { objects } = type.list?.sequence === true ? elementOf(type) : type
  if (objects.length === 0) return not('is an object')
  const refusals = objects.map((object) => refusalOfObject(object, value as Record<string, unknown>, path))
  return refusals.includes(undefined) ? undefined : refusals[0]
}

function refusalOfObject(
  object: ObjectType,
  value: Record<string, unknown>,
  path: string,
): string | undefined {
  const names = object.kind === 'made' ? [...object.fields.keys()] : Object.keys(object.node.properties ?? {})
  for (const name of new Set([...names, ...Object.keys(value)])) {
    const type = object.kind === 'made' ? object.fields.get(name)?.type : memberOfSource(object, name)
    const open = object.kind === 'made' && object.open
    if (type === undefined && !open) return `${path}.${name} was not foreseen`
    const found = type === undefined ? undefined : refusal(type, value[name], `${path}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** Mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function typeOf(source: PackageSource, mapping: MappingSource | undefined): Type {
  assert.ok(mapping !== undefined)
  return inferMapping(mapping, source).type ?? assert.fail()
}

/** The mapping with `text` put in place of the characters from `start` to `end` of its composed text. */
function respelt(mapping: MappingSource, start: number, end: number, text: string): MappingSource {
  const before = mapping.source.text
  const composed = before.slice(0, start) + text + before.slice(end)
  const source: ParsedSource = { ...mapping.source, text: composed, ast: parse(composed) }
  return { ...mapping, source }
}

for (const source of packages) {
  describe(`misspelt names in ${source.folder}`, () => {
    it('are found wherever they stand: source fields and target keys', () => {
      const random = seeded(11)
      let tried = 0
      for (const mapping of source.mappings) {
        const { ast, text } = mapping.source
        if (ast === undefined || mapping.makes === undefined) continue
        const own = ({ position = 0 }: ExprNode) =>
          mapping.source.locate(position - 1).file === mapping.source.file
        const nodes = [...nodesOf(ast)].filter(own)
        const keys = nodes.flatMap((node) =>
          node.type === 'unary' && node.value === '{' ? node.lhs.map(([key]) => key) : [],
        )
        const names = nodes.filter(({ type }) => type === 'name')
        for (const [rule, candidates] of [
          ['SOURCE_PATH', names],
          ['TARGET_PATH', keys],
        ] as const) {
          const node = candidates[Math.floor(random() * candidates.length)]
          if (node === undefined || (rule === 'SOURCE_PATH' && mapping.reads === undefined)) continue
          const start = tokenStart(node, text)
          const end = node.position ?? 0
          const wrong =
            rule === 'SOURCE_PATH'
              ? `${String((node as { value: string }).value)}Q`
              : `"${String((node as { value: string }).value)}Q"`
          const found = inferMapping(respelt(mapping, start, end, wrong), source).remarks
          assert.ok(
            found.some((remark) => remark.rule === rule),
            `${mapping.name}: ${text.slice(start, end)} → ${wrong}`,
          )
          tried++
        }
      }
      assert.ok(tried > 20 || source.partnerSchemas === undefined, `${tried} tried`)
    }).timeout(60_000)
  })

  describe(`the types that are inferred for ${source.folder}`, () => {
    const { folder, files, shared, canonicalSchemas, partnerSchemas } = source
    const parts = { folder, files, shared, canonicalSchemas }
    const format =
      loadPackage(partnerSchemas === undefined ? parts : { ...parts, partnerSchemas }).package ??
      assert.fail()
    const mappingOf = (name: string) => source.mappings.find((mapping) => mapping.name === name)

    it('admit everything that the mappings make of made-up messages, out and in again', async () => {
      let out = 0
      let back = 0
      for (const [type, outbound] of format.outbound) {
        const outType = typeOf(source, mappingOf(`out/${type}`))
        for (const message of generateMessages(fc, type, canonicalSchemas, { runs: SAMPLES, seed: 7 })) {
          const context = {
            nowMs: 0,
            receiver: { id: 'receiver', region: '410526' },
            case: { ...CASE, caseNo: message.subject },
          }
          let document: unknown
          try {
            document = await outbound.map(message, context)
          } catch (error) {
            // A code without counterpart by design.
            if (!(error instanceof MappingError)) throw error
            continue
          }
          out++
          assert.equal(refusal(outType, document), undefined, `${type} out`)
          const name = format.identify(document)
          const inbound = name === undefined ? undefined : format.inbound.get(name)
          if (
            inbound === undefined ||
            format.mappings.get(`in/${name}`)?.schema?.check(document).length !== 0
          )
            continue
          const { draft, faults } = await inbound.map(document, {
            nowMs: 0,
            sender: { id: 'a', region: '410000' },
          })
          if (faults.length > 0) continue
          back++
          const [made] = typeOf(source, mappingOf(`in/${name}`)).objects
          const data = made?.kind === 'made' ? made.fields.get('data')?.type : undefined
          assert.equal(refusal(data ?? assert.fail(), draft.data), undefined, `${name} in`)
        }
      }
      const read = new Set([...format.inbound.values()].map(({ type }) => type))
      const returns = [...format.outbound.keys()].some((type) => read.has(type))
      assert.ok(out > 100 && (back > 50 || !returns), `${out} out, ${back} back`)
    }).timeout(60_000)
  })
}
