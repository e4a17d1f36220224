/**
 * Reads JSON from a stranger. `JSON.parse` alone lets through what ruins a record later: a key given twice (the last
 * one wins in silence), an 18-digit number (digits are lost), nesting that no serializer survives. So the text is
 * parsed by the platform and then scanned once for those; the scan may rely on the text being well formed.
 */
import { visit } from 'jsonc-parser'
import type { IntakeError } from '../contract/errors.ts'
import { refuse } from './refusal.ts'

export interface JsonLimits {
  /** Objects and arrays inside one another. */
  readonly depth: number
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { depth: 64 }

function tooDeep(text: string, offset: number, { depth }: JsonLimits): IntakeError {
  const en = `objects and arrays are nested more than ${depth} deep`
  return refuse({ code: 'REQUEST_TOO_DEEP', text, offset, zh: `嵌套超过 ${depth} 层`, en })
}

interface Level {
  /** Keys seen, for an object; undefined for an array. */
  readonly keys: Set<string> | undefined
  /** The key or index now being read. */
  at: string | number
}

function pathOf(levels: readonly Level[]): string {
  let path = ''
  for (const { at } of levels) {
    path += typeof at === 'number' ? `[${at}]` : path === '' ? at : `.${at}`
  }
  return path
}

/** Offset just behind the string literal that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

function isNumberPart(unit: number): boolean {
  return (
    (unit >= 0x30 && unit <= 0x39) ||
    unit === 0x2e ||
    unit === 0x65 ||
    unit === 0x45 ||
    unit === 0x2b ||
    unit === 0x2d
  )
}

function scan(text: string, limits: JsonLimits): void {
  const levels: Level[] = []
  let level: Level | undefined
  let expectsKey = false
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22) {
      const end = endOfString(text, at)
      if (expectsKey && level?.keys !== undefined) {
        const literal = text.slice(at + 1, end - 1)
        const key = literal.includes('\\') ? (JSON.parse(text.slice(at, end)) as string) : literal
        level.at = key
        if (key === '__proto__') {
          throw refuse({
            code: 'REQUEST_NOT_JSON',
            text,
            offset: at,
            path: pathOf(levels),
            zh: '键名 __proto__ 不被接受',
            en: 'the key __proto__ is not accepted',
          })
        }
        if (level.keys.has(key)) {
          throw refuse({
            code: 'REQUEST_DUPLICATE_KEY',
            text,
            offset: at,
            path: pathOf(levels),
            zh: '同一对象中的键重复',
            en: 'this key stands twice in one object; remove one',
          })
        }
        level.keys.add(key)
        expectsKey = false
      }
      at = end
      continue
    }
    if (unit === 0x7b || unit === 0x5b) {
      if (levels.length >= limits.depth) {
        throw tooDeep(text, at, limits)
      }
      level = unit === 0x7b ? { keys: new Set(), at: '' } : { keys: undefined, at: 0 }
      levels.push(level)
      expectsKey = unit === 0x7b
    } else if (unit === 0x7d || unit === 0x5d) {
      levels.pop()
      level = levels[levels.length - 1]
      expectsKey = false
    } else if (unit === 0x2c) {
      if (level?.keys === undefined) {
        if (level !== undefined) level.at = (level.at as number) + 1
      } else {
        expectsKey = true
      }
    } else if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) {
      const start = at
      let fraction = false
      while (at < text.length && isNumberPart(text.charCodeAt(at))) {
        const part = text.charCodeAt(at)
        if (part === 0x2e || part === 0x65 || part === 0x45) fraction = true
        at++
      }
      const value = Number(text.slice(start, at))
      if (fraction ? !Number.isFinite(value) : !Number.isSafeInteger(value)) {
        throw refuse({
          code: 'REQUEST_UNSAFE_INTEGER',
          text,
          offset: start,
          path: pathOf(levels),
          zh: '数值超出可精确表示的范围，请改用字符串',
          en: 'this number cannot be held exactly; send it as a string',
        })
      }
      continue
    }
    at++
  }
}

/**
 * Where the text stops being JSON. The platform's parser does not say, so a slower one is asked, once it has failed.
 * That one recurses: undefined where it ran out of stack.
 */
function syntaxErrorOffset(text: string): number | undefined {
  let first = text.length
  const note = (offset: number): void => {
    first = Math.min(first, offset)
  }
  try {
    visit(text, { onError: (_error, offset) => note(offset), onComment: note }, { allowTrailingComma: false })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return first
}

/**
 * Parses one JSON document.
 * @throws IntakeError REQUEST_NOT_JSON, REQUEST_TOO_DEEP, REQUEST_DUPLICATE_KEY or REQUEST_UNSAFE_INTEGER, with line and column.
 */
export function readJson(text: string, limits: JsonLimits = DEFAULT_JSON_LIMITS): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const offset = syntaxErrorOffset(text)
    if (offset === undefined) throw tooDeep(text, 0, limits)
    throw refuse({
      code: 'REQUEST_NOT_JSON',
      text,
      offset,
      zh: '不是合法的 JSON',
      en: 'this is not JSON from here on',
    })
  }
  scan(text, limits)
  return value
}
