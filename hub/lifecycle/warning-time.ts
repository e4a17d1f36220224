/**
 * When a deadline is near (art. 31: 超时预警). The lead is counted back in working days from 24:00 of the last day, a
 * working day being its 24 hours: half a day is noon of the last day, one and a half noon of the working day before.
 */
import type { CalendarYear } from '../config/topology.ts'
import { addDays, workingDay } from './working-days.ts'

/**
 * The latest due date of which it is time to warn, `YYYY-MM-DD`; earlier ones are too. Undefined where the lead is 0.
 *
 * @param now Beijing time, RFC 3339 with +08:00
 * @param leadDays in halves, at least 0
 */
export function warnUntil(
  calendar: readonly CalendarYear[],
  now: string,
  leadDays: number,
): string | undefined {
  if (leadDays <= 0) return undefined
  const today = now.slice(0, 10)
  const wholeDays = Math.ceil(leadDays) - 1
  const hasHalf = leadDays % 1 !== 0
  const isLate = !hasHalf || now.slice(11, 13) >= '12'
  // The working day at which, or at whose noon, the warnings of the day begin; before noon that was the one before.
  let date = isLate ? today : addDays(today, -1)
  for (let left = wholeDays; left > 0; ) {
    date = addDays(date, 1)
    if (workingDay(calendar, date).worked) left--
  }
  return date
}
