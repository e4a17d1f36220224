/**
 * Whether two trees were parsed from the same text: `a ?? b` reaches us as `$exists(a) ? a : b`, with `a` copied.
 * Both copies have the same positions, so that position and shape together identify them.
 */
export function sameExpression(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof RegExp || b instanceof RegExp) {
    return a instanceof RegExp && b instanceof RegExp && a.source === b.source && a.flags === b.flags
  }
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  for (const key of keys) {
    // Marks that the parser adds to one copy only and that say nothing about the value.
    if (key === 'id' || key === 'lbp' || typeof left[key] === 'function' || typeof right[key] === 'function')
      continue
    if (!sameExpression(left[key], right[key])) return false
  }
  return true
}
