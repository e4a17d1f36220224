/** `$contains`, `$match`, `$replace` and `$split`, with plain texts, regular expressions or matcher functions. */

import type { RegexMatch } from '../regex/regex-engine.ts'
import { nextMatch } from '../regex/regex-value.ts'
import { apply, type FunctionValue, isFunction } from '../runtime/function-value.ts'
import { asSequence } from '../runtime/sequence.ts'
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'

type Text = string | undefined
type Pattern = string | FunctionValue

/** A walk over the matches of a pattern in a text. */
interface Walk {
  /** The next match, or undefined at the end. */
  next(): RegexMatch | undefined
}

function walk(state: State, pattern: FunctionValue, text: string): Walk {
  const { regex } = pattern
  if (regex !== undefined) {
    let previous: RegexMatch | undefined
    return {
      next: () => {
        previous =
          previous === undefined ? regex.exec(state, text, 0) : nextMatch(state, regex, text, previous)
        return previous
      },
    }
  }
  // A matcher of the author's own: a function that returns a match with a function for the next one.
  let following: unknown = pattern
  let args: readonly unknown[] = [text]
  return {
    next: () => {
      state.spend(1)
      const found = apply(state, following, args, null)
      if (found === undefined) return undefined
      if (!isMatch(found)) return state.fail('T1010', found)
      following = found.next
      args = []
      return found
    },
  }
}

function isMatch(value: unknown): value is RegexMatch & { readonly next: unknown } {
  if (typeof value !== 'object' || value === null) return false
  const match = value as Record<string, unknown>
  return (
    typeof match.match === 'string' &&
    typeof match.start === 'number' &&
    typeof match.end === 'number' &&
    Array.isArray(match.groups) &&
    isFunction(match.next)
  )
}

/** Calls `visit` with each match, `limit` of them at most. */
function forEachMatch(
  state: State,
  pattern: FunctionValue,
  text: string,
  limit: number | undefined,
  visit: (match: RegexMatch) => void,
): number {
  const matches = walk(state, pattern, text)
  let count = 0
  for (let match = matches.next(); match !== undefined; match = matches.next()) {
    if (limit !== undefined && count >= limit) break
    visit(match)
    count++
  }
  return count
}

function contains(state: State, text: Text, pattern: Pattern | undefined): boolean | undefined {
  if (text === undefined || pattern === undefined) return undefined
  if (typeof pattern !== 'string') return walk(state, pattern, text).next() !== undefined
  state.spend(text.length >> 4)
  return text.includes(pattern)
}

function match(state: State, text: Text, pattern: FunctionValue, limit?: number): unknown {
  if (text === undefined) return undefined
  if (limit !== undefined && limit < 0) state.fail('D3040', limit)
  const result: unknown[] = []
  if (limit === undefined || limit > 0) {
    forEachMatch(state, pattern, text, limit, (found) => {
      state.roomForArray(result.length + 1)
      result.push({ match: found.match, index: found.start, groups: found.groups })
    })
  }
  return asSequence(result)
}

function replace(state: State, text: Text, pattern: Pattern, replacement: Pattern, limit?: number): Text {
  if (text === undefined) return undefined
  if (pattern === '') state.fail('D3010', pattern)
  if (limit !== undefined && limit < 0) state.fail('D3011', limit)
  if (limit !== undefined && !(limit > 0)) return text
  if (typeof pattern === 'string') return replaceText(state, text, pattern, replacement, limit)
  if (limit === undefined && typeof replacement === 'string' && pattern.regex !== undefined) {
    const replaced = pattern.regex.replaceAll(state, text, replacement)
    if (replaced !== undefined) return replaced
  }
  const substitute =
    typeof replacement === 'string'
      ? (found: RegexMatch) => expand(replacement, found)
      : (found: RegexMatch) => apply(state, replacement, [publicMatch(found)], null)
  const parts: string[] = []
  let position = 0
  let length = text.length
  forEachMatch(state, pattern, text, limit, (found) => {
    const put = substitute(found)
    if (typeof put !== 'string') return state.fail('D3012', put)
    length += put.length
    state.roomForString(length)
    parts.push(text.substring(position, found.start), put)
    position = found.start + found.match.length
  })
  if (parts.length === 0) return text
  parts.push(text.substring(position))
  return parts.join('')
}

function publicMatch(found: RegexMatch): unknown {
  return { match: found.match, start: found.start, end: found.end, groups: found.groups }
}

function replaceText(
  state: State,
  text: string,
  pattern: string,
  replacement: Pattern,
  limit?: number,
): string {
  state.spend(text.length >> 4)
  const put = typeof replacement === 'string' ? replacement : ''
  const parts: string[] = []
  let position = 0
  let length = text.length
  let count = 0
  for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, position)) {
    if (limit !== undefined && count >= limit) break
    state.spend(1)
    length += put.length - pattern.length
    if (length > state.limits.stringLength) state.roomForString(length)
    parts.push(text.substring(position, at), put)
    position = at + pattern.length
    count++
  }
  state.roomForString(length)
  parts.push(text.substring(position))
  return parts.join('')
}

/** The replacement text for one match: `$1` a group, `$0` all, `$$` a dollar sign. */
function expand(replacement: string, found: RegexMatch): string {
  if (!replacement.includes('$')) return replacement
  const { groups } = found
  let result = ''
  let position = 0
  let at = replacement.indexOf('$')
  while (at !== -1) {
    result += replacement.substring(position, at)
    position = at + 1
    const next = replacement[position]
    if (next === '$') {
      result += '$'
      position++
    } else if (next === '0') {
      result += found.match
      position++
    } else {
      // As many digits as the number of groups has; one digit less when that names no group.
      const digits = groups.length === 0 ? 1 : Math.floor(Math.log(groups.length) * Math.LOG10E) + 1
      let index = Number.parseInt(replacement.substring(position, position + digits), 10)
      if (digits > 1 && index > groups.length) {
        index = Number.parseInt(replacement.substring(position, position + digits - 1), 10)
      }
      if (Number.isNaN(index)) result += '$'
      else {
        result += groups[index - 1] ?? ''
        position += String(index).length
      }
    }
    at = replacement.indexOf('$', position)
  }
  return result + replacement.substring(position)
}

function split(state: State, text: Text, separator: Pattern, limit?: number): string[] | undefined {
  if (text === undefined) return undefined
  if (limit !== undefined && limit < 0) state.fail('D3020', limit)
  if (limit !== undefined && !(limit > 0)) return []
  if (typeof separator === 'string') {
    state.spend(text.length >> 4)
    const most = state.limits.arrayLength + 1
    const parts = text.split(separator, limit === undefined ? most : Math.min(limit, most))
    state.roomForArray(parts.length)
    state.spend(parts.length)
    return parts
  }
  const parts: string[] = []
  let start = 0
  const count = forEachMatch(state, separator, text, limit, (found) => {
    state.roomForArray(parts.length + 1)
    parts.push(text.substring(start, found.start))
    start = found.end
  })
  if (limit === undefined || count < limit) parts.push(text.substring(start))
  return parts
}

export const matchingFunctions: readonly Builtin[] = [
  builtin('contains', '<s-(sf):b>', 2, contains),
  builtin('match', '<s-f<s:o>n?:a<o>>', 3, match),
  builtin('replace', '<s-(sf)(sf)n?:s>', 4, replace),
  builtin('split', '<s-(sf)n?:a<s>>', 3, split),
]
