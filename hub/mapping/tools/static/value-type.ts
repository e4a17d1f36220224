/**
 * What is known about a value without running the mapping: which kinds of JSON value it may be, how long a text, which
 * of a list of values, and whether it may be missing. Where nothing is known `any` is set, and no rule says anything.
 */
import type { LambdaNode } from '../../engine/ast.ts'
import type { JsonSchema, SchemaTree } from './schema-tree.ts'

export interface TextType {
  /** Characters; absent where not known. */
  readonly maxLength?: number
  /** All that it can be; absent where not known. */
  readonly values?: ReadonlySet<string>
  /** One text of the form that all have, for dates. */
  readonly sample?: string
}

export interface NumberType {
  /** Absent where not known. */
  readonly integer?: boolean
  readonly values?: ReadonlySet<number>
}

export interface ListType {
  readonly of: () => Type
  /** Result of a path: one element comes out bare, none vanishes. */
  readonly sequence: boolean
  /** Surely holds something. */
  readonly filled?: boolean
  /** Made by `x[]`: of nothing it makes nothing, not an empty list. */
  readonly vanishes?: boolean
}

export interface MadeField {
  readonly type: Type
  /** Where the key stands in the expression. */
  readonly keyOffset: number
  readonly valueOffset: number
}

/** An object constructor of the mapping. */
export interface MadeObject {
  readonly kind: 'made'
  readonly fields: ReadonlyMap<string, MadeField>
  /** Has members whose names the mapping computes. */
  readonly open: boolean
  readonly offset: number
  /** Made by `$part`: there only where one of its members is. */
  readonly part: boolean
}

/** An object of the source document. */
export interface SourceObject {
  readonly kind: 'source'
  readonly node: JsonSchema
  readonly tree: SchemaTree
  readonly path: string
}

export type ObjectType = MadeObject | SourceObject

/** A lambda with the variables around it. */
export interface Closure {
  readonly node: LambdaNode
  readonly scope: ReadonlyMap<string, Type>
  readonly context: Type
}

/** What a condition tells about the presence of values. */
export interface Facts {
  readonly whenTrue: ReadonlySet<string>
  readonly whenFalse: ReadonlySet<string>
}

export interface Type {
  readonly absent: boolean
  /** What is there whenever the value is: paths of the source, and names given to computed values. */
  readonly needs: ReadonlySet<string>
  /** The value is missing only where one of `needs` is. */
  readonly exact: boolean
  readonly any: boolean
  readonly nullable: boolean
  readonly text?: TextType
  readonly number?: NumberType
  readonly boolean?: ReadonlySet<boolean>
  readonly list?: ListType
  readonly objects: readonly ObjectType[]
  readonly closure?: Closure
  /** Name of a function of the language or the hub. */
  readonly builtin?: string
  readonly facts?: Facts
  /** Path of the source whose value this is, unchanged. */
  readonly source?: string
}

export const NO_NEEDS: ReadonlySet<string> = new Set()

const BLANK: Type = {
  absent: false,
  needs: NO_NEEDS,
  exact: true,
  any: false,
  nullable: false,
  objects: [],
}

/** Never there. */
export const NOTHING: Type = { ...BLANK, absent: true, exact: false }
/** Anything, or nothing. */
export const ANY: Type = { ...BLANK, any: true, absent: true, exact: false }
/** Something there of which no more is known. */
export const SOMETHING: Type = { ...BLANK, any: true }

export function textType(text: TextType = {}): Type {
  return { ...BLANK, text }
}

export function literal(value: string | number | boolean | null): Type {
  if (value === null) return { ...BLANK, nullable: true }
  if (typeof value === 'string') return textType({ values: new Set([value]), maxLength: lengthOf(value) })
  if (typeof value === 'boolean') return booleanType([value])
  return numberType({ values: new Set([value]), integer: Number.isInteger(value) })
}

export function numberType(number: NumberType = {}): Type {
  return { ...BLANK, number }
}

export function booleanType(values: readonly boolean[] = [true, false], facts?: Facts): Type {
  return { ...BLANK, boolean: new Set(values), ...(facts === undefined ? {} : { facts }) }
}

export function listType(of: () => Type, sequence: boolean, filled = false): Type {
  return { ...BLANK, list: { of, sequence, filled } }
}

export function objectType(object: ObjectType): Type {
  return { ...BLANK, objects: [object] }
}

/** Characters as JSON Schema counts them. */
export function lengthOf(text: string): number {
  return [...text].length
}

export function isNothing(type: Type): boolean {
  return type.absent && !type.any && kindsOfType(type).length === 0
}

