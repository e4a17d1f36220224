/** The calendar: days lie in their year and on the weekdays that make sense, and a year called complete has every festival. */
import type { ConfigFault } from '../../contract/errors.ts'
import { addDays, isWeekend } from '../../lifecycle/working-days.ts'
import type { CalendarContent, ConfigFile } from '../topology-files.ts'

/** 全国年节及纪念日放假办法 art. 2: the days off for everybody. */
const FESTIVALS = ['元旦', '春节', '清明', '劳动', '端午', '中秋', '国庆']

type Year = CalendarContent['years'][number]

export function checkCalendar({ file, content }: ConfigFile<CalendarContent>): ConfigFault[] {
  return content.years.flatMap((year, index) => {
    const path = `/years/${index}`
    const faults = [...holidays(year, file, path), ...makeUpDays(year, file, path)]
    if (content.years.slice(0, index).some((other) => other.year === year.year)) {
      const reason = `The year ${year.year} stands twice.`
      faults.push({
        file,
        path: `${path}/year`,
        code: 'CALENDAR_YEAR_DUPLICATE',
        reason,
        remedy: 'Keep one of the two.',
      })
    }
    const absent = FESTIVALS.filter((festival) => !year.holidays.some(({ name }) => name.includes(festival)))
    if (year.complete && absent.length > 0) {
      const reason = `The year is called complete but has no ${absent.join('、')}.`
      const remedy = 'Add what the notice says, or set complete to false.'
      faults.push({ file, path: `${path}/complete`, code: 'CALENDAR_INCOMPLETE', reason, remedy })
    }
    return faults
  })
}

/** No holiday is longer: a longer one is a mistyped date. */
const LONGEST_HOLIDAY_DAYS = 31

/** The days of a holiday, first to last; none where that is no sensible period. */
export function daysOf({ from, until = from }: Year['holidays'][number]): string[] {
  const days: string[] = []
  for (let day = from; day <= until; day = addDays(day, 1)) {
    if (days.push(day) > LONGEST_HOLIDAY_DAYS) return []
  }
  return days
}

function holidays(year: Year, file: string, base: string): ConfigFault[] {
  const seen = new Set<string>()
  return year.holidays.flatMap((holiday, index) => {
    const path = `${base}/holidays/${index}`
    const days = daysOf(holiday)
    const faults: ConfigFault[] = []
    if (days.length === 0) {
      const reason = `From ${holiday.from} until ${holiday.until} is no holiday.`
      faults.push({ file, path, code: 'CALENDAR_PERIOD', reason, remedy: 'Correct one of the two days.' })
    } else if (days.some((day) => !inYear(day, year))) {
      const reason = `${holiday.name} does not lie in ${year.year}.`
      faults.push({
        file,
        path,
        code: 'CALENDAR_YEAR',
        reason,
        remedy: 'Correct the days; days of another year belong to that year.',
      })
    } else if (days.every(isWeekend)) {
      const reason = `${holiday.from} lies on a weekend: as a day off it changes nothing.`
      faults.push({
        file,
        path,
        code: 'CALENDAR_WEEKDAY',
        reason,
        remedy: 'Compare the dates with the notice.',
      })
    }
    if (days.some((day) => seen.has(day))) {
      const reason = `${holiday.name} shares days with an earlier holiday.`
      faults.push({
        file,
        path,
        code: 'CALENDAR_DAY_DUPLICATE',
        reason,
        remedy: 'Compare the dates with the notice.',
      })
    }
    for (const day of days) seen.add(day)
    return faults
  })
}

function makeUpDays(year: Year, file: string, base: string): ConfigFault[] {
  const off = new Set(year.holidays.flatMap(daysOf))
  return year.makeUpDays.flatMap((day, index) => {
    const path = `${base}/makeUpDays/${index}`
    if (!inYear(day, year)) {
      return [
        {
          file,
          path,
          code: 'CALENDAR_YEAR',
          reason: `${day} does not lie in ${year.year}.`,
          remedy: 'Correct the day.',
        },
      ]
    }
    if (!isWeekend(day)) {
      const reason = `${day} is a weekday, which is worked anyway.`
      return [{ file, path, code: 'CALENDAR_WEEKDAY', reason, remedy: 'Compare the date with the notice.' }]
    }
    if (!off.has(day)) return []
    const reason = `${day} is a holiday as well.`
    return [
      { file, path, code: 'CALENDAR_DAY_DUPLICATE', reason, remedy: 'Compare the dates with the notice.' },
    ]
  })
}

function inYear(day: string, { year }: Year): boolean {
  return day.startsWith(`${year}-`)
}
