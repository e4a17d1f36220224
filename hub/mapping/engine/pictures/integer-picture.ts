/** Pictures for integers (`#,##0`, `w`, `I`), as XPath's format-integer defines them. */
import { MAX_PICTURE_LENGTH } from '../limits.ts'
import type { State } from '../state.ts'
import { fromLetters, fromRoman, fromWords, toLetters, toRoman, toWords } from './numerals.ts'

export interface Separator {
  /** Digits to its right. */
  readonly position: number
  readonly character: string
}

export interface IntegerPicture {
  readonly kind: 'decimal' | 'letters' | 'roman' | 'words' | 'sequence'
  readonly letterCase: 'upper' | 'lower' | 'title'
  readonly isOrdinal: boolean
  /** Code point of the zero of the digit family. */
  readonly zero: number
  readonly mandatoryDigits: number
  readonly optionalDigits: number
  /** Set when one separator repeats at equal distances. */
  readonly every: Separator | undefined
  readonly separators: readonly Separator[]
  /** Nothing but a few ASCII digits. */
  readonly isSimple: boolean
  /** The picture itself, for errors. */
  readonly token: string
}

/** Zeros of the digit families of the basic plane. */
const ZEROS = [
  0x30, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
  0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
  0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
]

const KINDS: Readonly<Record<string, Pick<IntegerPicture, 'kind' | 'letterCase'>>> = {
  A: { kind: 'letters', letterCase: 'upper' },
  a: { kind: 'letters', letterCase: 'lower' },
  I: { kind: 'roman', letterCase: 'upper' },
  i: { kind: 'roman', letterCase: 'lower' },
  W: { kind: 'words', letterCase: 'upper' },
  w: { kind: 'words', letterCase: 'lower' },
  Ww: { kind: 'words', letterCase: 'title' },
}

/** @throws ExpressionError D3131 */
export function readIntegerPicture(state: State, picture: string): IntegerPicture {
  if (picture.length > MAX_PICTURE_LENGTH) state.fail('MAPPING_STRING_TOO_LONG', picture.length)
  const semicolon = picture.lastIndexOf(';')
  const primary = semicolon === -1 ? picture : picture.slice(0, semicolon)
  const base = {
    isOrdinal: semicolon !== -1 && picture[semicolon + 1] === 'o',
    zero: 0x30,
    mandatoryDigits: 0,
    optionalDigits: 0,
    every: undefined,
    separators: [],
    isSimple: false,
    token: primary,
  }
  const kind = Object.hasOwn(KINDS, primary) ? KINDS[primary] : undefined
  if (kind !== undefined) return { ...base, ...kind }
  let zero: number | undefined
  let mandatoryDigits = 0
  let optionalDigits = 0
  const separators: Separator[] = []
  for (const char of [...primary].reverse()) {
    const code = char.codePointAt(0) as number
    const family = ZEROS.find((start) => code >= start && code <= start + 9)
    if (family !== undefined) {
      if (zero !== undefined && zero !== family) return state.fail('D3131')
      zero = family
      mandatoryDigits++
    } else if (char === '#') optionalDigits++
    else separators.push({ position: mandatoryDigits + optionalDigits, character: char })
  }
  if (mandatoryDigits === 0) return { ...base, kind: 'sequence', letterCase: 'lower' }
  const every = regularInterval(separators)
  return {
    ...base,
    kind: 'decimal',
    letterCase: 'lower',
    zero: zero ?? 0x30,
    mandatoryDigits,
    optionalDigits,
    every: every === 0 ? undefined : { position: every, character: (separators[0] as Separator).character },
    separators,
    isSimple: zero === 0x30 && separators.length === 0 && !base.isOrdinal,
  }
}

function regularInterval(separators: readonly Separator[]): number {
  const first = separators[0]
  if (first === undefined || separators.some(({ character }) => character !== first.character)) return 0
  return commonInterval(separators.map(({ position }) => position))
}

