/** Functions on arrays and objects that call no other function. */
import { isFunction } from '../runtime/function-value.ts'
import { deepEquals, isNumeric, truthy } from '../runtime/operators.ts'
import { define } from '../runtime/result.ts'
import { append, asSequence, type Marked } from '../runtime/sequence.ts'
import { lookup } from '../runtime/steps.ts'
import { stringify } from '../runtime/stringify.ts'
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'
import { random } from './numbers.ts'

type Items = readonly unknown[] | undefined
type Dictionary = Record<string, unknown>

function isObject(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function count(_state: State, items: Items): number {
  return items === undefined ? 0 : items.length
}

function keys(state: State, value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    const own = isObject(value) ? Object.keys(value) : []
    state.spend(own.length)
    return asSequence(own)
  }
  const seen: Dictionary = Object.create(null) as Dictionary
  collectKeys(state, value, seen, 0)
  return asSequence(Object.keys(seen))
}

function collectKeys(state: State, items: readonly unknown[], seen: Dictionary, depth: number): void {
  if (depth > state.limits.depth) state.tooDeep()
  state.spend(items.length)
  for (const item of items) {
    if (Array.isArray(item)) collectKeys(state, item, seen, depth + 1)
    else if (isObject(item)) {
      state.spend(1)
      for (const key of Object.keys(item)) seen[key] = true
    }
  }
}

function spread(state: State, value: unknown, depth = 0): unknown {
  if (depth > state.limits.depth) state.tooDeep()
  if (Array.isArray(value)) {
    let result: unknown = asSequence([])
    const joined: unknown[] = []
    for (const item of value) {
      const part = spread(state, item, depth + 1)
      if (part === undefined) continue
      state.roomForArray(joined.length + (Array.isArray(part) ? part.length : 1))
      state.spend(1)
      if (Array.isArray(part)) for (const one of part) joined.push(one)
      else joined.push(part)
      result = joined
    }
    return result
  }
  if (!isObject(value)) return value
  const result: unknown[] = []
  for (const key of Object.keys(value)) {
    state.spend(1)
    const single: Dictionary = {}
    define(single, key, value[key])
    result.push(single)
  }
  return asSequence(result)
}

function merge(state: State, objects: readonly Dictionary[] | undefined): Dictionary | undefined {
  if (objects === undefined) return undefined
  const result: Dictionary = {}
  for (const one of objects) {
    const own = isObject(one) ? Object.keys(one) : []
    state.spend(1 + own.length)
    for (const key of own) define(result, key, one[key])
  }
  return result
}

function reverse(state: State, items: Items): Items {
  if (items === undefined || items.length <= 1) return items
  state.spend(items.length)
  return items.slice().reverse()
}

function shuffle(state: State, items: Items): Items {
  if (items === undefined || items.length <= 1) return items
  state.spend(items.length)
  const result = items.slice()
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random(state) * (i + 1))
    const moved = result[i]
    result[i] = result[j]
    result[j] = moved
  }
  return result
}

function zip(state: State, ...arrays: Items[]): unknown[] {
  let shortest = Number.POSITIVE_INFINITY
  for (const array of arrays) shortest = Math.min(shortest, Array.isArray(array) ? array.length : 0)
  if (arrays.length === 0) return []
  state.spend(shortest * arrays.length)
  const result: unknown[] = []
  for (let i = 0; i < shortest; i++) result.push(arrays.map((array) => (array as readonly unknown[])[i]))
  return result
}

function distinct(state: State, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= 1) return value
  const result: unknown[] = []
  const scalars = new Set<unknown>()
  const structures: unknown[] = []
  for (const item of value) {
    state.spend(1)
    if (typeof item === 'object' && item !== null) {
      if (structures.some((known) => comparedEqual(state, known, item))) continue
      structures.push(item)
    } else if (!Number.isNaN(item)) {
      if (scalars.has(item)) continue
      scalars.add(item)
    }
    result.push(item)
  }
  return (value as Marked).sequence === true ? asSequence(result) : result
}

function comparedEqual(state: State, a: unknown, b: unknown): boolean {
  state.spend(1)
  return deepEquals(state, a, b)
}

function type(state: State, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (isFunction(value)) return 'function'
  // What is not a number counts as an object in the reference.
  if (typeof value === 'number') return isNumeric(state, value) ? 'number' : 'object'
  return typeof value
}

function clone(state: State, value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(stringify(state, value))
}

function error(state: State, message?: string): never {
  return state.fail('D3137', undefined, { message: message || '$error() function evaluated' })
}

function assert(state: State, condition: unknown, message?: string): undefined {
  if (!condition) state.fail('D3141', undefined, { message: message || '$assert() statement failed' })
  return undefined
}

function appendItems(state: State, first: unknown, second: unknown): unknown {
  return append(state, first, second)
}

export const collectionFunctions: readonly Builtin[] = [
  builtin('count', '<a:n>', 1, count),
  builtin('keys', '<x-:a<s>>', 1, keys),
  builtin('lookup', '<x-s:x>', 2, (state: State, value: unknown, key: string) =>
    lookup(state, value, String(key)),
  ),
  builtin('append', '<xx:a>', 2, appendItems),
  builtin('spread', '<x-:a<o>>', 1, (state: State, value: unknown) => spread(state, value)),
  builtin('merge', '<a<o>:o>', 1, merge),
  builtin('reverse', '<a:a>', 1, reverse),
  builtin('shuffle', '<a:a>', 1, shuffle),
  builtin('zip', '<a+>', 0, zip),
  builtin('distinct', '<x:x>', 1, distinct),
  builtin('exists', '<x:b>', 1, (_state: State, value: unknown) => value !== undefined),
  builtin('boolean', '<x-:b>', 1, (state: State, value: unknown) =>
    value === undefined ? undefined : truthy(state, value),
  ),
  builtin('not', '<x-:b>', 1, (state: State, value: unknown) =>
    value === undefined ? undefined : !truthy(state, value),
  ),
  builtin('type', '<x:s>', 1, type),
  builtin('clone', '<(oa)-:o>', 1, clone),
  builtin('error', '<s?:x>', 1, error),
  builtin('assert', '<bs?:x>', 2, assert),
]
