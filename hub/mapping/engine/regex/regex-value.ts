/** Regular expressions as JSONata sees them: functions from a text to a match object. */
import { type FunctionValue, makeFunction } from '../runtime/function-value.ts'
import type { State } from '../state.ts'
import type { LinearRegex, RegexMatch } from './regex-engine.ts'

/** The value of a regular expression literal. */
export function regexValue(state: State, regex: LinearRegex, offset: number): FunctionValue {
  const value = makeFunction(
    ([text, from]) => {
      if (typeof text !== 'string') return state.fail('T0410', text, { index: 1, token: 'regex' }, offset)
      return matchObject(state, regex, text, typeof from === 'number' ? from : 0)
    },
    2,
    undefined,
    'regex',
  )
  value.regex = regex
  return value
}

function matchObject(state: State, regex: LinearRegex, text: string, from: number): unknown {
  const match = regex.exec(state, text, from)
  if (match === undefined) return undefined
  return {
    match: match.match,
    start: match.start,
    end: match.end,
    groups: match.groups,
    next: makeFunction(() => {
      const following = nextMatch(state, regex, text, match)
      return following === undefined ? undefined : matchObject(state, regex, text, following.start)
    }, 0),
  }
}

/**
 * The match after `previous`.
 * @throws ExpressionError D1004 when it is empty, as then no progress would be made
 */
export function nextMatch(
  state: State,
  regex: LinearRegex,
  text: string,
  previous: RegexMatch,
): RegexMatch | undefined {
  if (previous.end >= text.length) return undefined
  const match = regex.exec(state, text, previous.end)
  if (match !== undefined && match.match === '') state.fail('D1004', regex.source)
  return match
}
