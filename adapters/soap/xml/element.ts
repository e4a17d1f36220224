/** What is asked of an element that was scanned: its text, a child, an attribute, and itself as a document of its own. */
import { resolveReferences } from './references.ts'
import { namespaceOf, type XmlElement, XmlRefused } from './tree.ts'

export function childOf(element: XmlElement, namespace: string, local: string): XmlElement | undefined {
  return element.children.find((child) => child.local === local && child.namespace === namespace)
}

export function attributeOf(element: XmlElement, namespace: string, local: string): string | undefined {
  return element.attributes.find((item) => item.local === local && item.namespace === namespace)?.value
}

/** Everything between its tags as text: references resolved, CDATA as it stands, comments and child elements' tags left out. */
export function textOf(source: string, element: XmlElement): string {
  const content = source.slice(element.contentStart, element.contentEnd).replaceAll('\r\n', '\n')
  let text = ''
  let at = 0
  while (at < content.length) {
    const next = content.indexOf('<', at)
    const until = next === -1 ? content.length : next
    text += resolveReferences(content.slice(at, until), (_, words) => new XmlRefused('form', words))
    if (next === -1) break
    if (content.startsWith('<![CDATA[', next)) {
      const end = content.indexOf(']]>', next)
      text += content.slice(next + 9, end)
      at = end + 3
    } else if (content.startsWith('<!--', next)) at = content.indexOf('-->', next) + 3
    else at = endOfTag(content, next)
  }
  return text
}

/** Behind the `>` of a tag; one within an attribute's value is none. */
function endOfTag(content: string, from: number): number {
  let quote = ''
  for (let at = from; at < content.length; at++) {
    const character = content[at] as string
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '>') return at + 1
  }
  return content.length
}

/**
 * The element as a document of its own: its text as it stands, with those namespace declarations of its ancestors added to
 * its tag that it uses.
 */
export function documentOf(source: string, element: XmlElement): string {
  const text = source.slice(element.start, element.end)
  const inherited = new Map<string, string>()
  for (let at = element.parent; at !== undefined; at = at.parent)
    for (const prefix of at.declares.keys())
      if (!element.declares.has(prefix) && !inherited.has(prefix))
        inherited.set(prefix, namespaceOf(element, prefix) ?? '')
  const used = textBeforeColons(text)
  let added = ''
  for (const [prefix, namespace] of inherited) {
    if (prefix === '' ? namespace === '' : !used.has(prefix)) continue
    added += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`
  }
  const behindName = 1 + element.name.length
  return text.slice(0, behindName) + added + text.slice(behindName)
}

/**
 * Whatever stands before a colon: a superset of the prefixes in use, in values as well (xsi:type="xsd:string"). One pass over
 * the text however many prefixes there are.
 */
function textBeforeColons(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    let from = colon
    while (from > 0 && !' \t\r\n<>/"\'=:;&,()'.includes(text[from - 1] as string)) from--
    found.add(text.slice(from, colon))
  }
  return found
}

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

export function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;')
}

/** Without what XML cannot carry at all (XML 1.0 [2]): for words of ours, never for what a partner wrote. */
export function carriable(text: string): string {
  return text.toWellFormed().replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
}
