/** Components of a date in UTC, as date pictures name them. */

export const DAYS = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
export const MONTHS =
  'January February March April May June July August September October November December'.split(' ')

const DAY_MS = 86_400_000

/** One component; undefined for those that no clock shows (Z, z and unknown letters). */
export function component(date: Date, letter: string): number | string | undefined {
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  const midnight = Date.UTC(year, month, date.getUTCDate())
  switch (letter) {
    case 'Y':
      return year
    case 'M':
      return month + 1
    case 'D':
      return date.getUTCDate()
    case 'd':
      return (midnight - Date.UTC(year, 0)) / DAY_MS + 1
    case 'F':
      return date.getUTCDay() || 7
    case 'W':
      return weekWithin(midnight, [year, 0], [year + 1, 0], [year - 1, 0], 52)
    case 'w':
      return weekWithin(midnight, [year, month], [year, month + 1], [year, month - 1], 4)
    case 'X':
      if (date.getTime() < firstWeek(year, 0)) return year - 1
      return date.getTime() >= firstWeek(year + 1, 0) ? year + 1 : year
    case 'x':
      return weekMonth(date.getTime(), year, month)
    case 'H':
      return date.getUTCHours()
    case 'h':
      return date.getUTCHours() % 12 || 12
    case 'P':
      return date.getUTCHours() >= 12 ? 'pm' : 'am'
    case 'm':
      return date.getUTCMinutes()
    case 's':
      return date.getUTCSeconds()
    case 'f':
      return date.getUTCMilliseconds()
    case 'C':
    case 'E':
      return 'ISO'
    default:
      return undefined
  }
}

/** Monday of the week that holds the first Thursday of a month (ISO 8601, which XPath extends to months). */
function firstWeek(year: number, month: number): number {
  const first = Date.UTC(year, month)
  const day = new Date(first).getUTCDay() || 7
  return day > 4 ? first + (8 - day) * DAY_MS : first - (day - 1) * DAY_MS
}

type YearMonth = readonly [number, number]

function weekWithin(
  midnight: number,
  now: YearMonth,
  next: YearMonth,
  before: YearMonth,
  usual: number,
): number {
  const weeksSince = (start: number): number => (midnight - start) / (DAY_MS * 7) + 1
  let week = weeksSince(firstWeek(...now))
  if (week > usual) {
    if (midnight >= firstWeek(...next)) week = 1
  } else if (week < 1) week = weeksSince(firstWeek(...before))
  return Math.floor(week)
}

function weekMonth(time: number, year: number, month: number): number {
  if (time < firstWeek(year, month)) return ((month + 11) % 12) + 1
  return time >= firstWeek(year, month + 1) ? ((month + 1) % 12) + 1 : month + 1
}
