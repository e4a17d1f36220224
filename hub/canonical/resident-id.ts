/**
 * Resident identity numbers (GB 11643-1999): six digits of region, eight of birth, three of order, one check character.
 * The canonical form is 18 characters with a capital X; older and sloppier forms are brought to it by
 * `normaliseResidentId` in the mapping.
 */
import { isRealDay, LAST_YEAR } from './calendar-date.ts'

/** What keeps a text from being a canonical resident identity number. */
export type ResidentIdFault =
  /** Neither 18 characters nor 15 digits of the right kind. */
  | 'form'
  /** No province has these first two digits. */
  | 'region'
  /** The day of birth does not exist. */
  | 'date'
  /** The check character does not fit the digits. */
  | 'check'
  /** A right number, but with 15 digits or a small x. */
  | 'not-canonical'

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/**
 * First two digits ever issued. The other four are not looked up: numbers keep the county code of the day of issue,
 * and no complete list of those exists. 81–83 are residence permits of people from Hong Kong, Macao and Taiwan.
 */
const provinces = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83'.split(
    ' ',
  ),
)

/** Why `text` is not a canonical resident identity number; undefined where it is one. */
export function residentIdFault(text: string): ResidentIdFault | undefined {
  const digits = seventeenDigits(text)
  if (digits === undefined) return 'form'
  if (!provinces.has(digits.slice(0, 2))) return 'region'
  if (!isDayOfBirth(digits.slice(6, 14))) return 'date'
  if (text.length === 18 && residentIdCheck(digits) !== text.charAt(17).toUpperCase()) return 'check'
  return text.length === 15 || text.endsWith('x') ? 'not-canonical' : undefined
}

/**
 * The canonical form of a resident identity number: 15 digits get the century 19 and a check character, a small x
 * becomes capital. Undefined where the number is wrong in any other way. Safe to apply twice.
 */
export function normaliseResidentId(text: string): string | undefined {
  const fault = residentIdFault(text)
  if (fault === undefined) return text
  if (fault !== 'not-canonical') return undefined
  const digits = seventeenDigits(text) as string
  return digits + residentIdCheck(digits)
}

/** The check character of the first seventeen digits: `1 0 X 9 8 7 6 5 4 3 2` by the weighted sum modulo 11. */
export function residentIdCheck(seventeen: string): string {
  let sum = 0
  for (let index = 0; index < 17; index++) sum += (weights[index] as number) * Number(seventeen[index])
  return '10X98765432'.charAt(sum % 11)
}

/** Born since 1800: the standard's own example is of 1880, and the oldest numbers are of people of that time. */
function isDayOfBirth(digits: string): boolean {
  const year = Number(digits.slice(0, 4))
  return (
    year >= 1800 && year <= LAST_YEAR && isRealDay(year, Number(digits.slice(4, 6)), Number(digits.slice(6)))
  )
}

function seventeenDigits(text: string): string | undefined {
  if (/^\d{17}[\dXx]$/.test(text)) return text.slice(0, 17)
  // 15 digits were issued until 1999 and carry two digits of the year of birth.
  if (/^\d{15}$/.test(text)) return `${text.slice(0, 6)}19${text.slice(6)}`
  return undefined
}
