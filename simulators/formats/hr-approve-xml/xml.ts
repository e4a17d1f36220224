/** XML as the authority's own code reads and writes it: elements and text, attributes as `@name`; nothing else is known. */
import { Misread } from '../letter.ts'

/** Elements that may stand several times: lists, however many there are. */
const REPEATED: ReadonlySet<string> = new Set(['LY', 'CL', 'TJ', 'WJ', 'BDX'])

const REFERENCES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const PART = /<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)((?:[\w.-]+:)?[^\s/>!?]+)([^>]*?)(\/?)>|([^<]+)/gy

interface Open {
  readonly name: string
  readonly members: Record<string, unknown>
  text: string
}

/** An object of one member, the root element, without prefixes. @throws Misread */
export function parsed(xml: string): Record<string, unknown> {
  const whole: Open = { name: '', members: {}, text: '' }
  const stack: Open[] = [whole]
  const source = xml.trim()
  PART.lastIndex = 0
  while (PART.lastIndex < source.length) {
    const at = PART.lastIndex
    const part = PART.exec(source)
    const top = stack.at(-1)
    if (part === null || top === undefined) throw new Misread(`no XML at character ${at}`)
    const [, data, slash, tag = '', attributes = '', empty, text] = part
    if (data !== undefined) top.text += data
    else if (text !== undefined) top.text += resolved(text)
    else if (slash === '/') closed(stack, local(tag))
    else {
      stack.push({ name: local(tag), members: attributesOf(attributes), text: '' })
      if (empty === '/') closed(stack, local(tag))
    }
  }
  if (stack.length !== 1 || Object.keys(whole.members).length !== 1)
    throw new Misread('the text is not one whole XML element')
  return whole.members
}

function closed(stack: Open[], name: string): void {
  const done = stack.pop()
  const parent = stack.at(-1)
  if (done === undefined || parent === undefined || done.name !== name)
    throw new Misread(`</${name}> closes nothing`)
  const value = contentOf(done)
  const before = parent.members[name]
  if (before === undefined) parent.members[name] = REPEATED.has(name) ? [value] : value
  else parent.members[name] = [...(Array.isArray(before) ? before : [before]), value]
}

function contentOf({ members, text }: Open): unknown {
  if (Object.keys(members).length === 0) return text
  return text.trim() === '' ? members : { ...members, '#text': text }
}

function attributesOf(text: string): Record<string, unknown> {
  const found = [...text.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)]
  return Object.fromEntries(
    found
      .filter(([, name = '']) => !/^xmlns(:|$)/.test(name))
      .map(([, name = '', one, other]) => [`@${local(name)}`, resolved(one ?? other ?? '')]),
  )
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function resolved(text: string): string {
  return text.replaceAll(/&(#x[\da-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (name.startsWith('#'))
      return String.fromCodePoint(Number(name[1] === 'x' ? `0${name.slice(1)}` : name.slice(1)))
    const character = REFERENCES[name]
    if (character === undefined) throw new Misread(`${whole} stands for nothing`)
    return character
  })
}

export type Written = string | readonly Written[] | { readonly [name: string]: Written | undefined }

/** A list stands for as many elements; what is undefined is left out. */
export function element(name: string, value: Written | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return `<${name}>${escaped(value)}</${name}>`
  if (isList(value)) return value.map((one) => element(name, one)).join('')
  const inner = Object.entries(value).map(([key, member]) => element(key, member))
  return `<${name}>${inner.join('')}</${name}>`
}

function isList(value: Written): value is readonly Written[] {
  return Array.isArray(value)
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
