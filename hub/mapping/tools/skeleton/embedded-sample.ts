/** Finds what a sample shows of its inside: texts that are documents themselves, and fields that are lists. */
import { IntakeError } from '../../../contract/errors.ts'
import type { EmbeddedDocument, Media } from '../../../document/media.ts'
import { declaredInXml, readXml } from '../../../document/read-xml.ts'

/** XML inside XML inside XML: more is none of a sample. */
const MAX_DEPTH = 3

export interface Inside {
  /** With the inner documents in the place of their texts. */
  readonly document: unknown
  readonly embedded: readonly EmbeddedDocument[]
  /** Paths that are lists; of JSON none, because it says so itself. */
  readonly lists: readonly string[]
}

export function embeddedIn(document: unknown, media: Media): Inside {
  const embedded = new Map<string, EmbeddedDocument>()
  const lists = new Set<string>()
  const look = (value: unknown, path: string, silent: boolean, depth: number): unknown => {
    if (typeof value === 'string') {
      const inner = path === '' || depth >= MAX_DEPTH ? undefined : xmlOf(value)
      if (inner === undefined) return value
      const declares = declaredInXml(Buffer.from(value.trim()))
      embedded.set(path, {
        path,
        media: 'xml',
        ...(declares === undefined ? {} : { declares: declares.toUpperCase() }),
      })
      return look(inner, path, true, depth + 1)
    }
    if (Array.isArray(value)) {
      if (silent && path !== '') lists.add(path)
      return value.map((element) => look(element, path, silent, depth))
    }
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        // A name that a path of format.yaml cannot say is not looked into.
        if (/[.\s]/.test(name) || name === '') return [name, member]
        return [name, look(member, path === '' ? name : `${path}.${name}`, silent, depth)]
      }),
    )
  }
  const whole = look(document, '', media !== 'json', 0)
  return { document: whole, embedded: [...embedded.values()], lists: [...lists] }
}

function xmlOf(text: string): unknown {
  if (!/^\s*<[?A-Za-z_]/.test(text)) return undefined
  try {
    return readXml(text.trim())
  } catch (error) {
    if (error instanceof IntakeError) return undefined
    throw error
  }
}
