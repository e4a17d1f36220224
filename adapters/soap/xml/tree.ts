/** What a scan finds, and how it says no. */

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'

export interface XmlElement {
  /** As written, prefix included. */
  readonly name: string
  readonly prefix: string
  readonly local: string
  /** '' for none. */
  readonly namespace: string
  readonly attributes: readonly XmlAttribute[]
  /** Namespaces that the element declares itself, by prefix; '' is the default namespace. */
  readonly declares: ReadonlyMap<string, string>
  readonly parent: XmlElement | undefined
  readonly children: readonly XmlElement[]
  /** Offsets in the text: of `<`, of what stands between the tags, and behind `>`. */
  readonly start: number
  readonly contentStart: number
  readonly contentEnd: number
  readonly end: number
}

export interface XmlAttribute {
  readonly prefix: string
  readonly local: string
  readonly namespace: string
  readonly value: string
}

/** `limit`: deeper or more than is taken. `form`: not well-formed, or well-formed and not taken. */
export type XmlRefusalKind = 'form' | 'limit'

export interface Words {
  readonly zh: string
  readonly en: string
}

/** Says what is wrong and where, in words for the document's author. */
export class XmlRefused extends Error {
  readonly kind: XmlRefusalKind
  readonly words: Words

  constructor(kind: XmlRefusalKind, words: Words) {
    super(words.en)
    this.name = 'XmlRefused'
    this.kind = kind
    this.words = words
  }
}

/** The namespace that `prefix` means at `element`; undefined where it means none. */
export function namespaceOf(element: XmlElement | undefined, prefix: string): string | undefined {
  if (prefix === 'xml') return XML_NAMESPACE
  for (let at = element; at !== undefined; at = at.parent) {
    const namespace = at.declares.get(prefix)
    if (namespace !== undefined) return namespace
  }
  return prefix === '' ? '' : undefined
}
