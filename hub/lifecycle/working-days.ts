/**
 * Working days (行政许可法 art. 82; 民法典 art. 201, 203) on `YYYY-MM-DD` strings: Beijing dates whatever the machine's
 * zone. The calendar is data (topology/calendar.yaml). Where a year is missing or not complete the day follows the
 * week, and the result says so (`provisional`, CALENDAR_GAP): never a silent guess.
 */
import type { CalendarYear } from '../config/topology.ts'

const DAY_MS = 86_400_000

/** The day `days` after `date`; negative goes back. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** 0 = Sunday … 6 = Saturday. */
export function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay()
}

export function isWeekend(date: string): boolean {
  return weekdayOf(date) % 6 === 0
}

/** Whether `date` is worked, and whether that is only the weekday rule because its year is not complete. */
export function workingDay(
  calendar: readonly CalendarYear[],
  date: string,
): { readonly worked: boolean; readonly provisional: boolean } {
  const year = calendar.find((candidate) => candidate.year === Number(date.slice(0, 4)))
  const provisional = year?.complete !== true
  if (year?.holidays.includes(date) === true) return { worked: false, provisional }
  return { worked: year?.makeUpDays.includes(date) === true || !isWeekend(date), provisional }
}

/**
 * The last day of a period of `days` working days, which ends at 24:00. The start day does not count (民法典 art. 201).
 *
 * @param startDate day on which the period was triggered, worked or not
 * @param days at least 1; RangeError otherwise
 * @returns `provisional` true where any day of the period lies in a year that is not complete (CALENDAR_GAP)
 */
export function addWorkingDays(
  calendar: readonly CalendarYear[],
  startDate: string,
  days: number,
): { readonly date: string; readonly provisional: boolean } {
  if (!Number.isInteger(days) || days < 1)
    throw new RangeError(`A period has at least one working day, not ${days}.`)
  let date = startDate
  let provisional = false
  for (let left = days; left > 0; ) {
    date = addDays(date, 1)
    const day = workingDay(calendar, date)
    provisional ||= day.provisional
    if (day.worked) left--
  }
  return { date, provisional }
}

/** How many working days lie after `after`, up to and including `until`; 0 where `until` is not later. */
export function workingDaysBetween(
  calendar: readonly CalendarYear[],
  after: string,
  until: string,
): { readonly days: number; readonly provisional: boolean } {
  let days = 0
  let provisional = false
  for (let date = addDays(after, 1); date <= until; date = addDays(date, 1)) {
    const day = workingDay(calendar, date)
    provisional ||= day.provisional
    if (day.worked) days++
  }
  return { days, provisional }
}
