/** Runs regular expressions in bounded time, whatever the pattern. */
import type { State } from '../state.ts'
import { ambiguityOf, isNullable } from './ambiguity.ts'
import { Re2Pattern } from './re2.ts'
import { readPattern, UnsupportedPattern } from './syntax.ts'

export interface RegexMatch {
  readonly match: string
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | undefined)[]
}

/** Ways to read a text up to which the native engine is used. */
const MAX_WAYS = 64

/** Repetitions that may be ambiguous in a pattern for the native engine. */
const MAX_DEGREE = 2

/** Characters that a match without open repetitions is taken to look at. */
const BOUNDED_LENGTH = 40

/** Steps that one native search may be worth; longer texts go to RE2. */
const MAX_NATIVE_STEPS = 5000

/**
 * A pattern with the engine that suits it: JavaScript's own, which is fast, for patterns that cannot backtrack
 * without bound and texts that are not long; RE2 for the rest.
 */
export class LinearRegex {
  readonly source: string
  readonly #native: RegExp | undefined
  readonly #re2: Re2Pattern | undefined
  readonly #ways: number
  /** Whether it can match an empty text, which JSONata calls an error when it happens twice. */
  readonly #isNullable: boolean
  /** How the operations of a search grow with the length of the text. */
  readonly #power: number

  /** @throws UnsupportedPattern when neither engine is safe */
  constructor(regex: RegExp) {
    this.source = regex.source
    const pattern = readPattern(regex.source, regex.ignoreCase)
    const { ways, degree, isUnbounded } = ambiguityOf(pattern)
    const isSafe = ways <= MAX_WAYS && degree <= MAX_DEGREE
    this.#ways = ways
    this.#isNullable = isNullable(pattern)
    this.#power = isUnbounded ? 2 + degree : 1
    this.#native = isSafe ? new RegExp(regex.source, regex.flags) : undefined
    this.#re2 = re2For(() => new Re2Pattern(pattern, regex.flags), isSafe)
  }

  /**
   * The first match at or after `from`; its price depends on how far it is.
   * @throws ExpressionError MAPPING_STEP_BUDGET
   */
  exec(state: State, text: string, from: number): RegexMatch | undefined {
    const native = this.#native
    if (native !== undefined && this.#price(text.length - from) <= MAX_NATIVE_STEPS) {
      native.lastIndex = from
      const found = native.exec(text)
      if (found === null) {
        state.spend(this.#price(text.length - from))
        return undefined
      }
      const end = found.index + found[0].length
      state.spend(this.#price(end - from))
      return { match: found[0], start: found.index, end, groups: found.slice(1) }
    }
    const re2 = this.#re2
    if (re2 === undefined) return state.outOfFuel(state.at)
    if ((text.length - from) >> 2 > state.fuel) state.outOfFuel(state.at)
    const found = re2.exec(text, from)
    state.spend(1 + (((found?.end ?? text.length) - from) >> 1))
    if (found === undefined) return undefined
    return { match: found.text, start: found.start, end: found.end, groups: found.groups }
  }

  /**
   * All matches replaced by a plain text at once, or undefined when that takes a search of match by match: when the
   * replacement names groups, the result might be too long or the pattern may match nothing.
   */
  replaceAll(state: State, text: string, replacement: string): string | undefined {
    const native = this.#native
    if (native === undefined || this.#isNullable || replacement.includes('$')) return undefined
    const price = this.#price(text.length)
    if (price > MAX_NATIVE_STEPS) return undefined
    if ((text.length + 1) * (replacement.length + 1) > state.limits.stringLength) return undefined
    state.spend(price)
    native.lastIndex = 0
    return text.replace(native, replacement)
  }

  /** What a native search over `length` characters may cost, about a thousand operations a step. */
  #price(length: number): number {
    const operations = this.#ways * (this.#power === 1 ? length * BOUNDED_LENGTH : length ** this.#power)
    return 1 + Math.floor(operations / 1024)
  }
}

function re2For(make: () => Re2Pattern, isOptional: boolean): Re2Pattern | undefined {
  try {
    return make()
  } catch (error) {
    if (isOptional && error instanceof UnsupportedPattern) return undefined
    throw error
  }
}

/** Why a pattern cannot be run, or undefined when it can. */
export function refusalOf(regex: RegExp): string | undefined {
  try {
    void new LinearRegex(regex)
    return undefined
  } catch (error) {
    if (error instanceof UnsupportedPattern) return error.message
    throw error
  }
}
