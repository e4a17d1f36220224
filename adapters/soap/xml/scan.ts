/**
 * Reads XML text (XML 1.0 without a DTD, Namespaces in XML 1.0) in one pass, without recursion, with limits, and knows where
 * each element stands in the text. Own code, since what is handed on must be the sender's text, character by character: a
 * parser that makes objects of it loses the order, the prefixes, the line breaks and, where it guesses types, digits.
 */
import { NO_CHARACTER, resolveReferences } from './references.ts'
import {
  type Words,
  XML_NAMESPACE,
  type XmlAttribute,
  type XmlElement,
  type XmlRefusalKind,
  XmlRefused,
} from './tree.ts'

export interface XmlLimits {
  /** Elements within each other, the root counted. */
  readonly depth: number
  /** Attributes of one element, namespace declarations counted. */
  readonly attributes: number
  readonly elements: number
}

export const XML_LIMITS: XmlLimits = { depth: 64, attributes: 256, elements: 100_000 }

const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'

// XML 1.0 (fifth edition) [4] and [4a], without the colon.
const NAME_START =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const NC_NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040]*`
const Q_NAME = `(?:(${NC_NAME}):)?(${NC_NAME})`
const SPACE = '[ \\t\\r\\n]'

const OPENING = new RegExp(`<${Q_NAME}`, 'uy')
const ATTRIBUTE = new RegExp(`${SPACE}+${Q_NAME}${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`, 'uy')
const TAG_END = new RegExp(`${SPACE}*(/?)>`, 'uy')
const DECLARATION = new RegExp(
  `^<\\?xml${SPACE}+version${SPACE}*=${SPACE}*(?:"1\\.[01]"|'1\\.[01]')(?:${SPACE}+encoding${SPACE}*=${SPACE}*(?:"[A-Za-z][\\w.-]*"|'[A-Za-z][\\w.-]*'))?(?:${SPACE}+standalone${SPACE}*=${SPACE}*["'](?:yes|no)["'])?${SPACE}*\\?>`,
)
const NOT_BLANK = /[^ \t\r\n]/

// Most elements have neither; they share these, or a hundred thousand of them would weigh as many maps.
const NONE: readonly never[] = []
const NOTHING_DECLARED: ReadonlyMap<string, string> = new Map()

type Growing = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & { children: XmlElement[] }

/** The root element. @throws XmlRefused */
export function scanXml(text: string, limits: XmlLimits = XML_LIMITS): XmlElement {
  return new Scan(text, limits).root()
}

/** Length of the XML declaration, 0 where there is none. */
export function declarationLength(text: string): number {
  return DECLARATION.exec(text)?.[0].length ?? 0
}

class Scan {
  readonly #text: string
  readonly #limits: XmlLimits
  #at: number
  #elements = 0
  #depth = 0
  #open: Growing | undefined
  /** Meanings of each prefix, innermost last: a look-up costs the same at every depth. */
  readonly #inScope = new Map<string, string[]>()

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#limits = limits
    this.#at = declarationLength(text)
  }

  root(): XmlElement {
    const text = this.#text
    const foreign = NO_CHARACTER.exec(text)
    if (foreign)
      throw this.#refuse(foreign.index, {
        zh: '有 XML 不允许的字符',
        en: 'there is a character that XML does not have',
      })
    let root: Growing | undefined
    while (this.#at < text.length) {
      const next = text.indexOf('<', this.#at)
      const until = next === -1 ? text.length : next
      this.#characters(this.#at, until)
      this.#at = until
      if (next === -1) break
      const second = text[next + 1]
      if (second === '/') this.#close()
      else if (second === '!') this.#declared()
      else if (second === '?')
        throw this.#refuse(next, {
          zh: '有处理指令，不予接受',
          en: 'there is a processing instruction, which is not taken',
        })
      else {
        if (this.#open === undefined && root !== undefined)
          throw this.#refuse(next, { zh: '有第二个根元素', en: 'there is a second root' })
        const opened = this.#element()
        root ??= opened
      }
    }
    if (this.#open !== undefined)
      throw this.#refuse(text.length, {
        zh: `<${this.#open.name}> 没有结束`,
        en: `<${this.#open.name}> is not closed`,
      })
    if (root === undefined) throw this.#refuse(text.length, { zh: '没有元素', en: 'there is no element' })
    return root
  }

  #characters(from: number, until: number): void {
    if (from === until) return
    const data = this.#text.slice(from, until)
    if (this.#open === undefined) {
      const other = data.search(NOT_BLANK)
      if (other !== -1)
        throw this.#refuse(from + other, {
          zh: '根元素之外有文字',
          en: 'there is text outside the root element',
        })
      return
    }
    const end = data.indexOf(']]>')
    if (end !== -1)
      throw this.#refuse(from + end, { zh: 'CDATA 段之外有 ]]>', en: 'there is ]]> outside a CDATA section' })
    resolveReferences(data, (at, words) => this.#refuse(from + at, words))
  }

  /** Comment or CDATA section; anything else that begins with `<!` belongs to a DTD. */
  #declared(): void {
    const text = this.#text
    if (text.startsWith('<!--', this.#at)) {
      const end = text.indexOf('--', this.#at + 4)
      if (end === -1 || text[end + 2] !== '>')
        throw this.#refuse(this.#at, { zh: '注释没有以 --> 结束', en: 'a comment is not closed by -->' })
      this.#at = end + 3
    } else if (text.startsWith('<![CDATA[', this.#at) && this.#open !== undefined) {
      const end = text.indexOf(']]>', this.#at + 9)
      if (end === -1)
        throw this.#refuse(this.#at, { zh: 'CDATA 段没有结束', en: 'a CDATA section is not closed' })
      this.#at = end + 3
    } else
      throw this.#refuse(this.#at, {
        zh: '有 DOCTYPE 之类的声明，不予接受',
        en: 'there is a declaration such as DOCTYPE, which is not taken',
      })
  }

  #element(): Growing {
    const start = this.#at
    OPENING.lastIndex = start
    const [whole, prefix = '', local] = OPENING.exec(this.#text) ?? []
    if (whole === undefined || local === undefined)
      throw this.#refuse(start, { zh: '标签没有名称', en: 'a tag has no name' })
    if (++this.#elements > this.#limits.elements)
      throw this.#refuse(
        start,
        {
          zh: `元素超过 ${this.#limits.elements} 个`,
          en: `there are more than ${this.#limits.elements} elements`,
        },
        'limit',
      )
    if (++this.#depth > this.#limits.depth)
      throw this.#refuse(
        start,
        {
          zh: `元素嵌套超过 ${this.#limits.depth} 层`,
          en: `elements are nested deeper than ${this.#limits.depth}`,
        },
        'limit',
      )
    this.#at += whole.length
    const written = this.#attributes()
    TAG_END.lastIndex = this.#at
    const [end, empty] = TAG_END.exec(this.#text) ?? []
    if (end === undefined)
      throw this.#refuse(this.#at, {
        zh: `标签 <${whole.slice(1)} 书写有误`,
        en: `the tag <${whole.slice(1)} is not well-formed`,
      })
    this.#at += end.length

    const declares = this.#declarations(written, start)
    const element: Growing = {
      name: whole.slice(1),
      prefix,
      local,
      namespace: this.#meaning(prefix, start),
      attributes: this.#attributesIn(written, start),
      declares,
      parent: this.#open,
      children: [],
      start,
      contentStart: this.#at,
      contentEnd: this.#at,
      end: this.#at,
    }
    this.#open?.children.push(element)
    if (empty === '/') this.#leave(element)
    else this.#open = element
    return element
  }

  #close(): void {
    const element = this.#open
    const from = this.#at
    if (element === undefined || !this.#text.startsWith(element.name, from + 2))
      throw this.#refuse(
        from,
        element
          ? { zh: `<${element.name}> 的结束标签不符`, en: `<${element.name}> is closed by another tag` }
          : { zh: '没有可结束的元素', en: 'nothing is open here' },
      )
    TAG_END.lastIndex = from + 2 + element.name.length
    const [end, empty] = TAG_END.exec(this.#text) ?? []
    if (end === undefined || empty === '/')
      throw this.#refuse(from, {
        zh: `<${element.name}> 的结束标签不符`,
        en: `<${element.name}> is closed by another tag`,
      })
    element.contentEnd = from
    this.#at = from + 2 + element.name.length + end.length
    element.end = this.#at
    this.#open = element.parent as Growing | undefined
    this.#leave(element)
  }

  #leave({ declares }: XmlElement): void {
    this.#depth--
    for (const prefix of declares.keys()) this.#inScope.get(prefix)?.pop()
  }

  #attributes(): readonly Written[] {
    ATTRIBUTE.lastIndex = this.#at
    if (!ATTRIBUTE.test(this.#text)) return NONE
    const written: Written[] = []
    const names = new Set<string>()
    for (;;) {
      ATTRIBUTE.lastIndex = this.#at
      const [whole, prefix = '', local = '', double, single] = ATTRIBUTE.exec(this.#text) ?? []
      if (whole === undefined) return written
      const at = this.#at
      if (written.length === this.#limits.attributes)
        throw this.#refuse(
          at,
          {
            zh: `一个元素的属性超过 ${this.#limits.attributes} 个`,
            en: `an element has more than ${this.#limits.attributes} attributes`,
          },
          'limit',
        )
      const name = prefix === '' ? local : `${prefix}:${local}`
      if (names.has(name))
        throw this.#refuse(at, { zh: `属性 ${name} 重复`, en: `the attribute ${name} stands twice` })
      names.add(name)
      const value = resolveReferences(
        (double ?? single ?? '').replaceAll(/\r\n|[\t\r\n]/g, ' '),
        (_, words) => this.#refuse(at, words),
      )
      written.push({ prefix, local, value })
      this.#at += whole.length
    }
  }

  #declarations(written: readonly Written[], start: number): ReadonlyMap<string, string> {
    if (written.length === 0) return NOTHING_DECLARED
    const declares = new Map<string, string>()
    for (const { prefix, local, value } of written) {
      if (prefix !== 'xmlns' && (prefix !== '' || local !== 'xmlns')) continue
      const declared = prefix === '' ? '' : local
      const reserved =
        declared === 'xmlns' ||
        value === XMLNS_NAMESPACE ||
        (declared === 'xml') !== (value === XML_NAMESPACE)
      if (reserved || (declared !== '' && value === ''))
        throw this.#refuse(start, {
          zh: `前缀 ${declared || '（默认）'} 的命名空间声明有误`,
          en: `the namespace of prefix ${declared || '(default)'} cannot be declared so`,
        })
      declares.set(declared, value)
      const meanings = this.#inScope.get(declared)
      if (meanings === undefined) this.#inScope.set(declared, [value])
      else meanings.push(value)
    }
    return declares
  }

  #attributesIn(written: readonly Written[], start: number): readonly XmlAttribute[] {
    if (written.length === 0) return NONE
    const attributes: XmlAttribute[] = []
    const names = new Set<string>()
    for (const { prefix, local, value } of written) {
      if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns')) continue
      const namespace = prefix === '' ? '' : this.#meaning(prefix, start)
      const name = `${namespace} ${local}`
      if (names.has(name))
        throw this.#refuse(start, { zh: `属性 ${local} 重复`, en: `the attribute ${local} stands twice` })
      names.add(name)
      attributes.push({ prefix, local, namespace, value })
    }
    return attributes
  }

  #meaning(prefix: string, at: number): string {
    if (prefix === 'xml') return XML_NAMESPACE
    const namespace = this.#inScope.get(prefix)?.at(-1) ?? (prefix === '' ? '' : undefined)
    if (namespace === undefined)
      throw this.#refuse(at, { zh: `前缀 ${prefix} 没有声明`, en: `the prefix ${prefix} is not declared` })
    return namespace
  }

  #refuse(at: number, words: Words, kind: XmlRefusalKind = 'form'): XmlRefused {
    const before = this.#text.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    // Names come from the document and may be of any length.
    return new XmlRefused(kind, {
      zh: `第 ${line} 行第 ${column} 列：${words.zh.slice(0, 200)}`,
      en: `line ${line}, column ${column}: ${words.en.slice(0, 200)}`,
    })
  }
}

interface Written {
  readonly prefix: string
  readonly local: string
  readonly value: string
}
