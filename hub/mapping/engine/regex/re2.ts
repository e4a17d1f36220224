/** Runs a pattern on RE2JS, which is linear in the text for every pattern that it accepts. */
import { RE2JS } from 're2js'
import { isNullable } from './ambiguity.ts'
import type { CharSet } from './char-set.ts'
import { type RegexNode, UnsupportedPattern } from './syntax.ts'

export interface RawMatch {
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | undefined)[]
  readonly text: string
}

export class Re2Pattern {
  readonly #compiled: RE2JS

  /**
   * `pattern` has both cases in its sets already if case does not matter.
   * @throws UnsupportedPattern when RE2 would read the pattern differently or not at all
   */
  constructor(pattern: RegexNode, flags: string) {
    const bits = flags.includes('m') ? RE2JS.MULTILINE : 0
    const source = write(pattern, false)
    try {
      this.#compiled = RE2JS.compile(source, bits)
    } catch (cause) {
      throw new UnsupportedPattern(cause instanceof Error ? cause.message : 'RE2 does not accept it')
    }
  }

  exec(text: string, from: number): RawMatch | undefined {
    const matcher = this.#compiled.matcher(text)
    if (!matcher.find(from)) return undefined
    const groups: (string | undefined)[] = []
    for (let group = 1; group <= matcher.groupCount(); group++) groups.push(matcher.group(group) ?? undefined)
    return { start: matcher.start(), end: matcher.end(), groups, text: matcher.group() ?? '' }
  }
}

const MAX_REPEAT = 1000

/** The pattern in RE2's words: sets are spelled out, as `\s`, `.` and negation mean less there. */
function write(node: RegexNode, isRepeated: boolean): string {
  switch (node.type) {
    case 'set':
      return writeSet(node.set)
    case 'assert':
      return node.kind
    case 'sequence':
      return node.items.map((item) => write(item, isRepeated)).join('')
    case 'choice':
      if (isRepeated && node.options.some(captures)) throw new UnsupportedPattern(FORGETS)
      return node.options.map((option) => write(option, isRepeated)).join('|')
    case 'group':
      if (node.captures && isRepeated && isNullable(node.body)) throw new UnsupportedPattern(FORGETS)
      return `${node.captures ? '(' : '(?:'}${write(node.body, isRepeated)})`
    case 'repeat': {
      if (isRepeated && node.min === 0 && captures(node.body)) throw new UnsupportedPattern(FORGETS)
      if (node.min > MAX_REPEAT || (node.max !== Number.POSITIVE_INFINITY && node.max > MAX_REPEAT)) {
        throw new UnsupportedPattern(`it repeats more than ${MAX_REPEAT} times`)
      }
      const body = write(node.body, isRepeated || node.max > 1)
      const max = node.max === Number.POSITIVE_INFINITY ? '' : String(node.max)
      return `(?:${body}){${node.min},${max}}${node.isGreedy ? '' : '?'}`
    }
  }
}

const FORGETS = 'a group inside a repetition may be left out in the last round, where engines disagree'

function captures(node: RegexNode): boolean {
  switch (node.type) {
    case 'group':
      return node.captures || captures(node.body)
    case 'sequence':
      return node.items.some(captures)
    case 'choice':
      return node.options.some(captures)
    case 'repeat':
      return captures(node.body)
    default:
      return false
  }
}

function writeSet(set: CharSet): string {
  if (set.length === 0) return '[^\\x{0}-\\x{10FFFF}]'
  const ranges = set.map(([low, high]) => {
    const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    if (isSurrogate(low) || isSurrogate(high)) {
      throw new UnsupportedPattern('it names half of a character outside the basic plane')
    }
    return `${hex(low)}-${hex(high === 0xffff ? 0x10ffff : high)}`
  })
  return `[${ranges.join('')}]`
}

function hex(unit: number): string {
  return `\\x{${unit.toString(16)}}`
}
