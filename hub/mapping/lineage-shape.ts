/**
 * What lineage knows about a value without running the expression: where it comes from, what decided over it, and
 * how it is built. The operations here mirror what the mapping language does to values.
 */
import type { AstNode } from './ast.ts'
import type { Loop, Segment, Source } from './source-path.ts'

export interface Shape {
  /** What the value, taken as a whole, is made of. */
  readonly sources: readonly Source[]
  /** What was looked at to decide which value it is. */
  readonly controls: readonly Source[]
  /** One alternative is a literal of the mapping. */
  readonly constant: boolean
  readonly fields?: ReadonlyMap<string, Shape>
  readonly items?: Items
  /** A function of the mapping, to be followed where it is called. */
  readonly lambda?: { readonly node: AstNode; readonly scope: Scope; readonly context: Shape }
  /** A function of the language or the hub, passed by name. */
  readonly builtin?: string
}

export interface Items {
  readonly shape: Shape
  readonly loops: readonly Loop[]
  /** Result of a path: one element would come out bare, none would vanish. */
  readonly sequence: boolean
}

export type Scope = ReadonlyMap<string, Shape>

export const NOTHING: Shape = { sources: [], controls: [], constant: false }
export const CONSTANT: Shape = { sources: [], controls: [], constant: true }

export function fromSource(source: Source): Shape {
  return { sources: [source], controls: [], constant: false }
}

/** A value computed from others: everything in them counts, nothing of their structure is left. */
export function computed(shapes: readonly Shape[]): Shape {
  const sources = shapes
    .flatMap(allSources)
    .map((source) => (source.copy ? { ...source, copy: false } : source))
  return {
    sources: unique(sources),
    controls: unique(shapes.flatMap(allControls)),
    constant: sources.length === 0 && shapes.some((shape) => shape.constant || shape.fields !== undefined),
  }
}

/** Either of two values. */
export function union(first: Shape, second: Shape): Shape {
  if (first === NOTHING) return second
  if (second === NOTHING) return first
  const fields = new Map(first.fields)
  for (const [name, shape] of second.fields ?? []) fields.set(name, union(fields.get(name) ?? NOTHING, shape))
  const items =
    first.items === undefined || second.items === undefined
      ? (first.items ?? second.items)
      : {
          shape: union(first.items.shape, second.items.shape),
          loops: [...new Set([...first.items.loops, ...second.items.loops])],
          sequence: first.items.sequence && second.items.sequence,
        }
  const lambda = first.lambda ?? second.lambda
  const builtin = first.builtin ?? second.builtin
  return {
    sources: unique([...first.sources, ...second.sources]),
    controls: unique([...first.controls, ...second.controls]),
    constant: first.constant || second.constant,
    ...(first.fields !== undefined || second.fields !== undefined ? { fields } : {}),
    ...(items === undefined ? {} : { items }),
    ...(lambda === undefined ? {} : { lambda }),
    ...(builtin === undefined ? {} : { builtin }),
  }
}

export function withControls(shape: Shape, controls: readonly Source[]): Shape {
  return controls.length === 0 ? shape : { ...shape, controls: unique([...shape.controls, ...controls]) }
}

/** Tells whether a path in the document is an array, as far as the partner's schema says. */
export type IsArray = (source: Source) => boolean

/** `shape.name`, over every element where it is an array. */
export function member(shape: Shape, name: string, isArray: IsArray): Shape {
  let result = withControls(shape.fields?.get(name) ?? NOTHING, shape.controls)
  for (const source of shape.sources) {
    const next = source.copy ? extend(source, { kind: 'name', name }, isArray) : source
    result = union(result, withControls(fromSource(next), shape.controls))
  }
  if (shape.items !== undefined) {
    const inner = member(shape.items.shape, name, isArray)
    for (const loop of inner.items?.loops ?? []) loop.exact = false
    const items = inner.items ?? { shape: inner, loops: shape.items.loops, sequence: true }
    result = union(result, withControls({ ...NOTHING, items: { ...items, sequence: true } }, shape.controls))
  }
  return result
}

