/** Object construction in its general form: keys computed per item, items grouped by key, values per group. */

import type { State } from '../state.ts'
import { define } from './result.ts'
import { append, noteInside } from './sequence.ts'

export interface GroupPair {
  readonly key: (item: unknown) => unknown
  readonly value: (items: unknown) => unknown
}

interface Entry {
  data: unknown
  readonly pair: number
}

/**
 * One object from `input`, whose items are grouped by the keys that `pairs` compute.
 * @throws ExpressionError T1003 for a key that is not a string, D1009 when two pairs give the same key
 */
export function group(
  state: State,
  input: unknown,
  pairs: readonly GroupPair[],
  offset: number,
): Record<string, unknown> {
  const items: readonly unknown[] = Array.isArray(input)
    ? input.length === 0
      ? [undefined]
      : input
    : [input]
  const groups = new Map<string, Entry>()
  for (const item of items) {
    state.spend(pairs.length)
    for (const [index, pair] of pairs.entries()) {
      const key = pair.key(item)
      if (key === undefined) continue
      if (typeof key !== 'string') return state.fail('T1003', key, undefined, offset)
      if (key === '_jsonata_lambda' || key === '_jsonata_function')
        state.fail('D1013', key, undefined, offset)
      const known = groups.get(key)
      if (known === undefined) groups.set(key, { data: item, pair: index })
      else if (known.pair !== index) state.fail('D1009', key, undefined, offset)
      else known.data = append(state, known.data, item)
    }
  }
  const result: Record<string, unknown> = {}
  for (const [key, entry] of groups) {
    const value = (pairs[entry.pair] as GroupPair).value(entry.data)
    if (value === undefined) continue
    noteInside(state, value)
    define(result, key, value)
  }
  return result
}
