/** Writing a date by a picture. */
import type { State } from '../state.ts'
import { component, DAYS, MONTHS } from './calendar.ts'
import { type Marker, readDatePicture } from './date-picture.ts'
import { formatInteger, readIntegerPicture } from './integer-picture.ts'

const ISO_PICTURE = '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]'

interface Zone {
  readonly hours: number
  readonly minutes: number
}

/** `millis` since the epoch as text, in a zone written `+hhmm`. @throws ExpressionError D3132–D3135 */
export function formatDate(state: State, millis: number, picture?: string, timezone?: string): string {
  const offset = timezone === undefined ? 0 : Number.parseInt(timezone, 10)
  const zone = { hours: Math.floor(offset / 100), minutes: offset % 100 }
  const date = new Date(millis + (60 * zone.hours + zone.minutes) * 60_000)
  let result = ''
  for (const part of readDatePicture(state, picture ?? ISO_PICTURE)) {
    result += part.type === 'literal' ? part.value : formatMarker(state, date, part, zone)
    state.spend(1)
  }
  state.roomForString(result.length)
  return result
}

function formatMarker(state: State, date: Date, marker: Marker, zone: Zone): string {
  const { component: letter, integer } = marker
  if (letter === 'Z' || letter === 'z') return formatZone(state, marker, zone)
  let value = component(date, letter)
  if ('YMDdFWwXxHhms'.includes(letter)) {
    if (letter === 'Y' && marker.yearDigits !== -1) value = (value as number) % 10 ** marker.yearDigits
    if (marker.names !== undefined) return formatName(state, marker, value as number)
    if (integer !== undefined) return formatInteger(state, value as number, integer)
  }
  if (letter === 'f' && integer !== undefined) return formatInteger(state, value as number, integer)
  if (letter === 'P' && marker.names === 'upper') return String(value).toUpperCase()
  return String(value)
}

function formatName(state: State, marker: Marker, value: number): string {
  const { component: letter } = marker
  if (letter !== 'M' && letter !== 'x' && letter !== 'F') return state.fail('D3133', letter)
  let name = String(letter === 'F' ? DAYS[value] : MONTHS[value - 1])
  if (marker.names === 'upper') name = name.toUpperCase()
  else if (marker.names === 'lower') name = name.toLowerCase()
  return marker.hasWidth && name.length > (marker.maxWidth ?? Number.NaN)
    ? name.slice(0, marker.maxWidth)
    : name
}

function formatZone(state: State, marker: Marker, zone: Zone): string {
  const { integer } = marker
  if (integer === undefined) return ''
  const offset = zone.hours * 100 + zone.minutes
  let text: string
  const digits = integer.mandatoryDigits
  if (integer.every !== undefined || digits === 3 || digits === 4)
    text = formatInteger(state, offset, integer)
  else if (digits === 1 || digits === 2) {
    text = formatInteger(state, zone.hours, integer)
    if (zone.minutes !== 0) {
      text += `:${formatInteger(state, Math.floor(zone.minutes), readIntegerPicture(state, '00'))}`
    }
  } else return state.fail('D3134', digits)
  if (offset >= 0) text = `+${text}`
  if (marker.component === 'z') text = `GMT${text}`
  return offset === 0 && marker.modifier === 't' ? 'Z' : text
}
