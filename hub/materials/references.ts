/** The files of the hub that a message speaks of, wherever in its data they stand. */
import type { FileReference } from '../contract/canonical.ts'
import { claimsToBeOurs, sm3OfFileId } from './file-id.ts'

export interface FoundReference {
  /** JSON pointer to the reference within the data. */
  readonly pointer: string
  /** Undefined where the number begins as ours do, and is none. */
  readonly sm3: string | undefined
  readonly reference: FileReference
}

/** In the order in which they stand. References to files elsewhere are left out. */
export function referencesIn(data: unknown): readonly FoundReference[] {
  const found: FoundReference[] = []
  walk(data, '', found)
  return found
}

/** The data was checked against its schema or comes from a checked document: it is a tree, and not deep. */
function walk(value: unknown, pointer: string, found: FoundReference[]): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) walk(element, `${pointer}/${index}`, found)
    return
  }
  const { id } = value as { id?: unknown }
  if (typeof id === 'string' && claimsToBeOurs(id))
    found.push({ pointer, sm3: sm3OfFileId(id), reference: value as FileReference })
  for (const [key, inner] of Object.entries(value))
    walk(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, found)
}
