/** What a column holds, as far as text that is written to it and read from it can be compared. */
import type { Text } from './session.ts'

export type ColumnKind =
  | 'text'
  | 'padded'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'date'
  | 'instant'
  | 'zoned'
  | 'time'
  | 'boolean'
  | 'bits'
  | 'binary'
  | 'other'

export interface Column {
  readonly name: string
  readonly kind: ColumnKind
  /** The engine's own name of the type, `character varying(50)`; safe in a statement, since the engine wrote it. */
  readonly type: string
  /** Most characters; undefined where the type has no such limit. */
  readonly maxCharacters: number | undefined
}

/**
 * Whether `shown`, what the database keeps, is what was `given`, in the terms of the column's type: `1.50` is `1.5`,
 * `20261009164011` is `2026-10-09 16:40:11`. Anything that the database cut, rounded or replaced is not the same.
 */
export function isSameValue({ kind }: Pick<Column, 'kind'>, given: Text, shown: Text): boolean {
  if (given === null || shown === null) return given === shown
  switch (kind) {
    case 'text':
    case 'bits':
      return given === shown
    case 'padded':
      return given.replace(/ +$/, '') === shown.replace(/ +$/, '')
    case 'integer':
    case 'decimal':
      return plainNumber(given) === plainNumber(shown)
    case 'float':
      return Number(given) === Number(shown) || Math.fround(Number(given)) === Math.fround(Number(shown))
    case 'date':
    case 'instant':
    case 'zoned':
      return momentOf(given, kind) === momentOf(shown, kind)
    case 'time':
      return given.padEnd(8, ':00').replace(/\.?0*$/, '') === shown.replace(/\.?0*$/, '') || given === shown
    case 'boolean':
      return truth(given) === truth(shown)
    case 'binary':
      return Buffer.from(given, 'base64').equals(Buffer.from(shown, 'base64'))
    case 'other':
      return given === shown || jsonText(given) === jsonText(shown)
  }
}

/** A decimal number without signs, zeros and points that say nothing; other spellings as they are. */
function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^\s*([+-]?)0*(\d*)(?:\.(\d*?)0*)?\s*$/.exec(text) ?? []
  if (whole === '' && fraction === '' && !/\d/.test(text)) return text
  if (/[^\d\s.+-]/.test(text)) return Number.isFinite(Number(text)) ? plainNumber(exactly(text)) : text
  const digits = `${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`
  return sign === '-' && digits !== '0' ? `-${digits}` : digits
}

/** `1.5e3` as `1500`. */
function exactly(text: string): string {
  return Number(text).toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })
}

const MOMENT =
  /^\s*(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:[T ]?(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?\s*$/

/** Year to second with fraction, in Beijing time where the text names a zone. Text of another form is itself. */
function momentOf(text: string, kind: ColumnKind): string {
  const [
    matched,
    year = '',
    month = '',
    day = '',
    hour = '00',
    minute = '00',
    second = '00',
    part = '',
    zone,
  ] = MOMENT.exec(text) ?? []
  if (matched === undefined) return text
  const fraction = part.replace(/0+$/, '')
  const at = [year, month, day, hour, minute, second].map((piece) => piece.padStart(2, '0'))
  if (zone === undefined || kind === 'date') return `${at.join(' ')}.${fraction}`
  const offset =
    zone === 'Z'
      ? '+00:00'
      : zone.replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours, minutes) => `${hours}:${minutes ?? '00'}`)
  const moment = Date.parse(`${at.slice(0, 3).join('-')}T${at.slice(3).join(':')}${offset}`)
  if (Number.isNaN(moment)) return text
  const pieces = new Date(moment + 8 * 3_600_000).toISOString().split(/\D/).slice(0, 6)
  return `${pieces.join(' ')}.${fraction}`
}

function truth(text: string): boolean | string {
  const word = text.trim().toLowerCase()
  if (['t', 'true', 'y', 'yes', 'on', '1'].includes(word)) return true
  if (['f', 'false', 'n', 'no', 'off', '0'].includes(word)) return false
  return text
}

function jsonText(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)))
  } catch {
    return text
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
