/** A reader for the regular expressions that JavaScript accepts without the `u` flag. */
import { type CharSet, complement, DIGIT, DOT, SPACE, union, WORD, withBothCases } from './char-set.ts'

export type RegexNode =
  | { readonly type: 'set'; readonly set: CharSet }
  | { readonly type: 'assert'; readonly kind: '^' | '$' | '\\b' | '\\B' }
  | { readonly type: 'group'; readonly captures: boolean; readonly body: RegexNode }
  | { readonly type: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly type: 'choice'; readonly options: readonly RegexNode[] }
  | {
      readonly type: 'repeat'
      readonly body: RegexNode
      readonly min: number
      readonly max: number
      readonly isGreedy: boolean
    }

/** A pattern that this engine does not run; the message is the reason. */
export class UnsupportedPattern extends Error {
  override readonly name = 'UnsupportedPattern'
}

const MAX_NESTING = 50

/**
 * The pattern as a tree. With `ignoresCase` its sets hold both cases of each letter.
 * @throws UnsupportedPattern
 */
export function readPattern(source: string, ignoresCase: boolean): RegexNode {
  const reader = new Reader(source, ignoresCase)
  return reader.choice(0)
}

class Reader {
  readonly #source: string
  readonly #ignoresCase: boolean
  #at = 0

  constructor(source: string, ignoresCase: boolean) {
    this.#source = source
    this.#ignoresCase = ignoresCase
  }

  #cased(set: CharSet): CharSet {
    return this.#ignoresCase ? withBothCases(set) : set
  }

  choice(depth: number): RegexNode {
    if (depth > MAX_NESTING) throw new UnsupportedPattern('its groups are nested too deeply')
    const options: RegexNode[] = [this.#sequence(depth)]
    while (this.#take('|')) options.push(this.#sequence(depth))
    return options.length === 1 ? (options[0] as RegexNode) : { type: 'choice', options }
  }

  #sequence(depth: number): RegexNode {
    const items: RegexNode[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#peek())) items.push(this.#term(depth))
    return items.length === 1 ? (items[0] as RegexNode) : { type: 'sequence', items }
  }

  #term(depth: number): RegexNode {
    const atom = this.#atom(depth)
    const bounds = this.#quantifier()
    if (bounds === undefined) return atom
    const isGreedy = !this.#take('?')
    if (atom.type === 'assert') throw new UnsupportedPattern('an assertion is repeated')
    return { type: 'repeat', body: atom, min: bounds[0], max: bounds[1], isGreedy }
  }

  #quantifier(): [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#take('?')) return [0, 1]
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at, this.#at + 30))
    if (braces === null) return undefined
    this.#at += braces[0].length
    const min = Number(braces[1])
    if (braces[2] === undefined) return [min, min]
    return [min, braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3])]
  }

  #atom(depth: number): RegexNode {
    const char = this.#next()
    switch (char) {
      case '^':
      case '$':
        return { type: 'assert', kind: char }
      case '.':
        return { type: 'set', set: DOT }
      case '[':
        return { type: 'set', set: this.#class() }
      case '(':
        return this.#group(depth)
      case '\\':
        return this.#escape()
      default:
        return { type: 'set', set: this.#cased([[code(char), code(char)]]) }
    }
  }

  #group(depth: number): RegexNode {
    let captures = true
    if (this.#take('?')) {
      if (this.#take(':')) captures = false
      else if ('=!'.includes(this.#peek())) throw new UnsupportedPattern('it looks ahead')
      else {
        if (!this.#take('<')) throw new UnsupportedPattern('it changes flags inside')
        if ('=!'.includes(this.#peek())) throw new UnsupportedPattern('it looks behind')
        while (!this.#take('>')) this.#next()
      }
    }
    const body = this.choice(depth + 1)
    this.#next()
    return { type: 'group', captures, body }
  }

  #escape(): RegexNode {
    const char = this.#peek()
    if (char === 'b' || char === 'B') {
      this.#at++
      return { type: 'assert', kind: char === 'b' ? '\\b' : '\\B' }
    }
    if (/[1-9]/.test(char)) throw new UnsupportedPattern('it refers back to a group')
    if (char === 'k') throw new UnsupportedPattern('it refers back to a named group')
    return { type: 'set', set: this.#escapedSet() }
  }

  /** What follows a backslash, inside or outside a class. */
  #escapedSet(): CharSet {
    const char = this.#next()
    const named = NAMED[char]
    if (named !== undefined) return named
    let value = code(char)
    if (Object.hasOwn(CONTROLS, char)) value = CONTROLS[char] as number
    else if (char === 'c') value = code(this.#next()) % 32
    else if (char === 'x' || char === 'u') {
      const length = char === 'x' ? 2 : 4
      const digits = this.#source.slice(this.#at, this.#at + length)
      if (new RegExp(`^[0-9a-fA-F]{${length}}$`).test(digits)) {
        value = Number.parseInt(digits, 16)
        this.#at += length
      }
    } else if (/[pP]/.test(char))
      throw new UnsupportedPattern('Unicode properties need a flag that JSONata lacks')
    return this.#cased([[value, value]])
  }

  #class(): CharSet {
    const isNegated = this.#take('^')
    let set: CharSet = []
    while (!this.#take(']')) {
      const low = this.#classAtom()
      if (this.#peek() === '-' && this.#source[this.#at + 1] !== ']') {
        const mark = this.#at
        this.#at++
        const high = this.#classAtom()
        if (isSingle(low) && isSingle(high)) {
          set = union(set, [[(low[0] as [number, number])[0], (high[0] as [number, number])[0]]])
          continue
        }
        this.#at = mark
      }
      set = union(set, low)
    }
    const cased = this.#cased(set)
    return isNegated ? complement(cased) : cased
  }

  #classAtom(): CharSet {
    const char = this.#next()
    if (char !== '\\') return [[code(char), code(char)]]
    if (this.#take('b')) return [[8, 8]]
    return this.#escapedSet()
  }

  #peek(): string {
    return this.#source[this.#at] ?? ''
  }

  #next(): string {
    const char = this.#source[this.#at++]
    if (char === undefined) throw new UnsupportedPattern('it ends too early')
    return char
  }

  #take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false
    this.#at++
    return true
  }
}

function code(char: string): number {
  return char.charCodeAt(0)
}

function isSingle(set: CharSet): boolean {
  const [range] = set
  return set.length === 1 && range !== undefined && range[0] === range[1]
}

const NAMED: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: complement(DIGIT),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 }
