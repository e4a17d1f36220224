/** JSON as a list of paths and values, for comparing two documents path by path. */

/**
 * Path → value of everything that holds nothing further: `data.materials[0].name`. An empty object or array is a value
 * of its own, told as its JSON text; the opaque form of an item is one value as a whole.
 */
export function leavesOf(value: unknown): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>()
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) {
      leaves.set(path, node)
      return
    }
    const members = Object.entries(node)
    if (members.length === 0 || path === OPAQUE) leaves.set(path, JSON.stringify(node))
    for (const [key, member] of path === OPAQUE ? [] : members)
      visit(member, Array.isArray(node) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
  }
  visit(value, '')
  return leaves
}

const OPAQUE = 'data.form'

/** `data.materials[3].name` → `data.materials[].name`. */
export function generalPath(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]')
}
