/** `| pattern | update, delete |`: a function that changes a copy of its argument. */

import type { State } from '../state.ts'
import { apply, type FunctionValue, isFunction, makeFunction } from './function-value.ts'
import { define } from './result.ts'
import { noteInside } from './sequence.ts'
import { Signature } from './signature.ts'

export interface TransformParts {
  readonly pattern: (copy: unknown) => unknown
  readonly update: (match: unknown) => unknown
  readonly deletion: ((match: unknown) => unknown) | undefined
  /** What `$clone` stands for here. */
  readonly clone: unknown
  readonly offset: number
  readonly updateOffset: number
}

const SIGNATURE = new Signature('<(oa):o>')

/** @throws ExpressionError (when called) T2011, T2012, T2013 */
export function transformer(state: State, parts: TransformParts): FunctionValue {
  return makeFunction(([input]) => transform(state, parts, input), 1, SIGNATURE, 'transform')
}

function transform(state: State, parts: TransformParts, input: unknown): unknown {
  if (input === undefined) return undefined
  if (!isFunction(parts.clone)) return state.fail('T2013', undefined, undefined, parts.offset)
  const copy = apply(state, parts.clone, [input], null)
  const found = parts.pattern(copy)
  if (found === undefined) return copy
  for (const match of Array.isArray(found) ? found : [found]) {
    state.spend(1)
    const update = parts.update(match)
    if (update !== undefined) {
      if (typeof update !== 'object' || update === null || Array.isArray(update)) {
        return state.fail('T2011', update, undefined, parts.updateOffset)
      }
      merge(state, match, update as Record<string, unknown>)
    }
    if (parts.deletion !== undefined) remove(state, match, parts.deletion(match), parts.offset)
  }
  return copy
}

function merge(state: State, match: unknown, update: Readonly<Record<string, unknown>>): void {
  const keys = Object.keys(update)
  if (typeof match !== 'object' || match === null) {
    if (keys.length > 0)
      state.fail('T2011', match, { message: 'The pattern of a transform must match objects' })
    return
  }
  for (const key of keys) {
    state.spend(1)
    noteInside(state, update[key])
    // The update may hold the match itself: the circle is found when the result is cleaned.
    if (typeof update[key] === 'object') state.dirty = true
    if (Array.isArray(match) && !/^\d+$/.test(key)) continue
    define(match as Record<string, unknown>, key, update[key])
  }
}

function remove(state: State, match: unknown, deletions: unknown, offset: number): void {
  if (deletions === undefined) return
  const names: readonly unknown[] = Array.isArray(deletions) ? deletions : [deletions]
  if (!names.every((name) => typeof name === 'string')) state.fail('T2012', deletions, undefined, offset)
  if (typeof match !== 'object' || match === null || Array.isArray(match)) return
  for (const name of names) delete (match as Record<string, unknown>)[name as string]
}
