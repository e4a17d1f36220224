/** Functions on strings that need no regular expression. */

import { stringify } from '../runtime/stringify.ts'
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'

type Text = string | undefined

function string(state: State, value: unknown, pretty?: boolean): Text {
  return value === undefined ? undefined : stringify(state, value, pretty === true)
}

/** Characters as people count them: a surrogate pair is one. */
export function characters(state: State, text: string): string[] {
  state.roomForString(text.length)
  return Array.from(text)
}

/** True when every character is one UTF-16 unit, so that plain slicing is right. */
function isSimple(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdfff) return false
  }
  return true
}

export function length(state: State, text: Text): number | undefined {
  if (text === undefined) return undefined
  state.spend(text.length >> 4)
  if (isSimple(text)) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}

export function substring(state: State, text: Text, start: number, size?: number): Text {
  if (text === undefined) return undefined
  state.spend(text.length >> 4)
  const units = isSimple(text) ? text : characters(state, text)
  const total = units.length
  // A start that is missing takes part in no comparison and slices from the beginning.
  const from = total + start < 0 ? 0 : start
  let end: number | undefined
  if (size !== undefined) {
    if (size <= 0) return ''
    end = from >= 0 ? from + size : total + from + size
  }
  return typeof units === 'string' ? units.slice(from, end) : units.slice(from, end).join('')
}

export function substringBefore(state: State, text: Text, chars: Text): Text {
  if (text === undefined) return undefined
  state.spend(text.length >> 4)
  const at = text.indexOf(String(chars))
  return at === -1 ? text : text.slice(0, at)
}

export function substringAfter(state: State, text: Text, chars: Text): Text {
  if (text === undefined) return undefined
  state.spend(text.length >> 4)
  const at = text.indexOf(String(chars))
  return at === -1 ? text : text.slice(at + String(chars).length)
}

export function lowercase(state: State, text: Text): Text {
  if (text === undefined) return undefined
  state.spend(text.length >> 4)
  return text.toLowerCase()
}

export function uppercase(state: State, text: Text): Text {
  if (text === undefined) return undefined
  state.spend(text.length >> 4)
  return text.toUpperCase()
}

/** Takes white space off both ends and makes every run of it one space. Only ASCII white space counts. */
export function trim(state: State, text: Text): Text {
  if (text === undefined) return undefined
  if (isTrimmed(text)) return text
  state.spend(text.length >> 2)
  let result = text.replace(/[ \t\n\r]+/g, ' ')
  if (result.startsWith(' ')) result = result.slice(1)
  if (result.endsWith(' ')) result = result.slice(0, -1)
  return result
}

function isTrimmed(text: string): boolean {
  if (text.length > 200) return false
  let wasSpace = true
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 9 || unit === 10 || unit === 13) return false
    const isSpace = unit === 32
    if (isSpace && wasSpace) return false
    wasSpace = isSpace
  }
  return text === '' || !wasSpace
}

function pad(state: State, text: Text, width: number, char?: string): Text {
  if (text === undefined) return undefined
  const filler = char === undefined || char === '' ? ' ' : char
  const cells = Math.trunc(width)
  const missing = Math.abs(cells) - (length(state, text) as number)
  if (!(missing > 0)) return text
  // Checked before anything is built: the longest filler character takes two units.
  state.roomForString(text.length + missing)
  const fill = isSimple(filler)
    ? filler.repeat(Math.ceil(missing / filler.length)).slice(0, missing)
    : repeatCharacters(characters(state, filler), missing)
  return cells > 0 ? text + fill : fill + text
}

function repeatCharacters(filler: readonly string[], count: number): string {
  const parts: string[] = []
  for (let i = 0; i < count; i++) parts.push(filler[i % filler.length] as string)
  return parts.join('')
}

export function join(state: State, parts: readonly string[] | undefined, separator?: string): Text {
  if (parts === undefined) return undefined
  const glue = separator ?? ''
  let total = glue.length * Math.max(0, parts.length - 1)
  for (let i = 0; i < parts.length; i++) total += (parts[i] as string).length
  state.roomForString(total)
  return parts.join(glue)
}

function base64encode(state: State, text: Text): Text {
  if (text === undefined) return undefined
  state.roomForString(text.length * 2)
  return Buffer.from(text, 'binary').toString('base64')
}

function base64decode(state: State, text: Text): Text {
  if (text === undefined) return undefined
  state.roomForString(text.length)
  return Buffer.from(text, 'base64').toString('binary')
}

type UrlFunction = 'encodeUrlComponent' | 'encodeUrl' | 'decodeUrlComponent' | 'decodeUrl'

function urlFunction(name: UrlFunction, convert: (text: string) => string): Builtin {
  return builtin(name, '<s-:s>', 1, (state: State, text: Text) => {
    if (text === undefined) return undefined
    state.roomForString(text.length * 3)
    try {
      return convert(text)
    } catch {
      return state.fail('D3140', text, { functionName: name })
    }
  })
}

export const textFunctions: readonly Builtin[] = [
  builtin('string', '<x-b?:s>', 1, string),
  builtin('length', '<s-:n>', 1, length),
  builtin('substring', '<s-nn?:s>', 3, substring),
  builtin('substringBefore', '<s-s:s>', 2, substringBefore),
  builtin('substringAfter', '<s-s:s>', 2, substringAfter),
  builtin('lowercase', '<s-:s>', 1, lowercase),
  builtin('uppercase', '<s-:s>', 1, uppercase),
  builtin('trim', '<s-:s>', 1, trim),
  builtin('pad', '<s-ns?:s>', 3, pad),
  builtin('join', '<a<s>s?:s>', 2, join),
  builtin('base64encode', '<s-:s>', 1, base64encode),
  builtin('base64decode', '<s-:s>', 1, base64decode),
  urlFunction('encodeUrlComponent', encodeURIComponent),
  urlFunction('encodeUrl', encodeURI),
  urlFunction('decodeUrlComponent', decodeURIComponent),
  urlFunction('decodeUrl', decodeURI),
]
