/** Sorting: `^( )` and `$sort`. */

import type { State } from '../state.ts'
import { asSequence } from './sequence.ts'

/**
 * Stable merge sort that asks `isAfter(a, b)` in the same order as the reference, so that even an inconsistent
 * comparison function gives the same result.
 */
export function mergeSort(
  state: State,
  items: readonly unknown[],
  isAfter: (a: unknown, b: unknown) => boolean,
): unknown[] {
  if (items.length <= 1) return items.slice()
  const middle = Math.floor(items.length / 2)
  const left = mergeSort(state, items.slice(0, middle), isAfter)
  const right = mergeSort(state, items.slice(middle), isAfter)
  state.spend(items.length)
  const merged: unknown[] = []
  let l = 0
  let r = 0
  while (l < left.length && r < right.length) {
    merged.push(isAfter(left[l], right[r]) ? right[r++] : left[l++])
  }
  while (l < left.length) merged.push(left[l++])
  while (r < right.length) merged.push(right[r++])
  return merged
}

/** One criterion of `^( )`. */
export interface SortTerm {
  readonly key: (item: unknown) => unknown
  readonly descending: boolean
}

/** `^( )` over the items of a path. @throws ExpressionError T2007, T2008 */
export function orderBy(
  state: State,
  items: readonly unknown[],
  terms: readonly SortTerm[],
  offset: number,
): readonly unknown[] {
  // Nothing to sort: still the sequence that the steps before gave.
  if (items.length <= 1) return asSequence(items.slice())
  return mergeSort(state, items, (a, b) => {
    for (const { key, descending } of terms) {
      const left = key(a)
      const right = key(b)
      if (left === undefined && right === undefined) continue
      if (left === undefined) return true
      if (right === undefined) return false
      state.at = offset
      for (const side of [left, right]) {
        if (typeof side !== 'string' && typeof side !== 'number') state.fail('T2008', side)
      }
      if (typeof left !== typeof right) state.fail('T2007', left)
      if (left === right) continue
      const isAfter = !((left as string) < (right as string))
      return descending ? !isAfter : isAfter
    }
    return false
  })
}
