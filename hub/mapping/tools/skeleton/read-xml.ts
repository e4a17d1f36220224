/**
 * A small reader of XML samples, for their field names only: elements become members, attributes members named `@…`,
 * repeated elements lists. It refuses DOCTYPE, and is not for live traffic.
 */

export class NotXml extends Error {}

const MAX_DEPTH = 64
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y

interface Element {
  readonly name: string
  readonly members: Map<string, unknown[]>
  text: string
}

/** @throws NotXml with the place */
export function readXml(source: string): unknown {
  if (/<!DOCTYPE/i.test(source)) throw new NotXml('A document type declaration (DOCTYPE) is not read.')
  const top: Element = { name: '', members: new Map(), text: '' }
  const open: Element[] = [top]
  TOKEN.lastIndex = source.startsWith('\uFEFF') ? 1 : 0
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (match === null) throw new NotXml(`There is no XML at character ${at + 1}.`)
    const [, raw, closing, opening, attributes = '', empty, text] = match
    const inner = open.at(-1) as Element
    if (raw !== undefined) inner.text += raw
    else if (text !== undefined) inner.text += unescaped(text)
    else if (opening !== undefined) {
      if (open.length > MAX_DEPTH) throw new NotXml(`Elements stand more than ${MAX_DEPTH} deep.`)
      const element: Element = { name: opening, members: new Map(), text: '' }
      for (const [, name = '', double, single] of attributes.matchAll(
        /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
      ))
        if (!name.startsWith('xmlns'))
          element.members.set(`@${localName(name)}`, [unescaped(double ?? single ?? '')])
      if (empty === '/') attach(inner, element)
      else open.push(element)
    } else if (closing !== undefined) {
      const element = open.pop() as Element
      if (element.name !== closing || open.length === 0)
        throw new NotXml(`</${closing}> at character ${at + 1} closes nothing.`)
      attach(open.at(-1) as Element, element)
    }
  }
  if (open.length > 1) throw new NotXml(`<${open.at(-1)?.name}> is not closed.`)
  if (top.members.size !== 1) throw new NotXml('There is no element, or more than one at the top.')
  return contentOf(top)
}

function attach(parent: Element, element: Element): void {
  const name = localName(element.name)
  parent.members.set(name, [...(parent.members.get(name) ?? []), contentOf(element)])
}

function contentOf({ members, text }: Element): unknown {
  if (members.size === 0) return text.trim()
  const value: Record<string, unknown> = Object.create(null)
  for (const [name, values] of members) value[name] = values.length === 1 ? values[0] : values
  if (text.trim() !== '') value['#text'] = text.trim()
  return { ...value }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    if (name !== undefined) return ENTITIES[name] ?? whole
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
