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
  const { charset, text } = decode(bytes, charsets)
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

/** Characters written as JSON or XML escapes would hide from the masker. Only for text that is shown, never parsed again. */
function unescaped(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi, (whole, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code > 0x10ffff ? whole : String.fromCodePoint(code)
    })
}
