/** Characters that no message may carry, and a count of what it holds; over data of any depth, without recursion. */

export type RefusedCharacter = 'surrogate' | 'control'

/** A document in numbers and in strings that are refused. */
export interface Scan {
  /** Values outside opaque objects, containers included. */
  readonly values: number
  /** Where refused characters stand, by JSON pointer; a refused key is reported at its object. At most `limit`. */
  readonly refused: readonly { readonly pointer: string; readonly character: RefusedCharacter }[]
}

/** Anything but what every message consists of; surrogates, paired or not, are looked at one by one. */
const unusual = /[^\t\n\r -\ud7ff\ue000-\ufffd]/

/**
 * The first character of `text` that is refused: half a surrogate pair, which has no UTF-8 form and is lost on the way
 * to any receiver; or one that XML 1.0 cannot carry (C0 controls other than tab, line feed and carriage return, U+FFFE,
 * U+FFFF), NUL among them, which PostgreSQL does not store either.
 */
export function refusedCharacter(text: string): RefusedCharacter | undefined {
  if (!unusual.test(text)) return undefined
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x20 && unit < 0xd800) continue
    if (unit < 0x20) {
      if (unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return 'control'
    } else if (unit <= 0xdfff) {
      const next = text.charCodeAt(index + 1)
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return 'surrogate'
      index++
    } else if (unit >= 0xfffe) {
      return 'control'
    }
  }
  return undefined
}

/**
 * Walks JSON data. What stands under a key for which `isOpaque` answers true is searched too, but not counted. Every
 * message passes here, so places are only looked up once something is found.
 */
export function scanText(data: unknown, isOpaque: (key: string) => boolean, limit: number): Scan {
  const open: unknown[] = [data]
  const opaque: unknown[] = []
  let values = 0
  let clean = true
  while (open.length > 0) {
    const value = open.pop()
    values++
    if (typeof value === 'string') {
      clean &&= refusedCharacter(value) === undefined
    } else if (Array.isArray(value)) {
      for (const element of value) open.push(element)
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) {
        clean &&= refusedCharacter(key) === undefined
        ;(isOpaque(key) ? opaque : open).push((value as Record<string, unknown>)[key])
      }
    }
  }
  clean &&= opaque.every(isClean)
  return { values, refused: clean ? [] : locate(data, limit) }
}

function isClean(data: unknown): boolean {
  return locate(data, 1).length === 0
}

interface Place {
  readonly value: unknown
  readonly key: string
  readonly parent: Place | undefined
}

function locate(data: unknown, limit: number): Scan['refused'] {
  const refused: { pointer: string; character: RefusedCharacter }[] = []
  const open: Place[] = [{ value: data, key: '', parent: undefined }]
  for (let place = open.pop(); place !== undefined && refused.length < limit; place = open.pop()) {
    const { value } = place
    if (typeof value === 'string') {
      const character = refusedCharacter(value)
      if (character !== undefined) refused.push({ pointer: pointerOf(place), character })
      continue
    }
    if (typeof value !== 'object' || value === null) continue
    for (const [key, child] of Object.entries(value)) {
      const character = refusedCharacter(key)
      if (character !== undefined) refused.push({ pointer: pointerOf(place), character })
      open.push({ value: child, key, parent: place })
    }
  }
  return refused.slice(0, limit)
}

function pointerOf(place: Place): string {
  let pointer = ''
  for (let at: Place | undefined = place; at?.parent !== undefined; at = at.parent) {
    pointer = `/${at.key.replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`
  }
  return pointer
}
