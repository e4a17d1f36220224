/**
 * Reading a date by a picture. The reference builds a regular expression from the picture, which a picture such as
 * `[f1][f1][f1]` makes exponential; here each part is tried at each place once, and every try is counted.
 */
import type { State } from '../state.ts'
import { component, DAYS, MONTHS } from './calendar.ts'
import { type DatePicture, type Literal, type Marker, readDatePicture } from './date-picture.ts'
import { type IntegerPicture, parseInteger } from './integer-picture.ts'
import { NUMBER_WORDS } from './numerals.ts'

/** Milliseconds since the epoch, or undefined when the text does not fit. @throws ExpressionError D3132–D3136 */
export function parseDate(state: State, text: string, picture: string): number | undefined {
  const parts = readDatePicture(state, picture)
  for (const part of parts) if (part.type === 'marker') checkReadable(state, part)
  const pieces = match(state, parts, text)
  if (pieces === undefined) return undefined
  const found: Record<string, number | undefined> = {}
  for (const [index, part] of parts.entries()) {
    if (part.type === 'marker') found[part.component] = readValue(state, part, pieces[index] as string)
  }
  return Object.keys(found).length === 0 ? undefined : assemble(state, found)
}

function checkReadable(state: State, marker: Marker): void {
  const { component: letter, integer } = marker
  if (letter === 'Z' || letter === 'z' || letter === 'f') return
  if (integer?.kind === 'sequence') state.fail('D3130', integer.token)
  if (integer === undefined && !'MxFP'.includes(letter)) state.fail('D3133', letter)
}

/** The text of each part, earlier ones as long as possible; undefined when there is no way. */
function match(state: State, parts: DatePicture, text: string): string[] | undefined {
  const hopeless = new Set<number>()
  const pieces: string[] = []
  const width = text.length + 1
  const attempt = (index: number, at: number): boolean => {
    const part = parts[index]
    if (part === undefined) return at === text.length
    const key = index * width + at
    if (hopeless.has(key)) return false
    for (const end of endsOf(state, part, text, at)) {
      state.spend(1)
      pieces[index] = text.slice(at, end)
      if (attempt(index + 1, end)) return true
    }
    hopeless.add(key)
    return false
  }
  return attempt(0, 0) ? pieces : undefined
}

