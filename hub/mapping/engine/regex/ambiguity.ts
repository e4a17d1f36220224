/**
 * Decides whether JavaScript's own backtracking engine is safe for a pattern, and for texts of what length. The
 * measure is in how many ways the pattern can read one text from one place. A repetition without a fixed end counts
 * one way if each character tells whether to repeat or to go on; it multiplies the ways by the length of the text if
 * it repeats single characters; anything else makes the pattern unsafe.
 */
import { type CharSet, isDisjoint, union } from './char-set.ts'
import type { RegexNode } from './syntax.ts'

export interface Ambiguity {
  /** Ways to read a text from one place, apart from `degree`; infinite when the pattern is not safe. */
  readonly ways: number
  /** How often the length of the text multiplies the ways. */
  readonly degree: number
  /** Whether some repetition has no upper bound. */
  readonly isUnbounded: boolean
}

export function ambiguityOf(pattern: RegexNode): Ambiguity {
  const reader = new Analysis()
  return { ...reader.reading(pattern, []), isUnbounded: isUnbounded(pattern) }
}

interface Reading {
  readonly ways: number
  readonly degree: number
}

const ONE: Reading = { ways: 1, degree: 0 }
const UNSAFE: Reading = { ways: Number.POSITIVE_INFINITY, degree: 0 }

class Analysis {
  readonly #sets = new Map<RegexNode, CharSet>()

  /** How the node is read when what comes after it starts with a character of `follow`. */
  reading(node: RegexNode, follow: CharSet): Reading {
    switch (node.type) {
      case 'set':
      case 'assert':
        return ONE
      case 'group':
        return this.reading(node.body, follow)
      case 'sequence': {
        let { ways, degree } = ONE
        let after = follow
        for (const item of [...node.items].reverse()) {
          const one = this.reading(item, after)
          ways *= one.ways
          degree += one.degree
          const first = this.#first(item)
          after = isNullable(item) ? union(first, after) : first
        }
        return { ways, degree }
      }
      case 'choice': {
        const options = node.options.map((option) => this.reading(option, follow))
        return {
          ways: options.reduce((sum, option) => sum + option.ways, 0),
          degree: Math.max(...options.map((option) => option.degree)),
        }
      }
      case 'repeat':
        return this.#repeated(node, follow)
    }
  }

  #repeated(node: RegexNode & { type: 'repeat' }, follow: CharSet): Reading {
    const first = this.#first(node.body)
    const inner = this.reading(node.body, union(first, follow))
    const isFlat = inner.ways === 1 && inner.degree === 0 && !isNullable(node.body)
    if (isFlat && isDisjoint(first, follow) && isDeterministic(node.body)) return ONE
    if (node.max > MAX_COUNTED) return isSingle(node.body) ? { ways: 1, degree: 1 } : UNSAFE
    let ways = 0
    for (let count = node.min; count <= node.max; count++) ways += inner.ways ** count
    return { ways, degree: inner.degree * node.max }
  }

  /** Characters that a non-empty text of this node can start with. */
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
        return union(node.set, [])
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

/** Whether a node reads exactly one character. */
function isSingle(node: RegexNode): boolean {
  return node.type === 'set' || (node.type === 'group' && isSingle(node.body))
}

/** Whether each character decides which branch of a repeated body to take. */
function isDeterministic(node: RegexNode): boolean {
  if (node.type === 'group' || node.type === 'repeat') return isDeterministic(node.body)
  if (node.type === 'sequence') return node.items.every(isDeterministic)
  return node.type !== 'choice'
}

/** Whether a node can read nothing. */
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
