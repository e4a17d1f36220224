/**
 * XML to a document: elements are members, attributes members `@name`, text beside either `#text`; an element with
 * nothing but text is that text, an empty one `''`, and elements of one name are a list. Values are always texts: an
 * 18-digit number, `007`, `1e5` and `true` stay what was written. Namespace prefixes are dropped.
 */
import { XMLParser } from 'fast-xml-parser'
import { DEFAULT_XML_LIMITS, scanXml, type XmlLimits } from './scan-xml.ts'
import { isBlank, localName, resolved } from './xml-syntax.ts'

const ATTRIBUTES = ':@'
const TEXT = '#text'
const CHARACTER_DATA = '#cdata'

/** One node of the parser's ordered tree: one key names it, beside that of its attributes. */
type OrderedNode = Readonly<Record<string, unknown>>

// References are ours to resolve: the parser would count and expand them, and take unknown ones for text.
const parser = new XMLParser({
  preserveOrder: true,
  attributeNamePrefix: '@',
  textNodeName: TEXT,
  cdataPropName: CHARACTER_DATA,
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  maxNestedTags: DEFAULT_XML_LIMITS.depth + 1,
  onDangerousProperty: (name) => name,
  jPath: false,
})

/** @throws IntakeError REQUEST_NOT_XML, REQUEST_TOO_DEEP or REQUEST_TOO_LARGE, with line and column. */
export function readXml(
  text: string,
  limits: XmlLimits = DEFAULT_XML_LIMITS,
): Readonly<Record<string, unknown>> {
  const nodes = parser.parse(scanXml(text, limits)) as readonly OrderedNode[]
  const document: Record<string, unknown> = {}
  for (const node of nodes) {
    const name = nameOf(node)
    if (name !== TEXT) document[localName(name)] = contentOf(node, name)
  }
  return document
}

function nameOf(node: OrderedNode): string {
  return Object.keys(node).find((key) => key !== ATTRIBUTES) as string
}

function contentOf(node: OrderedNode, name: string): unknown {
  const members: Record<string, unknown> = {}
  let hasMembers = false
  const attributes = (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = key.slice(1)
    if (attribute === 'xmlns' || attribute.startsWith('xmlns:')) continue
    // XML 1.0, 3.3.3: line breaks and tabs that are not written as references are spaces.
    members[`@${localName(attribute)}`] = resolved(value.replaceAll(/[\t\n]/g, ' '))
    hasMembers = true
  }
  let text = ''
  let hasElements = false
  for (const child of node[name] as readonly OrderedNode[]) {
    const key = nameOf(child)
    if (key === TEXT) text += resolved(child[TEXT] as string)
    else if (key === CHARACTER_DATA) text += characterDataOf(child)
    else {
      add(members, localName(key), contentOf(child, key))
      hasElements = true
    }
  }
  if (!hasMembers && !hasElements) return text
  // White space between elements is for the eye.
  if (text !== '' && !(hasElements && isBlank(text))) members[TEXT] = text
  return members
}

function characterDataOf(node: OrderedNode): string {
  const [content] = node[CHARACTER_DATA] as readonly OrderedNode[]
  return (content?.[TEXT] as string | undefined) ?? ''
}

function add(members: Record<string, unknown>, name: string, value: unknown): void {
  const known = Object.hasOwn(members, name) ? members[name] : undefined
  if (known === undefined) members[name] = value
  else if (Array.isArray(known)) known.push(value)
  else members[name] = [known, value]
}

const DECLARATION = /^\uFEFF?<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']/

/** The encoding that an XML declaration names, lower case; undefined where there is none. Reads the first bytes as ASCII. */
export function declaredInXml(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1').replace(/^ï»¿/, '')
  return DECLARATION.exec(start)?.[1]?.toLowerCase()
}
