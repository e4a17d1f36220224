/** Functions on numbers. */
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'

type Num = number | undefined

function sum(state: State, numbers: readonly number[] | undefined): Num {
  if (numbers === undefined) return undefined
  state.spend(numbers.length)
  let total = 0
  for (let i = 0; i < numbers.length; i++) total += numbers[i] as number
  return total
}

function average(state: State, numbers: readonly number[] | undefined): Num {
  if (numbers === undefined || numbers.length === 0) return undefined
  return (sum(state, numbers) as number) / numbers.length
}

function max(state: State, numbers: readonly number[] | undefined): Num {
  return extreme(state, numbers, Math.max, Number.NEGATIVE_INFINITY)
}

function min(state: State, numbers: readonly number[] | undefined): Num {
  return extreme(state, numbers, Math.min, Number.POSITIVE_INFINITY)
}

function extreme(
  state: State,
  numbers: readonly number[] | undefined,
  pick: (a: number, b: number) => number,
  start: number,
): Num {
  if (numbers === undefined || numbers.length === 0) return undefined
  state.spend(numbers.length)
  let result = start
  for (const number of numbers) result = pick(result, number)
  return result
}

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/
// The reference's alternation is anchored like this: hex at the start, binary at the end, octal anywhere.
const RADIX = /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/

/** @throws ExpressionError D3030 */
export function number(state: State, value: unknown): Num {
  if (value === undefined || typeof value === 'number') return value
  if (value === true) return 1
  if (value === false) return 0
  if (typeof value === 'string') {
    state.spend(value.length >> 4)
    if (DECIMAL.test(value) && Number.isFinite(Number(value))) return Number.parseFloat(value)
    if (value.length < MAX_NUMBER_LENGTH && RADIX.test(value)) return Number(value)
  }
  return state.fail('D3030', value)
}

const MAX_NUMBER_LENGTH = 1000

/** Rounds half to even, at `precision` decimals. The shift is done in text so that 4.525 stays what it says. */
export function round(_state: State, value: Num, precision?: number): Num {
  if (value === undefined) return undefined
  const shifted = precision ? shift(value, precision) : value
  let result = Math.round(shifted)
  if (Math.abs(result - shifted) === 0.5 && Math.abs(result % 2) === 1) result--
  if (precision) result = shift(result, -precision)
  return Object.is(result, -0) ? 0 : result
}

function shift(value: number, by: number): number {
  const [mantissa, exponent] = String(value).split('e')
  return Number(`${mantissa}e${exponent === undefined ? by : Number(exponent) + by}`)
}

function sqrt(state: State, value: Num): Num {
  if (value === undefined) return undefined
  return value < 0 ? state.fail('D3060', value) : Math.sqrt(value)
}

function power(state: State, base: Num, exponent: number): Num {
  if (base === undefined) return undefined
  const result = base ** exponent
  return Number.isFinite(result) ? result : state.fail('D3061', base)
}

function formatBase(state: State, value: Num, radix?: number): string | undefined {
  if (value === undefined) return undefined
  const base = radix === undefined ? 10 : (round(state, radix) as number)
  if (!(base >= 2 && base <= 36)) return state.fail('D3100', base)
  return (round(state, value) as number).toString(base)
}

/** Whole-number functions of one argument. */
function unary(name: string, apply: (value: number) => number): Builtin {
  return builtin(name, '<n-:n>', 1, (_state: State, value: Num) =>
    value === undefined ? undefined : apply(value),
  )
}

/**
 * A pseudo-random number from the evaluation's own time and progress: the hub has no other source of chance, and a
 * replayed message must map to the same result.
 */
export function random(state: State): number {
  let seed = (state.environment.nowMs ^ Math.imul(state.fuel, 0x9e3779b1)) >>> 0
  state.spend(1)
  seed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  seed ^= seed + Math.imul(seed ^ (seed >>> 7), seed | 61)
  return ((seed ^ (seed >>> 14)) >>> 0) / 4294967296
}

export const numberFunctions: readonly Builtin[] = [
  builtin('sum', '<a<n>:n>', 1, sum),
  builtin('average', '<a<n>:n>', 1, average),
  builtin('max', '<a<n>:n>', 1, max),
  builtin('min', '<a<n>:n>', 1, min),
  builtin('number', '<(nsb)-:n>', 1, number),
  builtin('round', '<n-n?:n>', 2, round),
  unary('floor', Math.floor),
  unary('ceil', Math.ceil),
  unary('abs', Math.abs),
  builtin('sqrt', '<n-:n>', 1, sqrt),
  builtin('power', '<n-n:n>', 2, power),
  builtin('formatBase', '<n-n?:s>', 2, formatBase),
  builtin('random', '<:n>', 0, random),
]
