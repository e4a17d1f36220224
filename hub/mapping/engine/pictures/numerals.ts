/** Integers as English words, Roman numerals and letters, both ways. */
import type { State } from '../state.ts'

const SMALL =
  'Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen Sixteen Seventeen Eighteen Nineteen'.split(
    ' ',
  )
const SMALL_ORDINALS =
  'Zeroth First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh Twelfth Thirteenth Fourteenth Fifteenth Sixteenth Seventeenth Eighteenth Nineteenth'.split(
    ' ',
  )
const TENS = 'Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety'.split(' ')
const MAGNITUDES = ['Thousand', 'Million', 'Billion', 'Trillion']

/** A whole number in title-case English. */
export function toWords(value: number, isOrdinal: boolean): string {
  return spell(value, false, isOrdinal)
}

function spell(value: number, follows: boolean, isOrdinal: boolean): string {
  if (value <= 19) {
    return (follows ? ' and ' : '') + ((isOrdinal ? SMALL_ORDINALS : SMALL)[value] ?? '')
  }
  if (value < 100) {
    const word = (follows ? ' and ' : '') + TENS[Math.floor(value / 10) - 2]
    const rest = value % 10
    if (rest > 0) return `${word}-${spell(rest, false, isOrdinal)}`
    return isOrdinal ? `${word.slice(0, -1)}ieth` : word
  }
  if (value < 1000) {
    const word = `${follows ? ', ' : ''}${SMALL[Math.floor(value / 100)]} Hundred`
    return word + remainder(value % 100, isOrdinal)
  }
  const magnitude = Math.min(Math.floor(Math.log10(value) / 3), MAGNITUDES.length)
  const factor = 10 ** (magnitude * 3)
  const count = Math.floor(value / factor)
  const word = `${follows ? ', ' : ''}${spell(count, false, false)} ${MAGNITUDES[magnitude - 1]}`
  return word + remainder(value - count * factor, isOrdinal)
}

function remainder(value: number, isOrdinal: boolean): string {
  if (value > 0) return spell(value, true, isOrdinal)
  return isOrdinal ? 'th' : ''
}

const WORD_VALUES: ReadonlyMap<string, number> = wordValues()

function wordValues(): Map<string, number> {
  const values = new Map<string, number>()
  for (const [value, word] of SMALL.entries()) values.set(word.toLowerCase(), value)
  for (const [value, word] of SMALL_ORDINALS.entries()) values.set(word.toLowerCase(), value)
  for (const [index, word] of [...TENS, 'Hundred'].entries()) {
    const lower = word.toLowerCase()
    values.set(lower, (index + 2) * 10)
    values.set(`${lower.slice(0, -1)}ieth`, (index + 2) * 10)
  }
  values.set('hundredth', 100)
  for (const [index, word] of MAGNITUDES.entries()) {
    const lower = word.toLowerCase()
    values.set(lower, 1000 ** (index + 1))
    values.set(`${lower}th`, 1000 ** (index + 1))
  }
  return values
}

/** Words that a number in words is made of, longest first. */
export const NUMBER_WORDS: readonly string[] = [...WORD_VALUES.keys(), 'and', '-', ',', ' '].sort(
  (a, b) => b.length - a.length,
)

/** The value of a number in lower-case English words; NaN when a word is not one. */
export function fromWords(text: string): number {
  let segments: number[] = [0]
  for (const word of text.split(/,\s|\sand\s|[\s\\-]/)) {
    const value = WORD_VALUES.get(word) ?? Number.NaN
    let top = segments.pop() ?? 0
    if (value < 100) {
      if (top >= 1000) {
        segments.push(top)
        top = 0
      }
      segments.push(top + value)
    } else segments.push(top * value)
  }
  segments = [segments.reduce((a, b) => a + b, 0)]
  return segments[0] as number
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
]

/** Lower-case Roman numerals; empty for zero. */
export function toRoman(state: State, value: number): string {
  state.roomForString(value / 1000)
  let rest = value
  const parts: string[] = []
  for (const [worth, numeral] of ROMAN) {
    const count = Math.floor(rest / worth)
    if (count > 0) parts.push(numeral.repeat(count))
    rest -= count * worth
  }
  return parts.join('')
}

const ROMAN_VALUES: Readonly<Record<string, number>> = { M: 1000, D: 500, C: 100, L: 50, X: 10, V: 5, I: 1 }

/** The value of upper-case Roman numerals; NaN when a letter is not one. */
export function fromRoman(text: string): number {
  let total = 0
  let highest = 1
  for (let at = text.length - 1; at >= 0; at--) {
    const value = ROMAN_VALUES[text[at] as string] ?? Number.NaN
    if (value < highest) total -= value
    else {
      highest = value
      total += value
    }
  }
  return total
}

/** Spreadsheet letters: 1 is a, 27 is aa. */
export function toLetters(value: number, first: 'a' | 'A'): string {
  const letters: string[] = []
  for (let rest = value; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters.unshift(String.fromCharCode(((rest - 1) % 26) + first.charCodeAt(0)))
  }
  return letters.join('')
}

/** The value of spreadsheet letters. */
export function fromLetters(text: string, first: 'a' | 'A'): number {
  let total = 0
  for (const letter of text) total = total * 26 + (letter.charCodeAt(0) - first.charCodeAt(0) + 1)
  return total
}
