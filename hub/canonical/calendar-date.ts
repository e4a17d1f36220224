/**
 * Dates and Beijing times as canonical text. Nothing here goes through `Date` parsing, which turns 31 February into
 * 3 March and reads a zone-less time in the machine's zone.
 */

/** Years a canonical date may have: outside them stands a mistake or a sentinel (`0001-01-01`, `9999-12-31`). */
export const FIRST_YEAR = 1900
export const LAST_YEAR = 2199

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/
const beijingPattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?\+08:00$/

/** Whether `text` is `YYYY-MM-DD` and that day exists, from 1900 to 2199. */
export function isCalendarDate(text: string): boolean {
  const parts = datePattern.exec(text)
  return parts !== null && isPlausibleDay(Number(parts[1]), Number(parts[2]), Number(parts[3]))
}

/**
 * The instant of an RFC 3339 time with offset +08:00, in epoch milliseconds; smaller fractions are cut off. Undefined
 * where the text has another form or offset, or the day or time of day does not exist. Leap seconds and 24:00 are
 * refused: no database of a receiver takes them.
 */
export function epochOfBeijing(text: string): number | undefined {
  const parts = beijingPattern.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (!isPlausibleDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined
  const milliseconds = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
  return Date.UTC(year, month - 1, day, hour - 8, minute, second, milliseconds)
}

/** Whether the day exists in the Gregorian calendar. */
export function isRealDay(year: number, month: number, day: number): boolean {
  return day >= 1 && day <= daysInMonth(year, month)
}

function isPlausibleDay(year: number, month: number, day: number): boolean {
  return year >= FIRST_YEAR && year <= LAST_YEAR && isRealDay(year, month, day)
}

/** Days of a month, 1–12; 0 for a month that does not exist. */
function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
