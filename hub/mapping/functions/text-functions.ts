import { normaliseResidentId } from '../../canonical/resident-id.ts'
import { FaultMarker } from '../fault-marker.ts'
import { factsOf, type HubFunction, isAbsent, refuse, showable } from './hub-function.ts'

/**
 * Functions that tidy a partner's text. Nothing for nothing. What they cannot tidy passes through unchanged, so that
 * the canonical schema names the fault in the sender's own field; only `$integer`, whose result has another type,
 * refuses (`FIELD_TYPE`). Nothing is ever cut off.
 *
 * - `$present(value)`: the value, or nothing where it is one of the package's null words.
 * - `$part(object)`: the object, or nothing where it has no members.
 * - `$residentId(text)`: trimmed, x → X, 15 → 18 digits (GB 11643).
 * - `$creditCode(text)`: trimmed, capital letters (GB 32100).
 * - `$mobile(text)`: without +86, spaces and dashes, if what remains is a mobile number.
 * - `$region6(code)`: 12-digit region code whose end is zeros → the first 6 digits.
 * - `$integer(text)`: `"2"` → 2.
 */
export function textFunctions(nullWords: ReadonlySet<string>): readonly HubFunction[] {
  const tidy = (name: string, convert: (text: string) => string): HubFunction => ({
    name,
    apply([value]) {
      if (value instanceof FaultMarker) return value
      if (isAbsent(value, nullWords)) return undefined
      return typeof value === 'string' || typeof value === 'number' ? convert(String(value)) : value
    },
  })
  return [
    {
      name: 'present',
      apply: ([value]) => (isAbsent(value, nullWords) ? undefined : value),
    },
    {
      name: 'part',
      apply: ([value]) => (isEmptyObject(value) ? undefined : value),
    },
    tidy('residentId', (text) => normaliseResidentId(text.trim()) ?? text),
    tidy('creditCode', (text) => text.trim().toUpperCase()),
    tidy('mobile', mobile),
    tidy('region6', (text) => /^(\d{6})0+$/.exec(text.trim())?.[1] ?? text.trim()),
    {
      name: 'integer',
      apply([value], call) {
        if (value instanceof FaultMarker) return value
        if (isAbsent(value, nullWords)) return undefined
        const number = typeof value === 'string' && /^\s*-?\d{1,15}\s*$/.test(value) ? Number(value) : value
        if (Number.isSafeInteger(number)) return number
        return refuse(call, {
          code: 'FIELD_TYPE',
          reason: { zh: '应为整数', en: 'A whole number is expected' },
          facts: factsOf({ expected: 'integer', value: showable(value) }),
        })
      },
    },
  ]
}

function mobile(text: string): string {
  const digits = text.replace(/[\s-]/g, '').replace(/^(\+86|0086|86(?=1\d{10}$))/, '')
  return /^1[3-9]\d{9}$/.test(digits) ? digits : text.trim()
}

function isEmptyObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof FaultMarker || Array.isArray(value))
    return false
  return Object.keys(value).length === 0
}
