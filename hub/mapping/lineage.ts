/**
 * Lineage: which fields of the source feed which fields of the target, read off the syntax tree without running
 * the mapping (DESIGN: Mapping). The expression is followed with shapes (lineage-shape.ts) instead of values.
 */
import type { AstNode } from './ast.ts'
import { stepsOf } from './fault-marker.ts'
import { shapeOf } from './lineage-evaluate.ts'
import { allSources, type IsArray, type Shape } from './lineage-shape.ts'
import { type Loop, pathText, type Segment, type Source, valueAt } from './source-path.ts'

export interface LineageEntry {
  /** `data.materials[].files[].size`; empty where the mapping makes a bare value. */
  readonly target: string
  /** Paths whose values make the target's. `$sender.region`, `$now()` … for what the hub adds. */
  readonly sources: readonly string[]
  /** Paths that only decide whether, or which. */
  readonly controls: readonly string[]
  /** The value, or one alternative of it, stands in the mapping. */
  readonly constant: boolean
}

interface Leaf {
  readonly target: readonly Segment[]
  readonly shape: Shape
}

export interface Lineage {
  /** By target, sorted. */
  readonly entries: readonly LineageEntry[]
  /** Every path of the document that is read, for values or for decisions, sorted. */
  readonly read: readonly string[]
  /**
   * The path in the source document that feeds the target at `pointer`, indexes filled in as far as they are known
   * (`[]` where not). Of several candidates the first that `document` has, else the first. A pointer below a leaf that
   * is copied whole is followed into the source; one above several leaves gives what their sources have in common.
   */
  sourceOf(pointer: string, document?: unknown): string | undefined
  /** The path that a function call at `offset` reads, where it is only one; indexes are not known. */
  sourceOfCall(offset: number, document?: unknown): string | undefined
}

/**
 * `isArray` says which source paths are arrays (from the partner's schema), where that is known. Worked out at the
 * first question: a healthy mapping is never asked.
 */