/** The distance at which positions repeat without a gap, or 0. */
export function commonInterval(positions: readonly number[]): number {
  if (positions.length === 0) return 0
  const factor = positions.reduce(greatestCommonDivisor)
  return positions.every((_, index) => positions.includes((index + 1) * factor)) ? factor : 0
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** @throws ExpressionError D3130 for a numbering sequence */
export function formatInteger(state: State, value: number, picture: IntegerPicture): string {
  const magnitude = Math.abs(value)
  const text = formatMagnitude(state, magnitude, picture)
  return value < 0 ? `-${text}` : text
}

function formatMagnitude(state: State, value: number, picture: IntegerPicture): string {
  const { letterCase } = picture
  switch (picture.kind) {
    case 'letters':
      return toLetters(value, letterCase === 'upper' ? 'A' : 'a')
    case 'roman': {
      const text = toRoman(state, value)
      return letterCase === 'upper' ? text.toUpperCase() : text
    }
    case 'words': {
      const text = toWords(value, picture.isOrdinal)
      return letterCase === 'upper' ? text.toUpperCase() : letterCase === 'lower' ? text.toLowerCase() : text
    }
    case 'decimal':
      return formatDecimal(state, value, picture)
    case 'sequence':
      return state.fail('D3130', picture.token)
  }
}

function formatDecimal(state: State, value: number, picture: IntegerPicture): string {
  let text = String(value)
  if (picture.isSimple)
    return text.length < picture.mandatoryDigits ? text.padStart(picture.mandatoryDigits, '0') : text
  const padding = picture.mandatoryDigits - text.length
  if (padding > 0) {
    state.roomForString(picture.mandatoryDigits)
    text = '0'.repeat(padding) + text
  }
  if (picture.zero !== 0x30) {
    text = [...text]
      .map((digit) => String.fromCodePoint((digit.codePointAt(0) as number) + picture.zero - 0x30))
      .join('')
  }
  text = picture.every === undefined ? insertEach(text, picture.separators) : insertEvery(text, picture.every)
  return picture.isOrdinal ? text + ordinalSuffix(text) : text
}

function insertEvery(text: string, { position, character }: Separator): string {
  const parts: string[] = []
  let end = text.length
  for (; end > position; end -= position) parts.unshift(text.slice(end - position, end))
  parts.unshift(text.slice(0, end))
  return parts.join(character)
}

/** Leftmost separator first, each at its distance from the end. */
function insertEach(text: string, separators: readonly Separator[]): string {
  let result = text
  for (const { position, character } of [...separators].reverse()) {
    const at = result.length - position
    // A position beyond the number: the reference counts it from the other end.
    result = at < 0 ? character + result.slice(at) : result.slice(0, at) + character + result.slice(at)
  }
  return result
}

function ordinalSuffix(text: string): string {
  const isTeen = text.length > 1 && text[text.length - 2] === '1'
  const suffix = { '1': 'st', '2': 'nd', '3': 'rd' }[text[text.length - 1] as string]
  return isTeen ? 'th' : (suffix ?? 'th')
}

/** The number that `text` shows under `picture`; NaN when it does not. @throws ExpressionError D3130 */
export function parseInteger(state: State, text: string, picture: IntegerPicture): number {
  const isUpper = picture.letterCase === 'upper'
  state.spend(text.length >> 2)
  switch (picture.kind) {
    case 'letters':
      return fromLetters(text, isUpper ? 'A' : 'a')
    case 'roman':
      return fromRoman(isUpper ? text : text.toUpperCase())
    case 'words':
      return fromWords(text.toLowerCase())
    case 'decimal':
      return parseDecimal(text, picture)
    case 'sequence':
      return state.fail('D3130', picture.token)
  }
}

function parseDecimal(text: string, picture: IntegerPicture): number {
  let digits = picture.isOrdinal ? text.slice(0, -2) : text
  if (picture.every !== undefined) digits = digits.replaceAll(',', '')
  else for (const { character } of picture.separators) digits = digits.replaceAll(character, '')
  if (picture.zero !== 0x30) {
    digits = digits
      .split('')
      .map((digit) => String.fromCodePoint(Math.max(0, digit.charCodeAt(0) - picture.zero + 0x30)))
      .join('')
  }
  return Number.parseInt(digits, 10)
}
