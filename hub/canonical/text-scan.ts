/** Characters that no message may carry, and a count of what it holds; over data of any depth, without recursion. */

export type RefusedCharacter = 'surrogate' | 'control'

/** A document in numbers and in strings that are refused. */
export interface Scan {
  /** Values outside opaque objects, containers included. */
  readonly values: number
  /** Where refused characters stand, by JSON pointer; a refused key is reported at its object. At most `limit`. */
  readonly refused: readonly { readonly pointer: string; readonly character: RefusedCharacter }[]
}

/**
 * The first character of `text` that is refused: half a surrogate pair, which has no UTF-8 form and is lost on the way
 * to any receiver; or one that XML 1.0 cannot carry (C0 controls other than tab, line feed and carriage return, U+FFFE,
 * U+FFFF), NUL among them, which PostgreSQL does not store either.
 */
export function refusedCharacter(text: string): RefusedCharacter | undefined {
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

interface Place {
  readonly value: unknown
  readonly key: string
  readonly parent: Place | undefined
  readonly opaque: boolean
}

/** Walks JSON data. Values of a key for which `isOpaque` answers true are searched too, but not counted. */
export function scanText(data: unknown, isOpaque: (key: string) => boolean, limit: number): Scan {
  const refused: { pointer: string; character: RefusedCharacter }[] = []
  const open: Place[] = [{ value: data, key: '', parent: undefined, opaque: false }]
  let values = 0
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, opaque } = place
    if (!opaque) values++
    if (typeof value === 'string') {
      const character = refusedCharacter(value)
      if (character !== undefined && refused.length < limit)
        refused.push({ pointer: pointerOf(place), character })
      continue
    }
    if (typeof value !== 'object' || value === null) continue
    const isArray = Array.isArray(value)
    for (const key of Object.keys(value)) {
      const character = isArray ? undefined : refusedCharacter(key)
      if (character !== undefined && refused.length < limit)
        refused.push({ pointer: pointerOf(place), character })
      open.push({
        value: (value as Record<string, unknown>)[key],
        key,
        parent: place,
        opaque: opaque || isOpaque(key),
      })
    }
  }
  return { values, refused }
}

function pointerOf(place: Place): string {
  let pointer = ''
  for (let at: Place | undefined = place; at?.parent !== undefined; at = at.parent) {
    pointer = `/${at.key.replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`
  }
  return pointer
}
