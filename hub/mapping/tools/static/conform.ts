/** Holds the type of what a mapping makes against the schema of what it should make. */

import { unfitList, unfitNumber, unfitText } from './conform-values.ts'
import type { Remark } from './finding.ts'
import { type JsonSchema, kindsOf, placesOf, type SchemaTree } from './schema-tree.ts'
import { memberOfSource } from './schema-type.ts'
import { similarTo } from './suggestion.ts'
import { isNothing, kindsOfType, type MadeField, type ObjectType, settle, type Type } from './value-type.ts'

/** How far a required member of the target is given, on one branch of the mapping. */
export interface Requirement {
  readonly target: string
  readonly given: 'always' | 'maybe' | 'never'
  /** Where the branch, or the value that may be missing, stands in the expression. */
  readonly offset: number
  /** Sources without which the value is missing. */
  readonly needs: readonly string[]
  /** Held by an object that is only made where one of its members is there. */
  readonly part: boolean
}

export interface Conformity {
  readonly remarks: readonly { readonly remark: Remark; readonly offset: number }[]
  readonly requirements: readonly Requirement[]
  /** Where each target member is made: offsets of keys, by path. */
  readonly made: ReadonlyMap<string, readonly number[]>
}

interface Place {
  readonly path: string
  readonly offset: number
  readonly known: ReadonlySet<string>
}

/** @param direction says who refuses what does not fit: the hub's own schema (`in`) or the receiver (`out`) */
export function conformity(type: Type, tree: SchemaTree, direction: 'in' | 'out', offset = 0): Conformity {
  const holding = new Holding(tree, direction)
  holding.value(type, tree.root, { path: '', offset, known: new Set() })
  return holding
}

class Holding implements Conformity {
  readonly remarks: { remark: Remark; offset: number }[] = []
  readonly requirements: Requirement[] = []
  readonly made = new Map<string, number[]>()
  readonly #tree: SchemaTree
  readonly #direction: 'in' | 'out'
  /** Source objects that are held already: their schemas may nest without end. */
  #depth = 0

  constructor(tree: SchemaTree, direction: 'in' | 'out') {
    this.#tree = tree
    this.#direction = direction
  }

  value(type: Type, schema: JsonSchema, place: Place): void {
    if (isNothing(type)) return
    const node = this.#tree.resolve(schema)
    const known = place.known.union(type.needs)
    const at = { ...place, known }
    this.#kinds(type, node, at)
    if (type.text !== undefined) {
      const remark = unfitText(type.text, node, at.path, type, this.#direction)
      if (remark !== undefined) this.#remark(remark, at)
    }
    if (type.number !== undefined) {
      const remark = unfitNumber(type.number, node, at.path)
      if (remark !== undefined) this.#remark(remark, at)
    }
    if (this.#depth > MAX_DEPTH) return
    this.#depth++
    if (type.list !== undefined && node.items !== undefined) {
      this.value(settle(type.list.of(), known), node.items, { ...at, path: `${at.path}[]` })
    }
    for (const object of type.objects) this.#object(object, node, at)
    this.#depth--
  }

  #kinds(type: Type, node: JsonSchema, place: Place): void {
    const allowed = kindsOf(node)
    if (allowed === undefined) return
    const fits = (kind: string): boolean => allowed.has(kind) || (kind === 'number' && allowed.has('integer'))
    const kinds = kindsOfType(type)
    const wrong = kinds.filter((kind) => !fits(kind) && kind !== 'null')
    const one = type.list?.sequence === true
    if (one && allowed.has('array') && !allowed.has(kindsOfType(type.list?.of() ?? type)[0] ?? '')) {
      this.#remark(unfitList(place.path, 'single'), place)
    } else if (one && !allowed.has('array')) {
      this.#remark(unfitList(place.path, 'several'), place)
    } else if (type.list?.vanishes === true && type.absent) {
      this.#remark(unfitList(place.path, 'vanishes'), place)
    } else if (wrong.length > 0) {
      const sure = wrong.length === kinds.length && !type.any
      this.#remark(wrongKind(place.path, wrong, [...allowed], sure, type.source), place)
    }
    if (type.nullable && !allowed.has('null')) this.#remark(nullValue(place.path, type.source), place)
  }

  #object(object: ObjectType, node: JsonSchema, place: Place): void {
    const { properties } = node
    if (properties === undefined) return
    const fields = fieldsOf(object)
    const part = object.kind === 'made' && object.part
    for (const [name, { type, keyOffset, valueOffset }] of fields) {
      const path = joined(place.path, name)
      if (object.kind === 'made') this.made.set(path, [...(this.made.get(path) ?? []), keyOffset])
      const schema = properties[name]
      const settled = settle(type, place.known)
      if (schema !== undefined) {
        const offset = object.kind === 'made' ? valueOffset : place.offset
        this.value(settled, schema, { path, offset, known: place.known })
      } else if (node.additionalProperties !== true) {
        const remark = this.#unknown(place.path, name, Object.keys(properties), object)
        this.#remark(remark, { ...place, offset: object.kind === 'made' ? keyOffset : place.offset })
      }
    }
    for (const name of node.required ?? []) {
      const field = fields.get(name)
      const own = object.kind === 'made' ? object.offset : place.offset
      if (field === undefined && object.kind === 'made' && object.open) continue
      const type = field === undefined ? undefined : settle(field.type, place.known)
      const given = type === undefined || isNothing(type) ? 'never' : type.absent ? 'maybe' : 'always'
      this.requirements.push({
        target: joined(place.path, name),
        given,
        offset: field === undefined || object.kind === 'source' ? own : field.valueOffset,
        needs: [...missingIn(type)].filter((need) => !place.known.has(need)),
        part,
      })
    }
  }

