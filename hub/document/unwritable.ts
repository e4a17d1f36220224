/** What a medium cannot hold is told with the path of the value, so that the author of the mapping finds it. */
import { MappingError } from '../contract/errors.ts'

/** MAPPING_UNWRITABLE. @param path in the document that the mapping made; empty for the whole */
export function unwritable(path: string, words: string): MappingError {
  return new MappingError('MAPPING_UNWRITABLE', `${path === '' ? 'The document' : path}: ${words}.`, {
    details: path === '' ? {} : { path },
  })
}

export function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** A single value as text; nothing, and JSON null, is the empty text. @throws MappingError MAPPING_UNWRITABLE */
export function scalarText(value: unknown, path: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value)
  throw unwritable(
    path,
    `a single value is needed, not ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}`,
  )
}
