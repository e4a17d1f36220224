/** The bytes of an attempt as a person may read them: decoded in their character set, and masked. */
import type { Masker } from './masker.ts'

export interface Evidence {
  /** How many there are; attempts keep the first 64 KiB. */
  readonly bytes: number
  /** Character set they were read as. */
  readonly charset: string
  /** Where it is JSON: the document, masked. */
  readonly document?: unknown
  /** Where it is not: the text, masked. */
  readonly text?: string
}

/** Reads every byte sequence; what it does not know becomes U+FFFD. */
const LAST_RESORT = 'gb18030'

/** @param charsets in the order in which they are tried */
export function evidenceOf(bytes: Uint8Array, charsets: readonly string[], masker: Masker): Evidence {
  const { charset, text } = decode(fieldsDecoded(bytes), charsets)
  const parsed = parse(text)
  return {
    bytes: bytes.length,
    charset,
    ...(parsed === undefined
      ? { text: masker.text(unescaped(text)) }
      : { document: masker.document(parsed.document) }),
  }
}

function decode(
  bytes: Uint8Array,
  charsets: readonly string[],
): { readonly charset: string; readonly text: string } {
  for (const charset of charsets) {
    try {
      // `stream`: what was kept may end within a character, which is left out then.
      return { charset, text: new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: true }) }
    } catch {
      // Not in this one.
    }
  }
  return { charset: LAST_RESORT, text: new TextDecoder(LAST_RESORT).decode(bytes) }
}

function parse(text: string): { readonly document: unknown } | undefined {
  try {
    return { document: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** `name=%E6%B5%8B&…`: the bytes that the percent signs stand for, or the bytes as they are where it is no form. */
function fieldsDecoded(bytes: Uint8Array): Uint8Array {
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  if (!/^[^\s=&<{["]+=/.test(start) || !bytes.includes(0x25)) return bytes
  const decoded = Buffer.from(bytes)
    .toString('latin1')
    // What was kept may end within a percent byte.
    .replace(/%[0-9a-f]?$/i, '')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(decoded, 'latin1')
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** XML in XML in XML has its escapes escaped as often. */
const MOST_LAYERS = 4

/** Characters written as JSON or XML escapes would hide from the masker. Only for text that is shown, never parsed again. */
function unescaped(text: string): string {
  let shown = text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  for (let layer = 0; layer < MOST_LAYERS && shown.includes('&'); layer++) {
    shown = shown.replace(
      /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
      (whole, hex?: string, decimal?: string, name?: string) => {
        if (name !== undefined) return NAMED[name.toLowerCase()] as string
        const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
        return code > 0x10ffff ? whole : String.fromCodePoint(code)
      },
    )
  }
  return shown
}
