/** Leaving the engine: results are plain JSON values without marks, functions or unbounded sharing. */

import type { State } from '../state.ts'
import type { Marked } from './sequence.ts'

/**
 * `value` without sequence marks and functions. Copies only what has to change; sub-trees that came from the input
 * are shared with it.
 */
export function clean(state: State, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if (state.dirty) return deepClean(state, value, 0)
  return Array.isArray(value) && isMarked(value) ? value.slice() : value
}

function isMarked(value: Marked): boolean {
  return value.sequence === true || value.cons === true
}

function deepClean(state: State, value: object, depth: number): unknown {
  if (depth > MAX_RESULT_DEPTH) state.tooDeep()
  if (Array.isArray(value)) return cleanArray(state, value, depth)
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    state.spend(1)
    const before = (value as Record<string, unknown>)[key]
    const after = cleanInside(state, before, depth)
    if (after === before) continue
    copy ??= copyOf(value as Record<string, unknown>)
    if (after === undefined) delete copy[key]
    else define(copy, key, after)
  }
  return copy ?? value
}

function cleanArray(state: State, value: unknown[], depth: number): unknown {
  state.spend(value.length)
  let copy: unknown[] | undefined = isMarked(value) ? [] : undefined
  for (let i = 0; i < value.length; i++) {
    const after = cleanInside(state, value[i], depth)
    if (after !== value[i]) copy ??= value.slice(0, i)
    // A function leaves no gap.
    if (after !== undefined || value[i] === undefined) copy?.push(after)
  }
  return copy ?? value
}

function cleanInside(state: State, value: unknown, depth: number): unknown {
  if (typeof value === 'object' && value !== null) return deepClean(state, value, depth + 1)
  return typeof value === 'function' ? undefined : value
}

const MAX_RESULT_DEPTH = 1000

/** Writes a property as data, also when it is called `__proto__`. */
export function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[key] = value
  }
}

/** A shallow copy that keeps own keys as data, also `__proto__`. */
export function copyOf(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(source)) define(copy, key, source[key])
  return copy
}

/**
 * Counts the result as text, against the step budget. Sharing one sub-tree many times costs an expression nothing,
 * but whoever writes the result out pays for every copy; and nesting would break a serializer.
 */
export function measure(state: State, value: unknown, depth = 0): void {
  if (typeof value === 'string') state.spend(1 + (value.length >> 4))
  else if (typeof value === 'object' && value !== null) {
    if (depth > MAX_RESULT_DEPTH) state.tooDeep()
    if (Array.isArray(value)) {
      state.spend(value.length)
      for (const item of value) measure(state, item, depth + 1)
    } else {
      for (const key of Object.keys(value)) {
        state.spend(1)
        measure(state, (value as Record<string, unknown>)[key], depth + 1)
      }
    }
  }
}
