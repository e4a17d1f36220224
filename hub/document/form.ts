/**
 * Form fields (application/x-www-form-urlencoded, WHATWG URL §5, in the format's charset) ↔ a flat document of texts; a
 * field that stands twice is a list. Fields are split as bytes, which is safe: the marks `& = + %` are never the second
 * byte of a character in GBK or GB 18030.
 */
import { IntakeError } from '../contract/errors.ts'
import type { Charset } from './media.ts'
import { readText } from './read-text.ts'
import { isRefusedName } from './refused-names.ts'
import { scalarText, unwritable } from './unwritable.ts'
import { writeText } from './write-text.ts'

const MOST_FIELDS = 1000
const AMPERSAND = 0x26
const EQUALS = 0x3d
const PLUS = 0x2b
const PERCENT = 0x25
const SPACE = 0x20

/** @throws IntakeError REQUEST_NOT_FORM, REQUEST_TOO_LARGE or REQUEST_CHARSET */
export function readForm(bytes: Uint8Array, charset: Charset): Readonly<Record<string, unknown>> {
  const document: Record<string, string | string[]> = {}
  let fields = 0
  for (let from = 0; from <= bytes.length; ) {
    const end = indexOf(bytes, AMPERSAND, from, bytes.length)
    if (end > from) {
      if (++fields > MOST_FIELDS)
        throw refuse(
          'REQUEST_TOO_LARGE',
          `字段超过 ${MOST_FIELDS} 个`,
          `there are more than ${MOST_FIELDS} fields`,
        )
      const mark = indexOf(bytes, EQUALS, from, end)
      const name = fieldText(bytes, from, mark, charset)
      if (isRefusedName(name))
        throw refuse('REQUEST_NOT_FORM', `字段名 ${name} 不被接受`, `the name ${name} is not accepted`)
      add(document, name, fieldText(bytes, Math.min(mark + 1, end), end, charset))
    }
    from = end + 1
  }
  if (fields === 0) throw refuse('REQUEST_NOT_FORM', '没有任何字段', 'there are no fields')
  return document
}

function add(document: Record<string, string | string[]>, name: string, value: string): void {
  const known = Object.hasOwn(document, name) ? document[name] : undefined
  if (known === undefined) document[name] = value
  else if (Array.isArray(known)) known.push(value)
  else document[name] = [known, value]
}

/** Where `byte` stands first; `end` where it does not. */
function indexOf(bytes: Uint8Array, byte: number, from: number, end: number): number {
  const at = bytes.indexOf(byte, from)
  return at === -1 || at > end ? end : at
}

function fieldText(bytes: Uint8Array, from: number, to: number, charset: Charset): string {
  const plain = new Uint8Array(to - from)
  let length = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte === PERCENT) {
      plain[length++] = percentByte(bytes, at, to)
      at += 2
    } else plain[length++] = byte === PLUS ? SPACE : byte
  }
  return readText(plain.subarray(0, length), charset, charset).text
}

function percentByte(bytes: Uint8Array, at: number, to: number): number {
  const digits = at + 2 < to ? String.fromCharCode(bytes[at + 1] as number, bytes[at + 2] as number) : ''
  if (!/^[0-9A-Fa-f]{2}$/.test(digits))
    throw refuse(
      'REQUEST_NOT_FORM',
      `第 ${at + 1} 个字节处 % 之后不是两位十六进制数`,
      `at byte ${at + 1}: % is not followed by two hexadecimal digits`,
    )
  return Number.parseInt(digits, 16)
}

function refuse(code: 'REQUEST_NOT_FORM' | 'REQUEST_TOO_LARGE', zh: string, en: string): IntakeError {
  return new IntakeError(code, en, { faults: [{ code, reason: { zh, en } }] })
}

/** @throws MappingError MAPPING_UNWRITABLE naming the field, or MAPPING_CHARACTER */
export function writeForm(document: unknown, charset: Charset): Uint8Array {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw unwritable('', 'a form is an object with fields')
  const fields: string[] = []
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    for (const [index, one] of (Array.isArray(value) ? value : [value]).entries()) {
      const path = Array.isArray(value) ? `${name}[${index}]` : name
      fields.push(`${escaped(name, charset)}=${escaped(scalarText(one, path), charset)}`)
    }
  }
  return Buffer.from(fields.join('&'), 'latin1')
}

function escaped(text: string, charset: Charset): string {
  let result = ''
  for (const byte of writeText(text, charset)) {
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9*._-]/.test(character)) result += character
    else if (byte === SPACE) result += '+'
    else result += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return result
}
