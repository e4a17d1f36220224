/** When a partner takes deliveries. Outside its hours nothing is attempted and nothing is counted; deliveries simply wait. */
import type { CalendarYear, OpeningHours } from '../config/topology.ts'
import { addDays, workingDay } from '../lifecycle/working-days.ts'

const BEIJING_OFFSET_MS = 8 * 3_600_000
const DAY_MS = 24 * 3_600_000
/** The longest run of days off that a calendar may hold; beyond it the hours are wrong, not the partner's holiday. */
const LONGEST_CLOSURE_DAYS = 31

/** `HH:MM` of a Beijing day, in milliseconds after midnight. */
function sinceMidnight(time: string): number {
  return (Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) * 60_000
}

/**
 * The first instant from `nowMs` on at which the partner is open: `nowMs` itself while it is. Epoch milliseconds.
 * `hours` run from `from` (inclusive) to `to` (exclusive), Beijing time, on working days or on all days.
 */
export function openFrom(hours: OpeningHours, calendar: readonly CalendarYear[], nowMs: number): number {
  const from = sinceMidnight(hours.from)
  const to = sinceMidnight(hours.to)
  const local = nowMs + BEIJING_OFFSET_MS
  const midnight = local - (local % DAY_MS)
  for (let day = 0; day <= LONGEST_CLOSURE_DAYS; day++) {
    const date = addDays(new Date(midnight).toISOString().slice(0, 10), day)
    if (hours.days === 'working' && !workingDay(calendar, date).worked) continue
    const opens = midnight + day * DAY_MS + from
    const closes = midnight + day * DAY_MS + to
    if (local < closes) return Math.max(local, opens) - BEIJING_OFFSET_MS
  }
  return nowMs + DAY_MS
}
