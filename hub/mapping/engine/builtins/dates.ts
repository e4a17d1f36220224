/** Dates, and numbers by picture. */
import { formatDate } from '../pictures/date-format.ts'
import { parseDate } from '../pictures/date-parse.ts'
import { formatInteger, parseInteger, readIntegerPicture } from '../pictures/integer-picture.ts'
import { formatNumber } from '../pictures/number-picture.ts'
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'

type Num = number | undefined
type Text = string | undefined

function now(state: State, picture?: string, timezone?: string): string {
  return formatDate(state, state.environment.nowMs, picture, timezone)
}

function fromMillis(state: State, millis: Num, picture?: string, timezone?: string): Text {
  return millis === undefined ? undefined : formatDate(state, millis, picture, timezone)
}

const ISO_8601 = /^\d{4}(-[01]\d)?(-[0-3]\d)?(T[0-2]\d:[0-5]\d:[0-5]\d)?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$/
const MAX_TIMESTAMP_LENGTH = 1000

function toMillis(state: State, text: Text, picture?: string): Num {
  if (text === undefined) return undefined
  if (picture !== undefined) return parseDate(state, text, picture)
  if (text.length > MAX_TIMESTAMP_LENGTH || !ISO_8601.test(text)) return state.fail('D3110', text)
  return Date.parse(text)
}

export const dateFunctions: readonly Builtin[] = [
  builtin('now', '<s?s?:s>', 2, now),
  builtin('millis', '<:n>', 0, (state: State) => state.environment.nowMs),
  builtin('fromMillis', '<n-s?s?:s>', 3, fromMillis),
  builtin('toMillis', '<s-s?:n>', 2, toMillis),
  builtin('formatInteger', '<n-s:s>', 2, (state: State, value: Num, picture: string) =>
    value === undefined
      ? undefined
      : formatInteger(state, Math.floor(value), readIntegerPicture(state, String(picture))),
  ),
  builtin('parseInteger', '<s-s:n>', 2, (state: State, text: Text, picture: string) =>
    text === undefined ? undefined : parseInteger(state, text, readIntegerPicture(state, String(picture))),
  ),
  builtin(
    'formatNumber',
    '<n-so?:s>',
    3,
    (state: State, value: Num, picture: string, options?: Readonly<Record<string, unknown>>) =>
      value === undefined ? undefined : formatNumber(state, value, String(picture), options),
  ),
]
