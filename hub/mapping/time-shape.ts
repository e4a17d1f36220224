/**
 * The date shapes that partners use (docs/writing-a-mapping.md, *Dates*). No shape carries a zone: partners mean Beijing time.
 * Everything is checked field by field, because peers are known to send week-years, days of the year and hour 24,
 * and the built-in `Date` would roll 31 February over to March without a word.
 */
import { epochOfBeijing, FIRST_YEAR, isRealDay, LAST_YEAR } from '../canonical/calendar-date.ts'
import { beijingTime } from '../contract/clock.ts'

export const TIME_SHAPES = [
  'yyyyMMddHHmmss',
  'yyyy-MM-dd HH:mm:ss',
  'yyyy/MM/dd HH:mm:ss',
  'yyyyMMddTHHmmss',
  'yyyy-MM-dd',
  'yyyy/MM/dd',
  'yyyyMMdd',
  'epoch-s',
  'epoch-ms',
] as const

export type TimeShape = (typeof TIME_SHAPES)[number]

/** Why a text is not a date of a shape, for the sender's developer. */
export interface NotADate {
  readonly zh: string
  readonly en: string
}

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

type TextShape = Exclude<TimeShape, 'epoch-s' | 'epoch-ms'>

const PATTERNS: Readonly<Record<TextShape, RegExp>> = {
  yyyyMMddHHmmss: /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/,
  'yyyy-MM-dd HH:mm:ss': /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/,
  'yyyy/MM/dd HH:mm:ss': /^(\d{4})\/(\d{2})\/(\d{2}) (\d{2}):(\d{2}):(\d{2})$/,
  yyyyMMddTHHmmss: /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})$/,
  'yyyy-MM-dd': /^(\d{4})-(\d{2})-(\d{2})$/,
  'yyyy/MM/dd': /^(\d{4})\/(\d{2})\/(\d{2})$/,
  yyyyMMdd: /^(\d{4})(\d{2})(\d{2})$/,
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})/

const BEIJING_OFFSET_MS = 8 * 3_600_000

export function isTimeShape(text: unknown): text is TimeShape {
  return TIME_SHAPES.includes(text as TimeShape)
}

/** A moment in a partner's shape as RFC 3339 with +08:00. A shape without a time of day means midnight. */
export function readTime(value: string | number, shape: TimeShape): string | NotADate {
  const fields = readFields(value, shape)
  return 'zh' in fields ? fields : `${dateText(fields, '-')}T${timeText(fields, ':')}+08:00`
}

/** A day in a partner's shape as `YYYY-MM-DD`; a shape with a time of day gives the day in Beijing. */
export function readDate(value: string | number, shape: TimeShape): string | NotADate {
  const fields = readFields(value, shape)
  return 'zh' in fields ? fields : dateText(fields, '-')
}

/** A canonical time (RFC 3339, +08:00) in a partner's shape. Epochs come out as numbers; other shapes lose fractions of a second. */
export function writeTime(iso: string, shape: TimeShape): string | number | NotADate {
  const epochMs = epochOfBeijing(iso)
  if (epochMs === undefined)
    return { zh: '不是北京时间（RFC 3339，+08:00）', en: 'it is not a Beijing time (RFC 3339, +08:00)' }
  if (shape === 'epoch-ms') return epochMs
  if (shape === 'epoch-s') return Math.floor(epochMs / 1000)
  return writeFields(fieldsAt(epochMs), shape)
}

/** A `YYYY-MM-DD` day in a partner's shape; shapes with a time of day get midnight in Beijing. */
export function writeDate(date: string, shape: TimeShape): string | number | NotADate {
  const fields = readFields(date, 'yyyy-MM-dd')
  if ('zh' in fields) return fields
  if (shape === 'epoch-ms' || shape === 'epoch-s') {
    const epochMs = Date.UTC(fields.year, fields.month - 1, fields.day) - BEIJING_OFFSET_MS
    return shape === 'epoch-ms' ? epochMs : epochMs / 1000
  }
  return writeFields(fields, shape)
}

function readFields(value: string | number, shape: TimeShape): Fields | NotADate {
  const text = String(value).trim()
  if (shape === 'epoch-s' || shape === 'epoch-ms') {
    if (!/^\d{1,13}$/.test(text))
      return { zh: '不是从 1970 年起的整数', en: 'it is not a whole number counted from 1970' }
    const epochMs = Number(text) * (shape === 'epoch-s' ? 1000 : 1)
    // Before `Date` gives up on years of six digits: seconds are often sent where milliseconds are meant, and the reverse.
    if (epochMs >= Date.UTC(LAST_YEAR + 1, 0, 1)) return YEAR_OUT_OF_RANGE
    const fields = fieldsAt(epochMs)
    return rangeFault(fields) ?? fields
  }
  const match = PATTERNS[shape].exec(text)
  if (match === null) return { zh: `形式不是 ${shape}`, en: `it does not have the form ${shape}` }
  const fields = fieldsOf(match)
  return rangeFault(fields) ?? fields
}

function fieldsOf(match: RegExpExecArray): Fields {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0))
  return {
    year: year ?? 0,
    month: month ?? 0,
    day: day ?? 0,
    hour: hour ?? 0,
    minute: minute ?? 0,
    second: second ?? 0,
  }
}

function fieldsAt(epochMs: number): Fields {
  return fieldsOf(ISO.exec(beijingTime(epochMs)) as RegExpExecArray)
}

const YEAR_OUT_OF_RANGE: NotADate = {
  zh: `年份不在 ${FIRST_YEAR}—${LAST_YEAR} 之间`,
  en: `the year is not between ${FIRST_YEAR} and ${LAST_YEAR}`,
}

function rangeFault({ year, month, day, hour, minute, second }: Fields): NotADate | undefined {
  if (year < FIRST_YEAR || year > LAST_YEAR) return YEAR_OUT_OF_RANGE
  if (month < 1 || month > 12) return { zh: `没有 ${month} 月`, en: `there is no month ${month}` }
  if (!isRealDay(year, month, day)) {
    return {
      zh: `${year} 年 ${month} 月没有 ${day} 日`,
      en: `there is no day ${day} in ${year}-${String(month).padStart(2, '0')}`,
    }
  }
  if (hour > 23) return { zh: `没有 ${hour} 时`, en: `there is no hour ${hour}` }
  if (minute > 59) return { zh: `没有 ${minute} 分`, en: `there is no minute ${minute}` }
  if (second > 59) return { zh: `没有 ${second} 秒`, en: `there is no second ${second}` }
  return undefined
}

function writeFields(fields: Fields, shape: TextShape): string {
  switch (shape) {
    case 'yyyyMMddHHmmss':
      return dateText(fields, '') + timeText(fields, '')
    case 'yyyyMMddTHHmmss':
      return `${dateText(fields, '')}T${timeText(fields, '')}`
    case 'yyyy-MM-dd HH:mm:ss':
      return `${dateText(fields, '-')} ${timeText(fields, ':')}`
    case 'yyyy/MM/dd HH:mm:ss':
      return `${dateText(fields, '/')} ${timeText(fields, ':')}`
    case 'yyyy-MM-dd':
      return dateText(fields, '-')
    case 'yyyy/MM/dd':
      return dateText(fields, '/')
    case 'yyyyMMdd':
      return dateText(fields, '')
  }
}

function dateText({ year, month, day }: Fields, separator: string): string {
  return [String(year).padStart(4, '0'), two(month), two(day)].join(separator)
}

function timeText({ hour, minute, second }: Fields, separator: string): string {
  return [two(hour), two(minute), two(second)].join(separator)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
