/** Functions that the benchmark's mappings call, and that the hand-written mappings call too. */
import type { EngineFunction } from '../../hub/mapping/engine/engine-function.ts'

const TABLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  channel: { window: '1', web: '2', mobile: '3', terminal: '4' },
  'item-type': { licence: '01', confirmation: '07', service: '11' },
  'applicant-kind': { person: '1', organisation: '2' },
  certificate: { 'resident-id': '111', passport: '414', 'credit-code': '001' },
  gender: { male: '1', female: '2' },
  nation: { han: '01', hui: '03', zang: '04' },
  'org-type': { company: '1', public: '2' },
  relation: { employee: '1', family: '2', lawyer: '3' },
  'cross-mode': { full: '1', collect: '2' },
  purpose: { new: '01', renew: '02', change: '03' },
  delivery: { pickup: '1', post: '2', online: '3' },
  'material-form': { electronic: '1', paper: '2', licence: '3' },
  'material-source': { applicant: '10', government: '20', library: '30' },
}

const ENCODE = new Map(Object.entries(TABLES).map(([name, rows]) => [name, new Map(Object.entries(rows))]))
const DECODE = new Map(
  Object.entries(TABLES).map(([name, rows]) => [name, new Map(Object.entries(rows).map(([a, b]) => [b, a]))]),
)

export function encode(table: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : ENCODE.get(table)?.get(value)
}

export function decode(table: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : DECODE.get(table)?.get(value)
}

/** `2026-11-23T08:30:00+08:00` as `2026-11-23 08:30:00`, Beijing time. */
export function beijing(instant: string | undefined): string | undefined {
  return instant === undefined ? undefined : `${instant.slice(0, 10)} ${instant.slice(11, 19)}`
}

export function instant(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${text.slice(0, 10)}T${text.slice(11)}+08:00`
}

/** `2026-11-23` as `20261123`. */
export function day(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text.slice(0, 4) + text.slice(5, 7) + text.slice(8, 10)
}

export function isoDay(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`
}

type Text = string | undefined

/** The same functions, as the engine and the interpreter want them registered. */
export const FUNCTIONS: readonly EngineFunction[] = [
  { name: 'code', signature: '<s-s:s>', apply: ([table, value]) => encode(table as string, value as Text) },
  { name: 'decode', signature: '<s-s:s>', apply: ([table, value]) => decode(table as string, value as Text) },
  { name: 'beijing', signature: '<s-:s>', apply: ([text]) => beijing(text as Text) },
  { name: 'instant', signature: '<s-:s>', apply: ([text]) => instant(text as Text) },
  { name: 'day', signature: '<s-:s>', apply: ([text]) => day(text as Text) },
  { name: 'isoDay', signature: '<s-:s>', apply: ([text]) => isoDay(text as Text) },
]
