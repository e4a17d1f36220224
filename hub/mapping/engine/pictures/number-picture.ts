/** Pictures for numbers (`#,##0.00`), as XPath's format-number defines them. */
import { round } from '../builtins/numbers.ts'
import { MAX_PICTURE_LENGTH } from '../limits.ts'
import type { State } from '../state.ts'
import { commonInterval } from './integer-picture.ts'

const DEFAULTS = {
  'decimal-separator': '.',
  'grouping-separator': ',',
  'exponent-separator': 'e',
  infinity: 'Infinity',
  'minus-sign': '-',
  NaN: 'NaN',
  percent: '%',
  'per-mille': '\u2030',
  'zero-digit': '0',
  digit: '#',
  'pattern-separator': ';',
}

/** Characters with a meaning; an author may replace them. */
type Symbols = typeof DEFAULTS

interface Parts {
  readonly prefix: string
  readonly suffix: string
  readonly active: string
  readonly mantissa: string
  readonly exponent: string | undefined
  readonly integer: string
  readonly fraction: string
  readonly picture: string
}

interface Layout {
  readonly prefix: string
  readonly suffix: string
  readonly picture: string
  readonly every: number
  readonly integerGroups: readonly number[]
  readonly fractionGroups: readonly number[]
  readonly minInteger: number
  readonly scale: number
  readonly minFraction: number
  readonly maxFraction: number
  readonly minExponent: number
}

/** @throws ExpressionError D3080–D3093 for a picture that cannot be read */
export function formatNumber(
  state: State,
  value: number,
  picture: string,
  options: Readonly<Record<string, unknown>> | undefined,
): string {
  if (picture.length > MAX_PICTURE_LENGTH) state.fail('MAPPING_STRING_TOO_LONG', picture.length)
  state.spend(picture.length)
  const symbols = { ...DEFAULTS }
  for (const key of Object.keys(options ?? {})) {
    const own = options?.[key]
    if (!Object.hasOwn(DEFAULTS, key)) continue
    if (typeof own !== 'string' || own.length > MAX_PICTURE_LENGTH)
      state.fail('T0410', own, { index: 3, token: 'formatNumber' })
    symbols[key as keyof Symbols] = own as string
  }
  const digits = Array.from({ length: 10 }, (_, i) =>
    String.fromCharCode(symbols['zero-digit'].charCodeAt(0) + i),
  )
  const pictures = picture.split(symbols['pattern-separator'])
  if (pictures.length > 2) return state.fail('D3080')
  const layouts = pictures.map((one) => {
    const parts = splitPicture(one, symbols, digits)
    const fault = faultIn(parts, symbols, digits)
    return fault === undefined ? layoutOf(parts, symbols, digits) : state.fail(fault, one)
  })
  const positive = layouts[0] as Layout
  const negative = layouts[1] ?? { ...positive, prefix: symbols['minus-sign'] + positive.prefix }
  return write(state, value, value >= 0 ? positive : negative, symbols, digits)
}

function splitPicture(picture: string, symbols: Symbols, digits: readonly string[]): Parts {
  const exponentSign = symbols['exponent-separator']
  const isBody = (char: string): boolean =>
    digits.includes(char) ||
    char === symbols['decimal-separator'] ||
    char === symbols['grouping-separator'] ||
    char === symbols.digit ||
    char === symbols['pattern-separator']
  const chars = picture.split('')
  const isEdge = (char: string): boolean => isBody(char) && char !== exponentSign
  const first = chars.findIndex(isEdge)
  const last = chars.findLastIndex(isEdge)
  const prefix = first === -1 ? '' : picture.slice(0, first)
  const suffix = last === -1 ? '' : picture.slice(last + 1)
  const active = picture.slice(prefix.length, picture.length - suffix.length)
  const at = picture.indexOf(exponentSign, prefix.length)
  const hasExponent = at !== -1 && at <= picture.length - suffix.length
  // The position counts from the start of the picture, as in the reference, not of the active part.
  const mantissa = hasExponent ? active.substring(0, at) : active
  const exponent = hasExponent ? active.substring(at + 1) : undefined
  const point = mantissa.indexOf(symbols['decimal-separator'])
  return {
    prefix,
    suffix,
    active,
    mantissa,
    exponent,
    integer: point === -1 ? mantissa : mantissa.slice(0, point),
    fraction: point === -1 ? suffix : mantissa.slice(point + 1),
    picture,
  }
}

/** The code of the last rule that the picture breaks. */
function faultIn(parts: Parts, symbols: Symbols, digits: readonly string[]): string | undefined {
  const { picture, mantissa, active, integer, fraction, exponent } = parts
  const separator = symbols['grouping-separator']
  const point = picture.indexOf(symbols['decimal-separator'])
  const isRepeated = (text: string): boolean => picture.indexOf(text) !== picture.lastIndexOf(text)
  const hasPercent = picture.includes(symbols.percent)
  const hasPerMille = picture.includes(symbols['per-mille'])
  const isDigit = (char: string): boolean => digits.includes(char)
  let fault: string | undefined
  if (isRepeated(symbols['decimal-separator'])) fault = 'D3081'
  if (isRepeated(symbols.percent)) fault = 'D3082'
  if (isRepeated(symbols['per-mille'])) fault = 'D3083'
  if (hasPercent && hasPerMille) fault = 'D3084'
  if (!mantissa.split('').some((char) => isDigit(char) || char === symbols.digit)) fault = 'D3085'
  const isActive = (char: string): boolean =>
    isDigit(char) ||
    char === symbols['decimal-separator'] ||
    char === symbols['exponent-separator'] ||
    char === separator ||
    char === symbols.digit ||
    char === symbols['pattern-separator']
  if (!active.split('').every(isActive)) fault = 'D3086'
  if (point !== -1) {
    if (picture[point - 1] === separator || picture[point + 1] === separator) fault = 'D3087'
  } else if (integer.endsWith(separator) && integer !== '') fault = 'D3088'
  if (picture.includes(separator + separator)) fault = 'D3089'
  const firstOptional = integer.indexOf(symbols.digit)
  if (firstOptional !== -1 && integer.slice(0, firstOptional).split('').some(isDigit)) fault = 'D3090'
  const lastOptional = fraction.lastIndexOf(symbols.digit)
  if (lastOptional !== -1 && fraction.slice(lastOptional).split('').some(isDigit)) fault = 'D3091'
  if (exponent !== undefined) {
    if (exponent.length > 0 && (hasPercent || hasPerMille)) fault = 'D3092'
    if (exponent.length === 0 || !exponent.split('').every(isDigit)) fault = 'D3093'
  }
  return fault
}

