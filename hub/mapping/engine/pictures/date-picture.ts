/** Date pictures such as `[Y0001]-[M01]-[D01]`, as XPath's format-dateTime defines them. */
import { MAX_PICTURE_LENGTH } from '../limits.ts'
import type { State } from '../state.ts'
import { type IntegerPicture, readIntegerPicture } from './integer-picture.ts'

export interface Literal {
  readonly type: 'literal'
  readonly value: string
}

export interface Marker {
  readonly type: 'marker'
  /** One letter: Y year, M month, D day… */
  readonly component: string
  /** Second presentation modifier: a t c o. */
  readonly modifier: string | undefined
  readonly names: 'lower' | 'upper' | 'title' | undefined
  readonly minWidth: number | undefined
  readonly maxWidth: number | undefined
  readonly hasWidth: boolean
  readonly integer: IntegerPicture | undefined
  /** For years: how many digits are shown, -1 for all. */
  readonly yearDigits: number
  /** For parsing: exactly this many digits, as another number follows at once. */
  parseWidth: number | undefined
}

export type DatePicture = readonly (Literal | Marker)[]

const DEFAULT_PRESENTATION: Readonly<Record<string, string>> = {
  Y: '1',
  M: '1',
  D: '1',
  d: '1',
  F: 'n',
  W: '1',
  w: '1',
  X: '1',
  x: '1',
  H: '1',
  h: '1',
  P: 'n',
  m: '01',
  s: '01',
  f: '1',
  Z: '01:01',
  z: '01:01',
  C: 'n',
  E: 'n',
}

const INTEGER_COMPONENTS = 'YMDdFWwXxHhmsf'

/** Pictures that were read before; they come from mappings, so there are few. */
const known = new Map<string, DatePicture>()
const MAX_KNOWN = 500

/** @throws ExpressionError D3132, D3135, D3131 */
export function readDatePicture(state: State, picture: string): DatePicture {
  const before = known.get(picture)
  if (before !== undefined) return before
  if (picture.length > MAX_PICTURE_LENGTH) state.fail('MAPPING_STRING_TOO_LONG', picture.length)
  const parts = read(state, picture)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(picture, parts)
  return parts
}

function read(state: State, picture: string): (Literal | Marker)[] {
  const parts: (Literal | Marker)[] = []
  const addLiteral = (start: number, end: number): void => {
    if (end > start) parts.push({ type: 'literal', value: picture.slice(start, end).replaceAll(']]', ']') })
  }
  let start = 0
  let at = 0
  while (at < picture.length) {
    if (picture[at] !== '[') {
      at++
      continue
    }
    addLiteral(start, at)
    if (picture[at + 1] === '[') {
      parts.push({ type: 'literal', value: '[' })
      at += 2
      start = at
      continue
    }
    const end = picture.indexOf(']', at)
    if (end === -1) return state.fail('D3135')
    const marker = readMarker(state, picture.slice(at + 1, end).replace(/\s+/g, ''))
    const previous = parts[parts.length - 1]
    if (marker.names === undefined && INTEGER_COMPONENTS.includes(marker.component)) {
      if (previous?.type === 'marker' && previous.integer !== undefined) {
        previous.parseWidth = previous.integer.mandatoryDigits
      }
    }
    parts.push(marker)
    at = end + 1
    start = at
  }
  addLiteral(start, at)
  return parts
}

function readMarker(state: State, text: string): Marker {
  const component = text.charAt(0)
  const comma = text.lastIndexOf(',')
  const modifiers = comma === -1 ? text.slice(1) : text.slice(1, comma)
  const hasWidth = comma !== -1
  const [min, max] = hasWidth ? splitWidth(text.slice(comma + 1)) : []
  const last = modifiers.slice(-1)
  const hasSecond = modifiers.length > 1 && 'atco'.includes(last)
  const presentation =
    modifiers === ''
      ? Object.hasOwn(DEFAULT_PRESENTATION, component)
        ? DEFAULT_PRESENTATION[component]
        : undefined
      : hasSecond
        ? modifiers.slice(0, -1)
        : modifiers
  if (presentation === undefined) return state.fail('D3132', component)
  const modifier = hasSecond ? last : undefined
  const names = presentation.startsWith('n')
    ? 'lower'
    : presentation.startsWith('N')
      ? presentation[1] === 'n'
        ? 'title'
        : 'upper'
      : undefined
  let integer: IntegerPicture | undefined
  let yearDigits = -1
  if (names === undefined && INTEGER_COMPONENTS.includes(component) && component !== '') {
    integer = readIntegerPicture(state, modifier === undefined ? presentation : `${presentation};${modifier}`)
    const isDecimal = integer.kind === 'decimal'
    if (isDecimal && min !== undefined && integer.mandatoryDigits < min) integer = widened(integer, min)
    if (component === 'Y') {
      if (max !== undefined) {
        yearDigits = max
        integer = widened(integer, max)
      } else {
        const digits = integer.mandatoryDigits + integer.optionalDigits
        if (isDecimal && digits >= 2) yearDigits = digits
      }
    }
  }
  if (component === 'Z' || component === 'z') integer = readIntegerPicture(state, presentation)
  return {
    type: 'marker',
    component,
    modifier,
    names,
    minWidth: min,
    maxWidth: max,
    hasWidth,
    integer,
    yearDigits,
    parseWidth: undefined,
  }
}

/** The widths that an author may ask for go beyond what a simple picture pads without asking for room. */
function widened(picture: IntegerPicture, mandatoryDigits: number): IntegerPicture {
  return { ...picture, mandatoryDigits, isSimple: picture.isSimple && mandatoryDigits <= MAX_PICTURE_LENGTH }
}

function splitWidth(text: string): (number | undefined)[] {
  const dash = text.indexOf('-')
  const parts = dash === -1 ? [text] : [text.slice(0, dash), text.slice(dash + 1)]
  return parts.map((part) => (part === '*' ? undefined : Number.parseInt(part, 10)))
}