/** Members whose names are not known: `*`, `**`. */
export function anyMember(shape: Shape, deep: boolean): Shape {
  const sources = allSources(shape).map((source) =>
    source.copy ? { ...source, path: [...source.path, { kind: 'any' as const, deep }] } : source,
  )
  return { sources: unique(sources), controls: allControls(shape), constant: shape.constant }
}

/** One element of an array, and the loops that visit it. A single value is its own only element. */
export function element(shape: Shape): { readonly shape: Shape; readonly loops: readonly Loop[] } {
  if (shape.items !== undefined) {
    return { shape: withControls(shape.items.shape, shape.controls), loops: shape.items.loops }
  }
  const loop: Loop = { exact: true }
  const sources = shape.sources.map((source): Source => {
    const last = source.path.at(-1)
    if (last?.kind === 'items' && last.index !== undefined) return source
    const before = last?.kind === 'items' ? source.path.slice(0, -1) : source.path
    // An array further up that nobody counts makes the position in this one say nothing.
    const uncounted = before.some(
      (segment) => segment.kind === 'items' && segment.loops.length === 0 && segment.index === undefined,
    )
    if (uncounted) loop.exact = false
    // Where the array is known to be further up, this one is a value in each of its elements.
    if (uncounted && last?.kind !== 'items') return source
    const hard = last?.kind === 'items' && last.hard
    return { ...source, path: [...before, { kind: 'items', loops: [loop], hard }] }
  })
  if (sources.length > 1) loop.exact = false
  return { shape: { ...shape, sources }, loops: [loop] }
}

/** One element picked by its number. */
export function elementNumber(shape: Shape, index: number): Shape {
  if (shape.items !== undefined) return withControls(shape.items.shape, shape.controls)
  const sources = shape.sources.map((source): Source => {
    const last = source.path.at(-1)
    const before = last?.kind === 'items' ? source.path.slice(0, -1) : source.path
    const segment: Segment = { kind: 'items', loops: [], hard: true, ...(index >= 0 ? { index } : {}) }
    return source.copy ? { ...source, path: [...before, segment] } : source
  })
  return { ...shape, sources }
}

function extend(source: Source, segment: Segment, isArray: IsArray): Source {
  const longer: Source = { ...source, path: [...source.path, segment] }
  return isArray(longer)
    ? { ...longer, path: [...longer.path, { kind: 'items', loops: [], hard: true }] }
    : longer
}

export function allSources(shape: Shape): readonly Source[] {
  return unique([
    ...shape.sources,
    ...[...(shape.fields?.values() ?? [])].flatMap(allSources),
    ...(shape.items === undefined ? [] : allSources(shape.items.shape)),
  ])
}

export function allControls(shape: Shape): readonly Source[] {
  return unique([
    ...shape.controls,
    ...[...(shape.fields?.values() ?? [])].flatMap(allControls),
    ...(shape.items === undefined ? [] : allControls(shape.items.shape)),
  ])
}

function unique(sources: readonly Source[]): readonly Source[] {
  if (sources.length < 2) return sources
  const kept: Source[] = []
  for (const source of sources) if (!kept.some((other) => same(other, source))) kept.push(source)
  return kept
}

function same(first: Source, second: Source): boolean {
  return (
    first === second ||
    (first.root === second.root &&
      first.copy === second.copy &&
      first.path.length === second.path.length &&
      first.path.every((segment, index) => sameSegment(segment, second.path[index] as Segment)))
  )
}

function sameSegment(first: Segment, second: Segment): boolean {
  if (first === second) return true
  if (first.kind === 'name') return second.kind === 'name' && first.name === second.name
  if (first.kind === 'any') return second.kind === 'any' && first.deep === second.deep
  return (
    second.kind === 'items' &&
    first.index === second.index &&
    first.loops.length === second.loops.length &&
    first.loops.every((loop, index) => loop === second.loops[index])
  )
}
