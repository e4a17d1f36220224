/**
 * JSONata tells arrays apart by marks: a *sequence* (the result of a path or of `$map`) of one element is that
 * element and of none is nothing, while an array written as `[x]` stays as it is. The marks live on arrays that the
 * engine made itself, never on the input, and are taken off before a result leaves the engine.
 */
import type { State } from '../state.ts'

export interface Marked extends Array<unknown> {
  /** Result of a query: flattens and unwraps. */
  sequence?: true
  /** A sequence that stays an array even with one element: the path said `[]`. */
  keepSingleton?: true
  /** An array constructor inside a path: is not flattened by the next step. */
  cons?: true
  /** The input document was an array; this wraps it so that it counts as one item. */
  outerWrapper?: true
}

/** Marks `items` as a sequence without unwrapping it. */
export function asSequence(items: unknown[]): Marked {
  const marked = items as Marked
  marked.sequence = true
  return marked
}

/** The value of a sequence whose items are in the fresh array `items`. */
export function settle(items: unknown[]): unknown {
  if (items.length > 1) return asSequence(items)
  return items[0]
}

/** As {@link settle}, for a sequence that was asked to stay an array. */
export function settleKept(items: unknown[]): unknown {
  if (items.length === 0) return undefined
  const marked = asSequence(items)
  marked.keepSingleton = true
  return marked
}

/** What an expression evaluates to when its last operation gave `value`: sequences of one or none unwrap. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value) && (value as Marked).sequence === true) {
    if (value.length === 0) return undefined
    if (value.length === 1 && (value as Marked).keepSingleton !== true) return value[0]
  }
  return value
}

/** As {@link unwrap}, for an expression followed by `[]`. */
export function unwrapKept(value: unknown): unknown {
  if (Array.isArray(value) && (value as Marked).sequence === true) {
    ;(value as Marked).keepSingleton = true
    if (value.length === 0) return undefined
  }
  return value
}

/** The items that the next path step visits when the step before gave `value`. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (value === undefined) return NO_ITEMS
  return Array.isArray(value) && (value as Marked).cons !== true ? value : [value]
}

/** The items of a context value: here every array is a list of items. */
export function itemsOfContext(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

const NO_ITEMS: readonly unknown[] = Object.freeze([])

/** Adds one step's result to the items of the next step, flattening by one level. */
export function pushFlat(state: State, target: unknown[], value: unknown): void {
  if (Array.isArray(value) && (value as Marked).cons !== true) {
    pushAll(state, target, value)
  } else {
    target.push(value)
  }
}

/** Appends all of `source`, counted and capped. */
export function pushAll(state: State, target: unknown[], source: readonly unknown[]): void {
  state.roomForArray(target.length + source.length)
  state.spend(source.length)
  for (let i = 0; i < source.length; i++) target.push(source[i])
}

/** Closes a path: `count` results were seen, `first` was the first of them, `items` has them all, flattened. */
export function closePath(count: number, first: unknown, items: unknown[]): unknown {
  if (count === 1 && Array.isArray(first) && (first as Marked).sequence !== true) return first
  return settle(items)
}

/** As {@link closePath} but leaves the sequence wrapped, for `[]` and group-by which look at it. */
export function closePathRaw(count: number, first: unknown, items: unknown[]): unknown[] {
  if (count === 1 && Array.isArray(first) && (first as Marked).sequence !== true) return first
  return asSequence(items)
}

/** Ends a path that said `[]` somewhere. `items` is what {@link closePathRaw} gave. */
export function keepArray(items: unknown[]): unknown {
  const marked = items as Marked
  if (marked.sequence === true) return settleKept(items)
  return marked.cons === true ? settleKept([items]) : items
}

/** `$append`: joins two values into one array; a missing one disappears. */
export function append(state: State, first: unknown, second: unknown): unknown {
  if (first === undefined) return second
  if (second === undefined) return first
  const result: unknown[] = []
  if (Array.isArray(first)) pushAll(state, result, first)
  else result.push(first)
  if (Array.isArray(second)) pushAll(state, result, second)
  else {
    state.roomForArray(result.length + 1)
    result.push(second)
  }
  return result
}

/** Records that `value` now sits inside another value, so that marks and functions are removed at the end. */
export function noteInside(state: State, value: unknown): void {
  if (typeof value === 'function') state.dirty = true
  else if (Array.isArray(value)) {
    const marked = value as Marked
    if (marked.sequence === true || marked.cons === true) state.dirty = true
  }
}
