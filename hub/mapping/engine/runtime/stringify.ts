/**
 * The text of a value (`$string`, `&`): JSON, with numbers cut to 15 significant digits. Written out here rather than
 * by `JSON.stringify` so that length, work and depth are bounded while the text grows.
 */

import type { State } from '../state.ts'
import type { Marked } from './sequence.ts'

/** @throws ExpressionError D3001 for Infinity and NaN, D1001 for Infinity inside a structure */
export function stringify(state: State, value: unknown, pretty = false): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'function':
      return ''
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      return Number.isFinite(value) ? numberText(value) : state.fail('D3001', value)
  }
  const inner = Array.isArray(value) && (value as Marked).outerWrapper === true ? value[0] : value
  return new Writer(state, pretty).write(inner, '', 0)
}

/** A finite number as JSON text of at most 15 significant digits. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? JSON.stringify(value) : String(Number(value.toPrecision(15)))
}

class Writer {
  readonly #state: State
  readonly #pretty: boolean
  #length = 0

  constructor(state: State, pretty: boolean) {
    this.#state = state
    this.#pretty = pretty
  }

  write(value: unknown, indent: string, depth: number): string {
    switch (typeof value) {
      case 'string':
        this.#grow(value.length)
        return JSON.stringify(value)
      case 'number':
        if (!Number.isFinite(value)) return Number.isNaN(value) ? 'null' : this.#state.fail('D1001', value)
        return this.#count(numberText(value))
      case 'function':
        return this.#count('""')
      case 'object':
        if (value === null) return this.#count('null')
        return this.#structure(value, indent, depth)
      case 'boolean':
        return this.#count(String(value))
      default:
        return this.#count('null')
    }
  }

  #structure(value: object, indent: string, depth: number): string {
    if (depth > this.#state.limits.depth) this.#state.tooDeep()
    const inner = this.#pretty ? `${indent}  ` : ''
    const parts: string[] = []
    if (Array.isArray(value)) {
      for (const item of value) parts.push(this.write(item, inner, depth + 1))
    } else {
      const colon = this.#pretty ? ': ' : ':'
      for (const key of Object.keys(value)) {
        const item = (value as Record<string, unknown>)[key]
        if (item === undefined) continue
        this.#grow(key.length + 4)
        parts.push(JSON.stringify(key) + colon + this.write(item, inner, depth + 1))
      }
    }
    this.#grow(parts.length * (inner.length + 2) + 2)
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
    if (!this.#pretty || parts.length === 0) return open + parts.join(',') + close
    return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`
  }

  #count(text: string): string {
    this.#grow(text.length)
    return text
  }

  #grow(by: number): void {
    this.#length += by
    if (this.#length > this.#state.limits.stringLength) {
      this.#state.fail('MAPPING_STRING_TOO_LONG', this.#length)
    }
    this.#state.spend(1 + (by >> 4))
  }
}
