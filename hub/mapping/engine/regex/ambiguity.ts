/**
 * Decides whether JavaScript's own backtracking engine is safe for a pattern. The measure is in how many ways the
 * pattern can read one text from one place: a repetition without a fixed end counts one way only if each character
 * tells whether to repeat or to go on, and makes the pattern unsafe otherwise. With `n` ways a search of a text of
 * length `m` takes at most about n·m² operations, which the caller charges for.
 */
import { type CharSet, isDisjoint, union, withBothCases } from './char-set.ts'
import type { RegexNode } from './syntax.ts'

export interface Ambiguity {
  /** Ways to read a text from one place; infinite when the pattern is not safe. */
  readonly ways: number
  /** Whether some repetition has no upper bound. */
  readonly isUnbounded: boolean
}

export function ambiguityOf(pattern: RegexNode, ignoresCase: boolean): Ambiguity {
  const reader = new Analysis(ignoresCase)
  return { ways: reader.ways(pattern, []), isUnbounded: isUnbounded(pattern) }
}

class Analysis {
  readonly #ignoresCase: boolean
  readonly #sets = new Map<RegexNode, CharSet>()

  constructor(ignoresCase: boolean) {
    this.#ignoresCase = ignoresCase
  }

  /** Ways to read the node when what comes after it starts with a character of `follow`. */
  ways(node: RegexNode, follow: CharSet): number {
    switch (node.type) {
      case 'set':
      case 'assert':
        return 1
      case 'group':
        return this.ways(node.body, follow)
      case 'sequence': {
        let product = 1
        let after = follow
        for (const item of [...node.items].reverse()) {
          product *= this.ways(item, after)
          const first = this.#first(item)
          after = isNullable(item) ? union(first, after) : first
        }
        return product
      }
      case 'choice':
        return node.options.reduce((sum, option) => sum + this.ways(option, follow), 0)
      case 'repeat':
        return this.#repeatWays(node, follow)
    }
  }

  #repeatWays(node: RegexNode & { type: 'repeat' }, follow: CharSet): number {
    const first = this.#first(node.body)
    const inner = this.ways(node.body, union(first, follow))
    const isDecided = inner === 1 && !isNullable(node.body) && isDisjoint(first, follow)
    if (isDecided && isDeterministic(this, node.body)) return 1
    if (node.max > MAX_COUNTED) return Number.POSITIVE_INFINITY
    let sum = 0
    for (let count = node.min; count <= node.max; count++) sum += inner ** count
    return sum
  }

  /** Characters that a non-empty text of this node can start with. */
  first(node: RegexNode): CharSet {
    return this.#first(node)
  }

  #first(node: RegexNode): CharSet {
    const known = this.#sets.get(node)
    if (known !== undefined) return known
    const set = this.#computeFirst(node)
    this.#sets.set(node, set)
    return set
  }

  #computeFirst(node: RegexNode): CharSet {
    switch (node.type) {
      case 'set':
        return this.#ignoresCase ? withBothCases(node.set) : union(node.set, [])
      case 'assert':
        return []
      case 'group':
      case 'repeat':
        return this.#first(node.body)
      case 'choice':
        return node.options.reduce<CharSet>((set, option) => union(set, this.#first(option)), [])
      case 'sequence': {
        let set: CharSet = []
        for (const item of node.items) {
          set = union(set, this.#first(item))
          if (!isNullable(item)) break
        }
        return set
      }
    }
  }
}

/** Repetitions counted one by one; more than this are treated as without end. */
const MAX_COUNTED = 40

/** Whether each character decides which branch of a repeated body to take. */
function isDeterministic(analysis: Analysis, node: RegexNode): boolean {
  if (node.type === 'group') return isDeterministic(analysis, node.body)
  if (node.type === 'sequence') return node.items.every((item) => isDeterministic(analysis, item))
  if (node.type === 'repeat') return isDeterministic(analysis, node.body)
  return node.type !== 'choice'
}

export function isNullable(node: RegexNode): boolean {
  switch (node.type) {
    case 'set':
      return false
    case 'assert':
      return true
    case 'group':
      return isNullable(node.body)
    case 'sequence':
      return node.items.every(isNullable)
    case 'choice':
      return node.options.some(isNullable)
    case 'repeat':
      return node.min === 0 || isNullable(node.body)
  }
}

function isUnbounded(node: RegexNode): boolean {
  switch (node.type) {
    case 'group':
      return isUnbounded(node.body)
    case 'sequence':
      return node.items.some(isUnbounded)
    case 'choice':
      return node.options.some(isUnbounded)
    case 'repeat':
      return node.max > MAX_COUNTED || isUnbounded(node.body)
    default:
      return false
  }
}
