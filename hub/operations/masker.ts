/**
 * Masks what came from, or goes to, a partner, in whatever format it is: by the personal values of its case, wherever they
 * stand in the text, and by the shape of resident ids and mobile numbers, which a case need not know. When in doubt it hides.
 */
import { maskValue } from '../security/masking.ts'
import type { PersonalValue } from './personal-values.ts'

export interface Masker {
  text(text: string): string
  /** A copy of JSON data with every text, number and key masked. */
  document(document: unknown): unknown
}

const HIDDEN = '***'

/** GB 11643: region, date of birth, sequence, check digit. A wrong check digit makes it no less personal. */
const RESIDENT_ID =
  /(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)/g
/** The 15 digits of before 1999. */
const OLD_RESIDENT_ID = /(?<!\d)[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)/g
const MOBILE = /(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)/g

/** @param values longest first, so that a name within an address is not masked before the address */
export function maskerOf(values: readonly PersonalValue[]): Masker {
  const kinds = new Map(values.map(({ kind, value }) => [value.toLowerCase(), kind]))
  const known =
    values.length === 0
      ? undefined
      : new RegExp(values.map(({ value }) => RegExp.escape(value)).join('|'), 'giu')
  const hide = (value: string): string => {
    const kind = kinds.get(value.toLowerCase())
    return kind === undefined || kind === 'form' ? HIDDEN : maskValue(kind, value)
  }
  const text = (given: string): string =>
    (known === undefined ? given : given.replace(known, hide))
      .replace(RESIDENT_ID, (id) => maskValue('id', id))
      .replace(OLD_RESIDENT_ID, (id) => maskValue('id', id))
      .replace(MOBILE, (number) => maskValue('phone', number))
  const document = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : HIDDEN
    if (Array.isArray(value)) return value.map(document)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), document(inner)]))
  }
  return { text, document }
}

/** Knows no case: hides by shape only. For what a person types in. */
export const maskShapes = maskerOf([])
