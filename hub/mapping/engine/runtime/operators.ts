/** What the operators do when the generated code cannot decide on the spot. */

import type { State } from '../state.ts'
import { isFunction } from './function-value.ts'
import type { Marked } from './sequence.ts'
import { stringify } from './stringify.ts'

/** True for finite numbers. @throws ExpressionError D1001 on Infinity */
export function isNumeric(state: State, value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false
  if (!Number.isFinite(value)) state.fail('D1001', value)
  return true
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

/** Arithmetic on anything; undefined when a side is missing. @throws ExpressionError T2001, T2002, D1001 */
export function arithmetic(
  state: State,
  operator: ArithmeticOperator,
  left: unknown,
  right: unknown,
  offset: number,
): number | undefined {
  state.at = offset
  if (left !== undefined && !isNumeric(state, left)) state.fail('T2001', left, { token: operator })
  if (right !== undefined && !isNumeric(state, right)) state.fail('T2002', right, { token: operator })
  if (left === undefined || right === undefined) return undefined
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
  }
}

/** @throws ExpressionError D1002 */
export function negate(state: State, value: unknown, offset: number): number | undefined {
  state.at = offset
  if (value === undefined) return undefined
  return isNumeric(state, value) ? -value : state.fail('D1002', value)
}

export type ComparisonOperator = '<' | '<=' | '>' | '>='

/** @throws ExpressionError T2009, T2010 */
export function compare(
  state: State,
  operator: ComparisonOperator,
  left: unknown,
  right: unknown,
  offset: number,
): boolean | undefined {
  state.at = offset
  const isComparable = (value: unknown): boolean =>
    value === undefined || typeof value === 'string' || typeof value === 'number'
  if (!isComparable(left)) state.fail('T2010', left, { token: operator })
  if (!isComparable(right)) state.fail('T2010', right, { token: operator })
  if (left === undefined || right === undefined) return undefined
  if (typeof left !== typeof right) state.fail('T2009', left, { token: operator })
  const [a, b] = [left as string, right as string]
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

/** `=`: structural, and false when a side is missing. */
export function equals(state: State, left: unknown, right: unknown): boolean {
  return left !== undefined && right !== undefined && deepEquals(state, left, right)
}

/** `!=`: false too when a side is missing. */
export function differs(state: State, left: unknown, right: unknown): boolean {
  return left !== undefined && right !== undefined && !deepEquals(state, left, right)
}

/** Structural equality of JSON values, whatever the order of keys. Counted per node, capped in depth. */
export function deepEquals(state: State, left: unknown, right: unknown, depth = 0): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (depth > state.limits.depth) state.tooDeep()
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return false
    state.spend(left.length)
    return left.every((item, i) => deepEquals(state, item, right[i], depth + 1))
  }
  if (Array.isArray(left) !== Array.isArray(right)) {
    // An array and an object have different property names, unless a crafted object has `length` and indexes.
    return false
  }
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  state.spend(keys.length)
  return keys.every(
    (key) =>
      Object.hasOwn(right, key) &&
      deepEquals(
        state,
        (left as Record<string, unknown>)[key],
        (right as Record<string, unknown>)[key],
        depth + 1,
      ),
  )
}

/** `in`: identity with one of the right side's items. */
export function includes(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return false
  return Array.isArray(right) ? right.some((item) => item === left) : right === left
}

/** Whether a value counts as true in a condition. A missing value does not. */
export function truthy(state: State, value: unknown): boolean {
  return value !== undefined && effectiveBoolean(state, value, 0)
}

function effectiveBoolean(state: State, value: unknown, depth: number): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value !== ''
  if (typeof value === 'number') return isNumeric(state, value) && value !== 0
  if (typeof value !== 'object' || value === null) return false
  if (!Array.isArray(value)) return hasOwnKey(value)
  if (depth > state.limits.depth) state.tooDeep()
  state.spend(value.length)
  let found = false
  // Every element is looked at, as an infinite number among them is an error even after a true one.
  for (const item of value) {
    if (item !== undefined && effectiveBoolean(state, item, depth + 1)) found = true
  }
  return found
}

function hasOwnKey(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return true
  return false
}

/** `&`: text of both sides joined; a missing side is empty. */
export function concat(state: State, left: unknown, right: unknown, offset: number): string {
  state.at = offset
  const a = left === undefined ? '' : stringify(state, left)
  const b = right === undefined ? '' : stringify(state, right)
  state.roomForString(a.length + b.length)
  return a + b
}

/** `a..b`: the integers in between, as a sequence. @throws ExpressionError T2003, T2004, D2014 */
export function range(state: State, left: unknown, right: unknown, offset: number): unknown[] | undefined {
  state.at = offset
  if (left !== undefined && !Number.isInteger(left)) state.fail('T2003', left)
  if (right !== undefined && !Number.isInteger(right)) state.fail('T2004', right)
  if (left === undefined || right === undefined) return undefined
  const [from, to] = [left as number, right as number]
  if (from > to) return undefined
  const size = to - from + 1
  if (size > 1e7) state.fail('D2014', size)
  state.roomForArray(size)
  state.spend(size)
  const result: Marked = []
  for (let item = from; result.length < size; item++) result.push(item)
  result.sequence = true
  return result
}

/** The right side of `~>` that is not a call. @throws ExpressionError T2006 */
export function mustBeFunction(state: State, value: unknown, offset: number): void {
  if (!isFunction(value)) state.fail('T2006', value, undefined, offset)
}
