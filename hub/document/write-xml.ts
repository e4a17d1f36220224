/** A document to XML, the way `readXml` reads it: one member at the top, `@name` for attributes, `#text` beside them. */
import { XMLBuilder } from 'fast-xml-parser'
import { DEFAULT_XML_LIMITS } from './scan-xml.ts'
import { childPath, scalarText, unwritable } from './unwritable.ts'
import { isLocalName, unwritableAt } from './xml-syntax.ts'

const ATTRIBUTES = ':@'
const TEXT = '#text'

type OrderedNode = Readonly<Record<string, unknown>>

const builder = new XMLBuilder({
  preserveOrder: true,
  attributeNamePrefix: '@',
  textNodeName: TEXT,
  ignoreAttributes: false,
  suppressBooleanAttributes: false,
  // A carriage return has to be a reference, or the reader takes it for a line break; the builder has no such rule.
  processEntities: false,
  tagValueProcessor: (_name, value) => escapedText(String(value)),
  attributeValueProcessor: (_name, value) => escapedAttribute(String(value)),
  maxNestedTags: DEFAULT_XML_LIMITS.depth + 2,
})

/**
 * @param path where the document stands in another one, for the words of a refusal
 * @param encoding what the declaration names; no declaration where it is undefined
 * @throws MappingError MAPPING_UNWRITABLE naming the path of what XML cannot hold
 */
export function writeXml(document: unknown, encoding: string | undefined, path = ''): string {
  const declaration = encoding === undefined ? '' : `<?xml version="1.0" encoding="${encoding}"?>`
  return declaration + builder.build([rootOf(document, path)])
}

function rootOf(document: unknown, path: string): OrderedNode {
  const members = isObject(document)
    ? Object.entries(document).filter(([, value]) => value !== undefined)
    : []
  const [root] = members
  if (root === undefined || members.length > 1 || Array.isArray(root[1]) || /^[@#]/.test(root[0]))
    throw unwritable(path, 'an XML document has one root element: make an object with one member')
  return element(root[0], root[1], childPath(path, root[0]), 1)
}

function element(name: string, value: unknown, path: string, depth: number): OrderedNode {
  if (!isLocalName(name)) throw unwritable(path, `${name} is no name of an XML element`)
  if (depth > DEFAULT_XML_LIMITS.depth)
    throw unwritable(path, `elements are nested more than ${DEFAULT_XML_LIMITS.depth} deep`)
  if (!isObject(value)) return { [name]: textNodes(value, path) }
  const attributes: Record<string, string> = {}
  const text: OrderedNode[] = []
  const children: OrderedNode[] = []
  for (const [key, member] of Object.entries(value)) {
    const place = childPath(path, key)
    if (member === undefined) continue
    if (key === TEXT) text.push(...textNodes(member, place))
    else if (key.startsWith('@')) {
      if (!isLocalName(key.slice(1))) throw unwritable(place, `${key} is no name of an XML attribute`)
      attributes[key] = checked(scalarText(member, place), place)
    } else if (Array.isArray(member)) {
      member.forEach((one, index) => void children.push(element(key, one, `${place}[${index}]`, depth + 1)))
    } else children.push(element(key, member, place, depth + 1))
  }
  const node = { [name]: [...text, ...children] }
  return Object.keys(attributes).length === 0 ? node : { ...node, [ATTRIBUTES]: attributes }
}

function textNodes(value: unknown, path: string): OrderedNode[] {
  const text = checked(scalarText(value, path), path)
  return text === '' ? [] : [{ [TEXT]: text }]
}

function checked(text: string, path: string): string {
  const at = unwritableAt(text)
  if (at === -1) return text
  const code = (text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  throw unwritable(path, `XML cannot hold the character U+${code}`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/** With every `>` written as a reference there is no `]]>` in text. */
function escapedText(text: string): string {
  return text.replaceAll(/[&<>\r]/g, (character) => ESCAPES[character] as string)
}

function escapedAttribute(text: string): string {
  return text.replaceAll(/[&<>"\r\n\t]/g, (character) => ESCAPES[character] as string)
}