function layoutOf(parts: Parts, symbols: Symbols, digits: readonly string[]): Layout {
  const { integer, fraction, exponent } = parts
  const isPlace = (char: string): boolean => digits.includes(char) || char === symbols.digit
  const mandatory = (text: string): number => text.split('').filter((char) => digits.includes(char)).length
  const places = (text: string): number => text.split('').filter(isPlace).length
  const groupsOf = (text: string, toLeft: boolean): number[] => {
    const positions: number[] = []
    const separator = symbols['grouping-separator']
    let at = text.indexOf(separator)
    while (at !== -1) {
      positions.push(places(toLeft ? text.slice(0, at) : text.slice(at)))
      // The reference goes on in the integer part, also when it counts in the fraction.
      at = integer.indexOf(separator, at + 1)
    }
    return positions
  }
  const integerGroups = groupsOf(integer, false)
  const scale = mandatory(integer)
  let minInteger = scale
  let minFraction = mandatory(fraction)
  let maxFraction = places(fraction)
  const hasExponent = exponent !== undefined
  if (minInteger === 0 && maxFraction === 0) {
    if (hasExponent) {
      minFraction = 1
      maxFraction = 1
    } else minInteger = 1
  }
  if (hasExponent && minInteger === 0 && integer.includes(symbols.digit)) minInteger = 1
  if (minInteger === 0 && minFraction === 0) minFraction = 1
  return {
    prefix: parts.prefix,
    suffix: parts.suffix,
    picture: parts.picture,
    every: commonInterval(integerGroups),
    integerGroups,
    fractionGroups: groupsOf(fraction, true),
    minInteger,
    scale,
    minFraction,
    maxFraction,
    minExponent: exponent === undefined ? 0 : mandatory(exponent),
  }
}

function write(
  state: State,
  value: number,
  layout: Layout,
  symbols: Symbols,
  digits: readonly string[],
): string {
  const zero = symbols['zero-digit']
  const point = symbols['decimal-separator']
  const separator = symbols['grouping-separator']
  let mantissa = value
  if (layout.picture.includes(symbols.percent)) mantissa = value * 100
  else if (layout.picture.includes(symbols['per-mille'])) mantissa = value * 1000
  let exponent: number | undefined
  if (layout.minExponent > 0) {
    exponent = 0
    const highest = 10 ** layout.scale
    const lowest = 10 ** (layout.scale - 1)
    if (mantissa !== 0 && Number.isFinite(mantissa)) {
      for (; Math.abs(mantissa) < lowest; exponent--) mantissa *= 10
      for (; Math.abs(mantissa) > highest; exponent++) mantissa /= 10
    }
  }
  const decimals = Math.min(layout.maxFraction, 100)
  const rounded = round(state, mantissa, layout.maxFraction) as number
  const inFamily = (text: string): string =>
    zero === '0' ? text : text.replace(/[0-9]/g, (digit) => digits[Number(digit)] as string)
  let text = inFamily(Math.abs(rounded).toFixed(decimals))
  text = text.includes('.') ? text.replace('.', () => point) : text + point
  let start = 0
  while (text[start] === zero) start++
  let end = text.length
  while (end > start && text[end - 1] === zero) end--
  text = text.slice(start, end)
  let at = text.indexOf(point)
  text = zero.repeat(Math.max(0, layout.minInteger - at)) + text
  at = text.indexOf(point)
  text += zero.repeat(Math.max(0, layout.minFraction - (text.length - at - 1)))
  text = groupInteger(text, text.indexOf(point), layout, separator)
  at = text.indexOf(point)
  for (const position of layout.fractionGroups) {
    text = text.slice(0, position + at + 1) + separator + text.slice(position + at + 1)
  }
  at = text.indexOf(point)
  if (!layout.picture.includes(point) || at === text.length - 1) text = text.slice(0, -1)
  if (exponent !== undefined) {
    const digitsOf = inFamily(Math.abs(exponent).toFixed(0))
    const padded = zero.repeat(Math.max(0, layout.minExponent - digitsOf.length)) + digitsOf
    text += symbols['exponent-separator'] + (exponent < 0 ? symbols['minus-sign'] : '') + padded
  }
  return layout.prefix + text + layout.suffix
}

function groupInteger(text: string, point: number, layout: Layout, separator: string): string {
  let result = text
  if (layout.every > 0) {
    const count = Math.floor((point - 1) / layout.every)
    for (let group = 1; group <= count; group++) {
      const at = point - group * layout.every
      result = result.slice(0, at) + separator + result.slice(at)
    }
    return result
  }
  let at = point
  for (const position of layout.integerGroups) {
    result = result.slice(0, at - position) + separator + result.slice(at - position)
    at++
  }
  return result
}
