/**
 * Judges XML from a stranger before the parser sees it. The parser takes much for XML that is none (crossed tags in
 * places, unknown references, text after the end), names no line, and reads an apostrophe in a processing instruction
 * as the begin of a value that swallows elements. So the text is scanned once, strictly and in linear time; comments
 * and processing instructions, which say nothing to a mapping, go no further.
 */
import type { IntakeError } from '../contract/errors.ts'
import type { ProblemCode } from '../contract/problems.ts'
import { refuse } from './refusal.ts'
import { isRefusedName } from './refused-names.ts'
import { isBlank, isCharacter, localName, NAME, unwritableAt } from './xml-syntax.ts'

export interface XmlLimits {
  /** Elements inside one another. */
  readonly depth: number
  /** Attributes of one element, namespace declarations counted. */
  readonly attributes: number
  readonly elements: number
}

export const DEFAULT_XML_LIMITS: XmlLimits = { depth: 64, attributes: 256, elements: 100_000 }

// Names of ASCII letters come first: matching the whole production costs several times as much.
const ANY_NAME = `[A-Za-z_][A-Za-z0-9_.:-]*(?=[\\s/>=])|${NAME}`
const START_TAG = new RegExp(`<(${ANY_NAME})`, 'uy')
const ATTRIBUTE = new RegExp(`\\s+(${ANY_NAME})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'uy')
const TAG_END = /\s*(\/?)>/y
const END_TAG = new RegExp(`</(${ANY_NAME})\\s*>`, 'uy')
const INSTRUCTION = new RegExp(`<\\?(${NAME})(?=[\\s?])`, 'uy')
const KNOWN_REFERENCE = /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(?:lt|gt|amp|quot|apos));/y

/**
 * @returns the text without its declaration, comments and processing instructions.
 * @throws IntakeError REQUEST_NOT_XML, REQUEST_TOO_DEEP or REQUEST_TOO_LARGE, with line and column.
 */
export function scanXml(text: string, limits: XmlLimits = DEFAULT_XML_LIMITS): string {
  return new Scan(text, limits).run()
}

class Scan {
  readonly #text: string
  readonly #limits: XmlLimits
  /** Open elements, as written. */
  readonly #open: string[] = []
  readonly #kept: string[] = []
  #elements = 0
  #at = 0

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#limits = limits
  }

  run(): string {
    const text = this.#text
    const strange = unwritableAt(text)
    if (strange !== -1)
      throw this.#refuse(
        strange,
        `字符 U+${codeAt(text, strange)} 不能出现在 XML 中`,
        `XML cannot hold the character U+${codeAt(text, strange)}`,
      )
    while (this.#at < text.length) {
      const next = text.indexOf('<', this.#at)
      this.#characters(this.#at, next === -1 ? text.length : next)
      if (next === -1) break
      this.#at = next
      this.#markup()
    }
    const unclosed = this.#open.at(-1)
    if (unclosed !== undefined)
      throw this.#refuse(
        text.length,
        `元素 ${shown(unclosed)} 没有结束`,
        `the element ${shown(unclosed)} is not closed`,
      )
    if (this.#elements === 0) throw this.#refuse(text.length, '没有根元素', 'there is no element')
    return this.#kept.join('')
  }

  #markup(): void {
    const text = this.#text
    const at = this.#at
    if (text.startsWith('<!--', at)) this.#comment()
    else if (text.startsWith('<![CDATA[', at)) this.#characterData()
    else if (text.startsWith('<?', at)) this.#instruction()
    else if (text.startsWith('</', at)) this.#endTag()
    else if (text.startsWith('<!', at)) {
      throw /^<!DOCTYPE/i.test(text.slice(at, at + 9))
        ? this.#refuse(
            at,
            '不接受文档类型声明（DOCTYPE）',
            'a document type declaration (DOCTYPE) is not accepted',
          )
        : this.#refuse(at, '此处不是合法的标记', 'this is no markup')
    } else this.#startTag()
  }

  /** The text between two tags. */
  #characters(from: number, to: number): void {
    const text = this.#text.slice(from, to)
    if (this.#open.length === 0) {
      if (isBlank(text)) return
      throw this.#refuse(from, '根元素之外有文字', 'there is text outside the root element')
    }
    const end = text.indexOf(']]>')
    if (end !== -1) throw this.#refuse(from + end, '文字中出现 ]]>', ']]> stands in text; write ]]&gt;')
    this.#references(text, from)
    this.#kept.push(text)
  }

  #references(text: string, from: number): void {
    for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
      KNOWN_REFERENCE.lastIndex = at
      const match = KNOWN_REFERENCE.exec(text)
      const [, decimal, hex] = match ?? []
      const number = decimal === undefined ? hex && Number.parseInt(hex, 16) : Number(decimal)
      if (match === null || (typeof number === 'number' && !isCharacter(number)))
        throw this.#refuse(
          from + at,
          '未知的实体引用；只接受 &lt; &gt; &amp; &quot; &apos; 和数字引用',
          'unknown reference; only &lt; &gt; &amp; &quot; &apos; and numbers are read',
        )
    }
  }

  #comment(): void {
    const end = this.#text.indexOf('--', this.#at + 4)
    if (end === -1 || this.#text[end + 2] !== '>')
      throw this.#refuse(this.#at, '注释没有结束或含有 --', 'the comment does not end, or has -- in it')
    this.#at = end + 3
  }

  #characterData(): void {
    const end = this.#text.indexOf(']]>', this.#at + 9)
    if (end === -1) throw this.#refuse(this.#at, 'CDATA 没有结束', 'the CDATA section does not end')
    if (this.#open.length === 0)
      throw this.#refuse(this.#at, '根元素之外有文字', 'there is text outside the root element')
    this.#keep(end + 3)
  }

  #instruction(): void {
    const [, target] = this.#match(INSTRUCTION) ?? []
    const end = this.#text.indexOf('?>', this.#at)
    if (target === undefined || end === -1)
      throw this.#refuse(this.#at, '处理指令不完整', 'the processing instruction is not complete')
    if (target.toLowerCase() === 'xml' && (this.#at > 0 || target !== 'xml'))
      throw this.#refuse(this.#at, 'XML 声明只能在最前面', 'an XML declaration stands at the very start only')
    this.#at = end + 2
  }

  #startTag(): void {
    const start = this.#at
    const [opening, name] = this.#match(START_TAG) ?? []
    if (opening === undefined || name === undefined)
      throw this.#refuse(
        start,
        '此处不是合法的标记；文字中的 < 应写作 &lt;',
        'this is no markup; write < in text as &lt;',
      )
    if (this.#open.length === 0 && this.#elements > 0)
      throw this.#refuse(start, '有多个根元素', 'there is more than one root element')
    this.#checkName(name, start)
    if (++this.#elements > this.#limits.elements)
      throw this.#tooMany(start, this.#limits.elements, '元素', 'elements')
    if (this.#open.length >= this.#limits.depth) throw this.#tooDeep(start)
    this.#at += opening.length
    this.#attributes()
    const [end, empty] = this.#match(TAG_END) ?? []
    if (end === undefined)
      throw this.#refuse(
        this.#at,
        `标签 ${shown(name)} 此处不合法`,
        `the tag ${shown(name)} is not right from here on`,
      )
    this.#at += end.length
    if (empty === '') this.#open.push(name)
    this.#kept.push(this.#text.slice(start, this.#at))
  }

  #attributes(): void {
    const seen = new Set<string>()
    for (let count = 1; ; count++) {
      const match = this.#match(ATTRIBUTE)
      if (match === undefined) return
      const [whole, name = '', quoted, apostrophed] = match
      if (count > this.#limits.attributes)
        throw this.#tooMany(this.#at, this.#limits.attributes, '属性', 'attributes')
      this.#checkName(name, this.#at)
      // Without their prefixes two attributes may be one: neither is dropped in silence.
      const known = name.startsWith('xmlns:') ? name : localName(name)
      if (seen.has(known))
        throw this.#refuse(
          this.#at,
          `属性 ${shown(known)} 重复`,
          `the attribute ${shown(known)} stands twice`,
        )
      seen.add(known)
      const value = quoted ?? apostrophed ?? ''
      this.#references(value, this.#at + whole.length - value.length - 1)
      this.#at += whole.length
    }
  }

  #endTag(): void {
    const [whole, name] = this.#match(END_TAG) ?? []
    const expected = this.#open.pop()
    if (whole === undefined || name !== expected)
      throw expected === undefined
        ? this.#refuse(this.#at, '此处没有可结束的元素', 'there is no element to close here')
        : this.#refuse(this.#at, `此处应为 </${shown(expected)}>`, `</${shown(expected)}> is expected here`)
    this.#keep(this.#at + whole.length)
  }

  #checkName(name: string, at: number): void {
    const local = localName(name)
    if (local === '' || name.indexOf(':') !== name.lastIndexOf(':') || name.startsWith(':'))
      throw this.#refuse(at, `名称 ${shown(name)} 不合法`, `${shown(name)} is no name`)
    if (isRefusedName(local))
      throw this.#refuse(at, `名称 ${shown(local)} 不被接受`, `the name ${shown(local)} is not accepted`)
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text) ?? undefined
  }

  /** Up to `end` the text goes on as it is. */
  #keep(end: number): void {
    this.#kept.push(this.#text.slice(this.#at, end))
    this.#at = end
  }

  #refuse(offset: number, zh: string, en: string, code: ProblemCode = 'REQUEST_NOT_XML'): IntakeError {
    // Names come from the sender and may be of any length.
    const path = this.#open.map((name) => shown(localName(name))).join('.')
    return refuse({ code, text: this.#text, offset, path, zh, en })
  }

  #tooDeep(offset: number): IntakeError {
    const { depth } = this.#limits
    return this.#refuse(
      offset,
      `嵌套超过 ${depth} 层`,
      `elements are nested more than ${depth} deep`,
      'REQUEST_TOO_DEEP',
    )
  }

  #tooMany(offset: number, limit: number, zh: string, en: string): IntakeError {
    return this.#refuse(
      offset,
      `${zh}超过 ${limit} 个`,
      `there are more than ${limit} ${en}`,
      'REQUEST_TOO_LARGE',
    )
  }
}

/** Names stand in answers and logs: long enough to find them by. */
function shown(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name
}

function codeAt(text: string, offset: number): string {
  return (text.codePointAt(offset) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