/** Where a part that starts at `at` may end, longest first. */
function endsOf(state: State, part: Literal | Marker, text: string, at: number): number[] {
  if (part.type === 'literal') {
    const end = at + part.value.length
    return text.slice(at, end).toLowerCase() === part.value.toLowerCase() ? [end] : []
  }
  const { component: letter, integer } = part
  if (letter === 'Z' || letter === 'z') return zoneEnds(state, part, text, at)
  if (letter === 'f') return runEnds(state, text, at, isDigit, 1)
  if (integer === undefined) return runEnds(state, text, at, isLetter, 1)
  switch (integer.kind) {
    case 'letters':
      return runEnds(state, text, at, isLetter, 1)
    case 'roman':
      return runEnds(state, text, at, (char) => 'mdclxvi'.includes(char.toLowerCase()), 1)
    case 'words':
      return wordEnds(state, text.toLowerCase(), at)
    default:
      return decimalEnds(state, part, integer, text, at)
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}

function isLetter(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z')
}

function runEnds(
  state: State,
  text: string,
  at: number,
  fits: (char: string) => boolean,
  least: number,
): number[] {
  let end = at
  while (end < text.length && fits(text[end] as string)) end++
  state.spend((end - at) >> 2)
  const ends: number[] = []
  for (let one = end; one >= at + least; one--) ends.push(one)
  return ends
}

function decimalEnds(
  state: State,
  part: Marker,
  integer: IntegerPicture,
  text: string,
  at: number,
): number[] {
  let ends = runEnds(state, text, at, isDigit, 1)
  // A width of zero, as of a picture of optional digits only, counts as none.
  if (part.parseWidth) ends = ends.filter((end) => end === at + (part.parseWidth as number))
  if (!integer.isOrdinal) return ends
  return ends
    .filter((end) => ['th', 'st', 'nd', 'rd'].includes(text.slice(end, end + 2).toLowerCase()))
    .map((end) => end + 2)
}

function wordEnds(state: State, text: string, at: number): number[] {
  const reached = new Set<number>([at])
  for (const start of reached) {
    state.spend(NUMBER_WORDS.length >> 3)
    for (const word of NUMBER_WORDS) if (text.startsWith(word, start)) reached.add(start + word.length)
  }
  reached.delete(at)
  return [...reached].sort((a, b) => b - a)
}

function zoneEnds(state: State, part: Marker, text: string, at: number): number[] {
  const prefix = part.component === 'z' ? 'gmt' : ''
  const sign = at + prefix.length
  if (text.slice(at, sign).toLowerCase() !== prefix || !'+-'.includes(text[sign] ?? ' ')) return []
  const ends = runEnds(state, text, sign + 1, isDigit, 1)
  const separator = part.integer?.every
  if (separator === undefined) return ends
  return ends
    .filter((end) => text.startsWith(separator.character, end))
    .flatMap((end) => runEnds(state, text, end + separator.character.length, isDigit, 1))
}

function readValue(state: State, part: Marker, text: string): number | undefined {
  const { component: letter, integer } = part
  if (letter === 'Z' || letter === 'z') return zoneMinutes(part, letter === 'z' ? text.slice(3) : text)
  if (letter === 'f') return Number.parseFloat(`0.${text.slice(0, 3)}`) * 1000
  if (integer !== undefined) return parseInteger(state, text, integer)
  if (letter === 'P') return /^(am|AM)$/.test(text) ? 0 : /^(pm|PM)$/.test(text) ? 1 : undefined
  const names = letter === 'F' ? DAYS : MONTHS
  const max = part.maxWidth
  // Of names that are cut to the same letters the last one counts, as in the reference.
  const index = names.findLastIndex((name) => name !== '' && (max ? name.slice(0, max) : name) === text)
  return index === -1 ? undefined : letter === 'F' ? index : index + 1
}

function zoneMinutes(part: Marker, text: string): number {
  const separator = part.integer?.every?.character
  const split = separator !== undefined ? text.indexOf(separator) : Math.min(text.length, 3)
  const skip = separator === undefined ? 0 : 1
  const hours = Number.parseInt(text.slice(0, split), 10)
  const minutes = split >= text.length ? 0 : Number.parseInt(text.slice(split + skip), 10)
  return hours * 60 + minutes
}

/** Which components together name a date or a time; the bits are in the order of the letters. */
const DATE_LETTERS = 'YXMxWwdD'
const TIME_LETTERS = 'PHhmsf'

function isOnly(mask: number, allowed: number): boolean {
  return (~allowed & mask) === 0 && (allowed & mask) !== 0
}

function maskOf(letters: string, found: Readonly<Record<string, number | undefined>>): number {
  let mask = 0
  for (const letter of letters) mask = mask * 2 + (found[letter] ? 1 : 0)
  return mask
}

/** @throws ExpressionError D3136 when a component in the middle is missing */
function assemble(state: State, found: Record<string, number | undefined>): number {
  const dates = maskOf(DATE_LETTERS, found)
  const times = maskOf(TIME_LETTERS, found)
  const isYearDay = !isOnly(dates, 0b10100001) && isOnly(dates, 0b10000010)
  const isMonthWeek = isOnly(dates, 0b01010100)
  const isYearWeek = !isMonthWeek && isOnly(dates, 0b01001000)
  const isHalfDay = !isOnly(times, 0b010111) && isOnly(times, 0b101111)
  const letters =
    (isYearDay ? 'YD' : isMonthWeek ? 'XxwF' : isYearWeek ? 'XWF' : 'YMD') + (isHalfDay ? 'Phmsf' : 'Hmsf')
  const now = new Date(state.environment.nowMs)
  let started = false
  let ended = false
  for (const letter of letters) {
    if (found[letter] !== undefined) {
      started = true
      if (ended) return state.fail('D3136')
    } else if (started) {
      found[letter] = 'MDd'.includes(letter) ? 1 : 0
      ended = true
    } else found[letter] = component(now, letter) as number
  }
  const at = (letter: string): number => found[letter] ?? Number.NaN
  let month = at('M') > 0 ? at('M') - 1 : 0
  let day = at('D')
  if (isYearDay) {
    const date = new Date(Date.UTC(at('Y'), 0) + (at('d') - 1) * 86_400_000)
    month = date.getUTCMonth()
    day = date.getUTCDate()
  }
  if (isMonthWeek || isYearWeek) return state.fail('D3136')
  let hour = at('H')
  if (isHalfDay) hour = (at('h') === 12 ? 0 : at('h')) + (found.P === 1 ? 12 : 0)
  const millis = Date.UTC(at('Y'), month, day, hour, at('m'), at('s'), at('f'))
  return millis - (found.Z || found.z || 0) * 60_000
}
