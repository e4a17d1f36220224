/** Functions that take functions. Literal lambdas are mostly inlined by the compiler and never come here. */
import { apply, type FunctionValue } from '../runtime/function-value.ts'
import { truthy } from '../runtime/operators.ts'
import { define } from '../runtime/result.ts'
import { asSequence, noteInside } from '../runtime/sequence.ts'
import { mergeSort } from '../runtime/sort.ts'
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'

type Items = readonly unknown[] | undefined
type Dictionary = Readonly<Record<string, unknown>>

function call(
  state: State,
  fn: FunctionValue | undefined,
  value: unknown,
  position: unknown,
  all: unknown,
): unknown {
  state.spend(1)
  if (fn === undefined) return state.fail('T1006')
  const args = fn.arity >= 3 ? [value, position, all] : fn.arity === 2 ? [value, position] : [value]
  return apply(state, fn, args, null)
}

function map(state: State, items: Items, fn: FunctionValue): unknown {
  if (items === undefined) return undefined
  const result: unknown[] = []
  for (let i = 0; i < items.length; i++) {
    const value = call(state, fn, items[i], i, items)
    if (value === undefined) continue
    noteInside(state, value)
    result.push(value)
  }
  return asSequence(result)
}

function filter(state: State, items: Items, fn: FunctionValue): unknown {
  if (items === undefined) return undefined
  const result: unknown[] = []
  for (let i = 0; i < items.length; i++) {
    if (truthy(state, call(state, fn, items[i], i, items))) result.push(items[i])
  }
  return asSequence(result)
}

function single(state: State, items: Items, fn?: FunctionValue): unknown {
  if (items === undefined) return undefined
  let found = false
  let result: unknown
  for (let i = 0; i < items.length; i++) {
    if (fn !== undefined && !truthy(state, call(state, fn, items[i], i, items))) continue
    if (found) state.fail('D3138')
    found = true
    result = items[i]
  }
  if (!found) state.fail('D3139')
  return result
}

function reduce(state: State, items: Items, fn: FunctionValue, start?: unknown): unknown {
  if (items === undefined) return undefined
  if (!(fn?.arity >= 2)) return state.fail('D3050')
  let index = 0
  let result = start
  if (start === undefined && items.length > 0) {
    result = items[0]
    index = 1
  }
  for (; index < items.length; index++) {
    state.spend(1)
    const args: unknown[] = [result, items[index]]
    if (fn.arity >= 3) args.push(index)
    if (fn.arity >= 4) args.push(items)
    result = apply(state, fn, args, null)
  }
  return result
}

function each(state: State, object: Dictionary | undefined, fn: FunctionValue): unknown {
  const result: unknown[] = []
  if (object !== undefined) {
    for (const key of Object.keys(object)) {
      const value = call(state, fn, object[key], key, object)
      if (value === undefined) continue
      noteInside(state, value)
      result.push(value)
    }
  }
  return asSequence(result)
}

function sift(state: State, object: Dictionary | undefined, fn: FunctionValue): unknown {
  if (typeof object !== 'object' || object === null) return undefined
  const result: Record<string, unknown> = {}
  let isEmpty = true
  for (const key of Object.keys(object)) {
    if (!truthy(state, call(state, fn, object[key], key, object))) continue
    define(result, key, object[key])
    isEmpty = false
  }
  return isEmpty ? undefined : result
}

function sort(state: State, items: Items, comparator?: FunctionValue): unknown {
  if (items === undefined || items.length <= 1) return items
  if (comparator !== undefined) {
    return mergeSort(state, items, (a, b) => Boolean(apply(state, comparator, [a, b], null)))
  }
  const isAll = (kind: string): boolean => items.every((item) => typeof item === kind)
  if (isAll('number')) {
    if (!items.every((item) => Number.isFinite(item))) return state.fail('D1001')
  } else if (!isAll('string')) return state.fail('D3070')
  return mergeSort(state, items, (a, b) => (a as string) > (b as string))
}

export const higherOrderFunctions: readonly Builtin[] = [
  builtin('map', '<af>', 2, map),
  builtin('filter', '<af>', 2, filter),
  builtin('single', '<af?>', 2, single),
  builtin('reduce', '<afj?:j>', 3, reduce),
  builtin('each', '<o-f:a>', 2, each),
  builtin('sift', '<o-f?:o>', 2, sift),
  builtin('sort', '<af?:a>', 2, sort),
]
