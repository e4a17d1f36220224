/** References in character data: to characters, and the five that XML has by itself. */
import type { Words, XmlRefused } from './tree.ts'

/** What XML cannot hold (XML 1.0 [2]). */
export const NO_CHARACTER = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));/y

/** Character data with its references resolved. `refuse` makes the refusal of what is wrong at an offset. */
export function resolveReferences(data: string, refuse: (at: number, words: Words) => XmlRefused): string {
  let from = data.indexOf('&')
  if (from === -1) return data
  let resolved = ''
  let done = 0
  for (; from !== -1; from = data.indexOf('&', done)) {
    REFERENCE.lastIndex = from
    const [whole, name, decimal, hex] = REFERENCE.exec(data) ?? []
    if (whole === undefined)
      throw refuse(from, {
        zh: '引用不是 &amp; &lt; &gt; &quot; &apos; 或字符引用',
        en: 'a reference is none of &amp; &lt; &gt; &quot; &apos; or to a character',
      })
    resolved += data.slice(done, from)
    if (name !== undefined) resolved += PREDEFINED[name as keyof typeof PREDEFINED]
    else {
      const point = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal)
      const character = point > 0x10ffff ? '\0' : String.fromCodePoint(point)
      if (NO_CHARACTER.test(character))
        throw refuse(from, { zh: '字符引用指向 XML 没有的字符', en: 'a reference is to no character of XML' })
      resolved += character
    }
    done = from + whole.length
  }
  return resolved + data.slice(done)
}

const PREDEFINED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" } as const
