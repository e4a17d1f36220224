/** Path steps on values of any shape. Generated code comes here when a value is not a plain object. */

import type { State } from '../state.ts'
import type { Marked } from './sequence.ts'
import {
  append,
  asSequence,
  closePath,
  closePathRaw,
  itemsOf,
  itemsOfContext,
  pushAll,
  pushFlat,
  unwrap,
} from './sequence.ts'

/** Own property of an object; over an array, the values of all its members (a raw sequence). */
export function lookup(state: State, input: unknown, key: string, depth = 0): unknown {
  if (typeof input !== 'object' || input === null) return undefined
  if (!Array.isArray(input)) {
    return Object.hasOwn(input, key) ? (input as Record<string, unknown>)[key] : undefined
  }
  if (depth > state.limits.depth) state.tooDeep()
  state.spend(input.length)
  const result: Marked = []
  result.sequence = true
  for (const item of input) {
    const value = lookup(state, item, key, depth + 1)
    if (value === undefined) continue
    if (Array.isArray(value)) pushAll(state, result, value)
    else result.push(value)
  }
  return result
}

/** A name on any value, unwrapped: what `name` alone evaluates to on one item. */
export function nameOf(state: State, input: unknown, key: string): unknown {
  return unwrap(lookup(state, input, key))
}

/** The items that a name step yields over `items`, flattened for the next step. */
export function nameStep(state: State, items: readonly unknown[], key: string): unknown[] {
  state.spend(items.length)
  const result: unknown[] = []
  for (let i = 0; i < items.length; i++) {
    const value = unwrap(lookup(state, items[i], key))
    if (value !== undefined) pushFlat(state, result, value)
  }
  return result
}

/** A whole path of names from a context or (with `isContext` false) from the value of a variable. */
export function namePath(state: State, base: unknown, names: readonly string[], isContext: boolean): unknown {
  let items = isContext ? itemsOfContext(base) : itemsOf(base)
  const last = names.length - 1
  for (let i = 0; i < last; i++) {
    items = nameStep(state, items, names[i] as string)
    if (items.length === 0) return undefined
  }
  return lastName(state, items, names[last] as string)
}

/** The items that a path of names yields, for a next step. */
export function nameItems(
  state: State,
  base: unknown,
  names: readonly string[],
  isContext: boolean,
): readonly unknown[] {
  let items = isContext ? itemsOfContext(base) : itemsOf(base)
  for (const name of names) items = nameStep(state, items, name)
  return items
}

/** The last name step: one result that is an array of the input stays that array. */
export function lastName(state: State, items: readonly unknown[], key: string): unknown {
  state.spend(items.length)
  const result: unknown[] = []
  let count = 0
  let first: unknown
  for (let i = 0; i < items.length; i++) {
    const value = unwrap(lookup(state, items[i], key))
    if (value === undefined) continue
    if (count++ === 0) first = value
    pushFlat(state, result, value)
  }
  return closePath(count, first, result)
}

/** The last step of a path for which the results are already known, one per item. */
export function collect(state: State, values: readonly unknown[], raw: boolean): unknown {
  const result: unknown[] = []
  let count = 0
  let first: unknown
  for (const value of values) {
    if (value === undefined) continue
    if (count++ === 0) first = value
    pushFlat(state, result, value)
  }
  return raw ? closePathRaw(count, first, result) : closePath(count, first, result)
}

/** `*`: all values of an object, arrays among them flattened wholly; a raw sequence. */
export function wildcard(state: State, context: unknown): unknown[] {
  const isWrapper = Array.isArray(context) && (context as Marked).outerWrapper === true && context.length > 0
  const input = isWrapper ? (context as unknown[])[0] : context
  const result: unknown[] = []
  if (typeof input === 'object' && input !== null) {
    // As in the reference, appending an array to a sequence gives a plain array, which is not unwrapped.
    let isSequence = true
    // The marks on an array are not among its values.
    for (const value of Array.isArray(input) ? input : Object.values(input)) {
      state.spend(1)
      if (Array.isArray(value)) {
        flattenInto(state, value, result, 0)
        isSequence = false
      } else result.push(value)
    }
    return isSequence ? asSequence(result) : result
  }
  return asSequence(result)
}

function flattenInto(state: State, value: readonly unknown[], target: unknown[], depth: number): void {
  if (depth > state.limits.depth) state.tooDeep()
  state.spend(value.length)
  state.roomForArray(target.length + value.length)
  for (const item of value) {
    if (Array.isArray(item)) flattenInto(state, item, target, depth + 1)
    else target.push(item)
  }
}

/** `**`: the value and everything inside it except arrays themselves. */
export function descendants(state: State, context: unknown): unknown {
  if (context === undefined) return undefined
  const result: unknown[] = []
  descend(state, context, result, 0)
  return result.length === 1 ? result[0] : asSequence(result)
}

function descend(state: State, value: unknown, target: unknown[], depth: number): void {
  if (depth > state.limits.depth) state.tooDeep()
  state.spend(1)
  if (Array.isArray(value)) {
    for (const item of value) descend(state, item, target, depth + 1)
    return
  }
  target.push(value)
  if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      descend(state, (value as Record<string, unknown>)[key], target, depth + 1)
    }
  }
}

/** The items that a path goes through when it starts with an array constructor, or a block that holds one. */
export function constructedItems(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return value.split('')
  return asSequence([])
}

/** `[n]` with a constant: one element, as a raw sequence unless the element is itself an array. */
export function elementAt(value: unknown, index: number): unknown[] {
  const items = Array.isArray(value) ? value : [value]
  const at = Math.floor(index)
  const item: unknown = items[at < 0 ? items.length + at : at]
  if (item === undefined) return asSequence([])
  return Array.isArray(item) ? item : asSequence([item])
}

/** How often a predicate that gave the index or indexes `wanted` selects the item at `index`. */
export function indexHits(wanted: unknown, index: number, length: number): number {
  if (typeof wanted === 'number') return isAt(wanted, index, length) ? 1 : 0
  let hits = 0
  for (const one of wanted as readonly number[]) if (isAt(one, index, length)) hits++
  return hits
}

function isAt(wanted: number, index: number, length: number): boolean {
  const at = Math.floor(wanted)
  return (at < 0 ? length + at : at) === index
}

/** The one context that an object constructor sees when its context is an array: all items joined. */
export function joinItems(state: State, items: readonly unknown[]): unknown {
  let joined: unknown
  for (const item of items) joined = append(state, joined, item)
  return joined
}

/** `$` and its like on a context that may be the wrapper of an input array. */
export function contextValue(context: unknown): unknown {
  if (Array.isArray(context)) {
    return (context as Marked).outerWrapper === true ? context[0] : unwrap(context)
  }
  return context
}
