/** Paths of format.yaml applied to a document: `receiveCase.xmlStr` leads through lists to every element. */
import type { DocumentPath } from './media.ts'

export function documentPath(text: string): DocumentPath {
  return text.split('.')
}

/**
 * The document with every value at `path` replaced. Nothing is changed in place; what the path does not reach stays.
 * `change` is told where the value stands, with the indexes of lists.
 */
export function changedAt(
  document: unknown,
  path: DocumentPath,
  change: (value: unknown, place: string) => unknown,
  place = '',
): unknown {
  if (Array.isArray(document) && path.length > 0)
    return document.map((element, index) => changedAt(element, path, change, `${place}[${index}]`))
  const [name, ...rest] = path
  if (name === undefined) return change(document, place)
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, name)) return document
  const value = (document as Readonly<Record<string, unknown>>)[name]
  const inner = place === '' ? name : `${place}.${name}`
  return { ...document, [name]: changedAt(value, rest, change, inner) }
}

/** What stands at `path` is a list, even when there is one. */
export function asList(document: unknown, path: DocumentPath): unknown {
  return changedAt(document, path, (value) => (Array.isArray(value) || value === undefined ? value : [value]))
}