export function lineageOf(ast: AstNode, isArray: IsArray = () => false): Lineage {
  const known = once(() => {
    const { shape, calls } = shapeOf(ast, isArray)
    const leaves: Leaf[] = []
    collect(shape, [], [], leaves)
    return { leaves, calls }
  })
  const table = once(() => tabulate(known().leaves))
  return {
    get entries() {
      return table().entries
    },
    get read() {
      return table().read
    },
    sourceOf: (pointer, document) => sourceOf(known().leaves, pointer, document),
    sourceOfCall(offset, document) {
      const texts = [...new Set((known().calls.get(offset) ?? []).map((source) => pathText(source)))]
      const present = texts.filter((text) => document !== undefined && valueAt(document, text) !== undefined)
      return present.length === 1 ? present[0] : texts.length === 1 ? texts[0] : undefined
    },
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function tabulate(leaves: readonly Leaf[]): Pick<Lineage, 'entries' | 'read'> {
  const byTarget = new Map<string, { sources: Set<string>; controls: Set<string>; constant: boolean }>()
  const read = new Set<string>()
  for (const leaf of leaves) {
    const shown = loopsOf(leaf.target)
    const target = pathText({ root: '', path: leaf.target }, { shown })
    const entry = byTarget.get(target) ?? { sources: new Set(), controls: new Set(), constant: false }
    byTarget.set(target, entry)
    for (const source of leaf.shape.sources) entry.sources.add(pathText(source, { shown }))
    for (const source of leaf.shape.controls) entry.controls.add(pathText(source, { shown }))
    entry.constant ||= leaf.shape.constant
    for (const source of [...leaf.shape.sources, ...leaf.shape.controls]) {
      if (source.root === '') read.add(pathText(source, { shown }))
    }
  }
  const entries = [...byTarget]
    .map(([target, { sources, controls, constant }]) => ({
      target,
      sources: [...sources],
      controls: [...controls].filter((path) => !sources.has(path)),
      constant,
    }))
    .sort((first, second) => (first.target < second.target ? -1 : 1))
  return { entries, read: [...read].sort() }
}

function collect(shape: Shape, target: readonly Segment[], outer: readonly Source[], leaves: Leaf[]): void {
  const controls = [...outer, ...shape.controls]
  if (shape.items !== undefined) {
    const { loops, sequence } = shape.items
    // A path result that is not wrapped in [ ] comes out bare unless its source is known to be an array.
    const bare = sequence && !allSources(shape.items.shape).some((source) => isCounted(source, loops))
    const segment: Segment = { kind: 'items', loops, hard: true }
    collect(shape.items.shape, bare ? target : [...target, segment], controls, leaves)
  }
  for (const [name, field] of shape.fields ?? []) {
    collect(field, [...target, { kind: 'name', name }], controls, leaves)
  }
  const structured = shape.items !== undefined || (shape.fields !== undefined && shape.fields.size > 0)
  if (!structured || shape.sources.length > 0) {
    leaves.push({
      target,
      shape: { ...shape, controls, constant: shape.constant || shape.fields?.size === 0 },
    })
  }
}

function isCounted(source: Source, loops: readonly Loop[]): boolean {
  return source.path.some(
    (segment) =>
      segment.kind === 'items' && segment.hard && segment.loops.some((loop) => loops.includes(loop)),
  )
}

function loopsOf(target: readonly Segment[]): ReadonlySet<Loop> {
  return new Set(target.flatMap((segment) => (segment.kind === 'items' ? segment.loops : [])))
}

function sourceOf(leaves: readonly Leaf[], pointer: string, document: unknown): string | undefined {
  const steps = stepsOf(pointer)
  const candidates: { readonly text: string; readonly rest: readonly string[]; readonly copy: boolean }[] = []
  const below: string[] = []
  for (const leaf of leaves) {
    const matched = match(leaf.target, steps)
    if (matched === undefined) continue
    for (const source of leaf.shape.sources) {
      const shown = loopsOf(leaf.target)
      const text = pathText(source, { shown, indexOf: (loop) => matched.indexes.get(loop) })
      if (matched.kind === 'below') {
        if (source.root === '') below.push(text)
      } else {
        candidates.push({ text, rest: matched.rest, copy: source.copy })
      }
    }
  }
  const found = candidates.find(({ text }) => document !== undefined && valueAt(document, text) !== undefined)
  const chosen = found ?? candidates[0]
  if (chosen !== undefined) return chosen.copy ? chosen.text + restText(chosen.rest) : chosen.text
  return commonPrefix(below)
}

/**
 * How a pointer meets a target path: `rest` are the steps of the pointer that go on below the target; kind `below`
 * says that the target goes on below the pointer.
 */
function match(
  target: readonly Segment[],
  steps: readonly string[],
):
  | {
      readonly kind: 'at' | 'below'
      readonly rest: readonly string[]
      readonly indexes: ReadonlyMap<Loop, number>
    }
  | undefined {
  const indexes = new Map<Loop, number>()
  for (const [position, segment] of target.entries()) {
    const step = steps[position]
    if (step === undefined) return { kind: 'below', rest: [], indexes }
    if (segment.kind === 'name' && segment.name !== step) return undefined
    if (segment.kind === 'items') {
      if (!/^\d+$/.test(step)) return undefined
      for (const loop of segment.loops) indexes.set(loop, Number(step))
    }
  }
  return { kind: 'at', rest: steps.slice(target.length), indexes }
}

function restText(steps: readonly string[]): string {
  const path = steps.map(
    (step): Segment =>
      /^\d+$/.test(step)
        ? { kind: 'items', loops: [], hard: true, index: Number(step) }
        : { kind: 'name', name: step },
  )
  const text = pathText({ root: '', path })
  return text === '' || text.startsWith('[') ? text : `.${text}`
}

function commonPrefix(paths: readonly string[]): string | undefined {
  const [first, ...others] = paths
  if (first === undefined) return undefined
  const split = (path: string): string[] => path.split(/(?=\[)|\./)
  let length = split(first).length - (others.length === 0 ? 0 : 1)
  for (const other of others) {
    const parts = split(other)
    const own = split(first)
    let common = 0
    while (common < length && parts[common] === own[common]) common++
    length = Math.min(length, common)
  }
  const text = split(first)
    .slice(0, length)
    .reduce(
      (joined, part) => (part.startsWith('[') || joined === '' ? joined + part : `${joined}.${part}`),
      '',
    )
  return text === '' ? undefined : text.replace(/(\[\])+$/, '')
}