/** Kinds of JSON value, in the words of JSON Schema. */
export function kindsOfType(type: Type): readonly string[] {
  return [
    ...(type.text === undefined ? [] : ['string']),
    ...(type.number === undefined ? [] : ['number']),
    ...(type.boolean === undefined ? [] : ['boolean']),
    ...(type.list === undefined ? [] : ['array']),
    ...(type.objects.length === 0 ? [] : ['object']),
    ...(type.nullable ? ['null'] : []),
  ]
}

/** The value where it is known to be there. */
export function present(type: Type): Type {
  return type.absent ? { ...type, absent: false } : type
}

/** The value where everything in `known` is known to be there. */
export function settle(type: Type, known: ReadonlySet<string>): Type {
  return type.absent && type.exact && type.needs.isSubsetOf(known) ? present(type) : type
}

/** A value that exists only where `other` does. */
export function onlyWith(type: Type, other: Type): Type {
  if (!other.absent && other.needs.size === 0) return type
  const { source: _source, ...rest } = type
  return {
    ...rest,
    absent: type.absent || other.absent,
    needs: type.needs.union(other.needs),
    exact: (!type.absent || type.exact) && (!other.absent || other.exact),
  }
}

/** The type without what it says of lists: one element where it is a list, else the value itself. */
export function elementOf(type: Type): Type {
  if (type.list === undefined) return type
  const { list, source: _source, ...rest } = type
  const element = list.of()
  const inside = { ...element, needs: element.needs.union(type.needs) }
  return kindsOfType(rest).length === 0 && !rest.any ? inside : union(inside, rest)
}

const MAX_ALTERNATIVES = 8
const MAX_VALUES = 200

/** Either of two values. */
export function union(first: Type, second: Type): Type {
  if (first === second) return first
  if (isNothing(first)) return { ...withoutSource(second), absent: true, exact: false }
  if (isNothing(second)) return { ...withoutSource(first), absent: true, exact: false }
  const text = both(first.text, second.text, unionOfTexts)
  const number = both(first.number, second.number, unionOfNumbers)
  const boolean = both(first.boolean, second.boolean, (one, other) => one.union(other))
  const list = both(first.list, second.list, (one, other) => ({
    of: () => union(one.of(), other.of()),
    sequence: one.sequence || other.sequence,
    filled: one.filled === true && other.filled === true,
  }))
  const objects = [...new Set([...first.objects, ...second.objects])]
  const closure = first.closure ?? second.closure
  const builtin = first.builtin ?? second.builtin
  const sameNeeds = first.needs.size === second.needs.size && first.needs.isSubsetOf(second.needs)
  const source = first.source === second.source ? first.source : undefined
  return {
    absent: first.absent || second.absent,
    needs: first.needs.intersection(second.needs),
    exact: first.exact && second.exact && sameNeeds,
    any: first.any || second.any || objects.length > MAX_ALTERNATIVES,
    nullable: first.nullable || second.nullable,
    objects: objects.slice(0, MAX_ALTERNATIVES),
    ...(text === undefined ? {} : { text }),
    ...(number === undefined ? {} : { number }),
    ...(boolean === undefined ? {} : { boolean }),
    ...(list === undefined ? {} : { list }),
    ...(closure === undefined ? {} : { closure }),
    ...(builtin === undefined ? {} : { builtin }),
    ...(source === undefined ? {} : { source }),
  }
}

function withoutSource({ source: _source, facts: _facts, ...rest }: Type): Type {
  return rest
}

function both<Part>(
  first: Part | undefined,
  second: Part | undefined,
  join: (first: Part, second: Part) => Part,
): Part | undefined {
  return first === undefined ? second : second === undefined ? first : join(first, second)
}

function unionOfTexts(first: TextType, second: TextType): TextType {
  const values = both(first.values, second.values, (one, other) => one.union(other))
  const known = first.values !== undefined && second.values !== undefined && (values?.size ?? 0) <= MAX_VALUES
  const maxLength =
    first.maxLength === undefined || second.maxLength === undefined
      ? undefined
      : Math.max(first.maxLength, second.maxLength)
  return {
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(known && values !== undefined ? { values } : {}),
    ...(first.sample !== undefined && first.sample === second.sample ? { sample: first.sample } : {}),
  }
}

function unionOfNumbers(first: NumberType, second: NumberType): NumberType {
  const integer = first.integer === second.integer ? first.integer : undefined
  const values =
    first.values === undefined || second.values === undefined ? undefined : first.values.union(second.values)
  return {
    ...(integer === undefined ? {} : { integer }),
    ...(values === undefined ? {} : { values }),
  }
}
