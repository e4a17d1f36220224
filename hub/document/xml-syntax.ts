/** The parts of XML 1.0 (fifth edition) that reading and writing share. */

/** Production [4] NameStartChar and [4a] NameChar, as the inside of a character class. */
const NAME_START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NAME_REST = `${NAME_START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}`

/** Production [5] Name, as the source of a regular expression with the flag `u`. */
export const NAME = `[${NAME_START}][${NAME_REST}]*`

const WHOLE_NAME = new RegExp(`^${NAME}$`, 'u')

/** A name without prefix. */
export function isLocalName(name: string): boolean {
  return WHOLE_NAME.test(name) && !name.includes(':')
}

/** Finds the first character that XML 1.0 cannot hold (production [2] Char), not even as a reference. */
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

/** Offset of the first character that XML cannot hold; -1 where there is none. */
export function unwritableAt(text: string): number {
  return text.search(NO_CHARACTER)
}

export function isCharacter(codePoint: number): boolean {
  return codePoint <= 0x10ffff && unwritableAt(String.fromCodePoint(codePoint)) === -1
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The text with its references resolved, each once: what comes out is never read for references again. The scan has judged them. */
export function resolved(text: string): string {
  let from = 0
  let result = ''
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', from)) {
    const end = text.indexOf(';', at)
    result += text.slice(from, at) + characterOf(text.slice(at + 1, end))
    from = end + 1
  }
  return result + text.slice(from)
}

function characterOf(reference: string): string {
  if (!reference.startsWith('#')) return NAMED[reference] as string
  const isHex = reference[1] === 'x'
  return String.fromCodePoint(Number.parseInt(reference.slice(isHex ? 2 : 1), isHex ? 16 : 10))
}

/** The name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}

/** White space as XML counts it: a full-width space is text. */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text)
}
