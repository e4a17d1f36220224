/** The older vendor's own books of codes, as far as its systems write or read them here. */

/** 事项编码: the vendor's catalogue, and the implementing code of each item. */
export const ITEMS = {
  'HN-ZJ-0017': '1141000000000901362410190001000',
  'HN-ZJ-0018': '1141000000000901362410190002000',
} as const

/** 办理情形. */
export const SCENARIOS = {
  '1': 'initial',
  '2': 'renewal',
  '3': 'change',
  '4': 'addition',
  '5': 'reissue',
  '6': 'cancellation',
} as const

/** Resident identity card; other systems write 111. */
export const RESIDENT_ID = '10'

/** The vendor's code for a value. @throws Error where it has none */
export function codeOf(book: Readonly<Record<string, string>>, meaning: string): string {
  const found = Object.keys(book).find((code) => book[code] === meaning)
  if (found === undefined) throw new Error(`The vendor has no code for ${meaning}.`)
  return found
}
