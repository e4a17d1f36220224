/** Sets of UTF-16 code units, as sorted ranges that do not touch. */
export type CharSet = readonly (readonly [number, number])[]

const LAST = 0xffff

export function union(a: CharSet, b: CharSet): CharSet {
  const sorted = [...a, ...b].sort((x, y) => x[0] - y[0])
  const merged: [number, number][] = []
  for (const [low, high] of sorted) {
    const last = merged[merged.length - 1]
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else merged.push([low, high])
  }
  return merged
}

export function complement(set: CharSet): CharSet {
  const result: [number, number][] = []
  let next = 0
  for (const [low, high] of union(set, [])) {
    if (low > next) result.push([next, low - 1])
    next = high + 1
  }
  if (next <= LAST) result.push([next, LAST])
  return result
}

export function isDisjoint(a: CharSet, b: CharSet): boolean {
  return a.every(([low, high]) => b.every((range) => high < range[0] || low > range[1]))
}

/** The set with the other case of each letter added, as a case-insensitive pattern reads it. */
export function withBothCases(set: CharSet): CharSet {
  const extra: [number, number][] = []
  for (const [low, high] of set) {
    for (let unit = low; unit <= high; unit++) {
      const char = String.fromCharCode(unit)
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        // As in JavaScript, no letter outside ASCII folds to one inside.
        const stays = other.charCodeAt(0) >= 128 === unit >= 128
        if (other !== char && other.length === 1 && stays)
          extra.push([other.charCodeAt(0), other.charCodeAt(0)])
      }
    }
  }
  return union(set, extra)
}

export const DIGIT: CharSet = [[48, 57]]
export const WORD: CharSet = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
/** White space and line ends as JavaScript counts them, the ideographic space included. */
export const SPACE: CharSet = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
/** Anything but a line end. */
export const DOT: CharSet = complement([
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
])