  #unknown(at: string, name: string, names: readonly string[], object: ObjectType): Remark {
    const near = similarTo(
      name,
      names.filter((one) => one !== name),
    )
    const elsewhere =
      near === undefined
        ? placesOf(this.#tree).find(({ path }) => path.split(/[.[\]]+/).at(-1) === name)?.path
        : undefined
    const suggestion = near ?? elsewhere
    const path = joined(at, name)
    const copied = object.kind === 'source' ? { zh: '整体复制来的', en: 'copied ' } : { zh: '', en: '' }
    return {
      rule: 'TARGET_PATH',
      severity: 'error',
      reason: {
        zh: `目标模式中没有字段 ${copied.zh}${path}`,
        en: `The target's schema has no field ${copied.en}${path}`,
      },
      remedy:
        suggestion === undefined
          ? {
              zh: '改正字段名，或在目标模式中补上该字段',
              en: 'Correct the name, or add the field to the schema',
            }
          : { zh: `是否应为 ${suggestion}？`, en: `Did you mean ${suggestion}?` },
      ...(suggestion === undefined ? {} : { suggestion }),
    }
  }

  #remark(remark: Remark, { offset }: Place): void {
    this.remarks.push({ remark, offset })
  }
}

const MAX_DEPTH = 40

function fieldsOf(object: ObjectType): ReadonlyMap<string, MadeField> {
  if (object.kind === 'made') return object.fields
  const fields = new Map<string, MadeField>()
  for (const name of Object.keys(object.node.properties ?? {})) {
    const type = memberOfSource(object, name)
    if (type !== undefined) fields.set(name, { type, keyOffset: 0, valueOffset: 0 })
  }
  return fields
}

/** What the value is missing without; for an object that its members bring about, what they are. */
function missingIn(type: Type | undefined): ReadonlySet<string> {
  if (type === undefined || type.needs.size > 0) return type?.needs ?? new Set()
  const members = type.objects.flatMap((object) =>
    object.kind === 'made' && object.part ? [...object.fields.values()] : [],
  )
  return new Set(members.flatMap((member) => [...member.type.needs]))
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function wrongKind(
  path: string,
  wrong: readonly string[],
  allowed: readonly string[],
  sure: boolean,
  source: string | undefined,
): Remark {
  const from = source === undefined ? { zh: '该值', en: 'the value' } : { zh: source, en: source }
  return {
    rule: 'TARGET_TYPE',
    severity: sure ? 'error' : 'warning',
    reason: {
      zh: `${path} 应为 ${allowed.join('/')}，${from.zh}${sure ? '是' : '可能是'} ${wrong.join('/')}`,
      en: `${path} takes ${allowed.join('/')}; ${from.en} ${sure ? 'is' : 'may be'} ${wrong.join('/')}`,
    },
    remedy: allowed.includes('string')
      ? { zh: '用 $string(…) 转成文本', en: 'Make it a text with $string(…)' }
      : allowed.includes('integer')
        ? { zh: '用 $integer(…) 转成整数', en: 'Make it a whole number with $integer(…)' }
        : { zh: '转换成目标的类型', en: 'Convert it to the type of the target' },
  }
}

function nullValue(path: string, source: string | undefined): Remark {
  return {
    rule: 'TARGET_NULL',
    severity: 'warning',
    reason: {
      zh: `${path} 不收 null，${source ?? '该值'}可能是 null（?? 不会替换 null）`,
      en: `${path} takes no null; ${source ?? 'the value'} may be null (which ?? does not replace)`,
    },
    remedy: { zh: '用 $present(…) 去掉 null', en: 'Take null away with $present(…)' },
  }
}
