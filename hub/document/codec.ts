/** Bytes to documents and documents to bytes, by what format.yaml declares. The only place that asks for the medium. */
import { readDelimited, writeDelimited } from './delimited.ts'
import { readEmbedded, tryEmbedded, writeEmbedded } from './embedded.ts'
import { readForm, writeForm } from './form.ts'
import type { Charset, DelimitedLayout, DocumentDeclaration, DocumentLayout } from './media.ts'
import { asList, documentPath } from './paths.ts'
import { readJson } from './read-json.ts'
import { charsetFor, declaredCharset, knownCharset, readText } from './read-text.ts'
import { declaredInXml, readXml } from './read-xml.ts'
import { unwritable } from './unwritable.ts'
import { writeText } from './write-text.ts'
import { writeXml } from './write-xml.ts'

export interface Decoded {
  readonly document: unknown
  /** What the transport said, lower case. */
  readonly declaredCharset: string | undefined
  /** What the bytes were read as. */
  readonly charset: Charset
  /**
   * What the document says of itself (an XML declaration), lower case, where that is another set than it was read as:
   * no error, because relays re-encode without touching declarations, but worth telling.
   */
  readonly otherwiseDeclared?: string
}

export interface Encoded {
  /** With charset. */
  readonly contentType: string
  readonly body: Uint8Array
}

export interface Codec {
  /**
   * The transport's charset wins, then what the document declares of itself, then the format's.
   * @throws IntakeError REQUEST_* with the place
   */
  decode(bytes: Uint8Array, contentType: string): Decoded
  /** @throws MappingError MAPPING_UNWRITABLE or MAPPING_CHARACTER, naming the field or the character */
  encode(document: unknown): Encoded
  /**
   * Reads text in the format's charset, the documents embedded in it left as the texts they are: to compare what is sent.
   * @throws IntakeError, or MappingError MAPPING_CHARACTER for a form with a character that the charset lacks
   */
  outer(text: string): unknown
}

const MEDIA_TYPES = {
  json: 'application/json',
  xml: 'application/xml',
  form: 'application/x-www-form-urlencoded',
  delimited: 'text/plain',
} as const

/** The declaration has been checked: `delimited` is there where the medium needs it. */
export function codecOf(declaration: DocumentDeclaration): Codec {
  const { media, charset, embedded } = declaration
  return {
    decode(bytes, contentType) {
      const declared = declaredCharset(contentType)
      const within = media === 'xml' ? declaredInXml(bytes) : undefined
      const decoded = decodeOuter(bytes, declared ?? within, declaration, within)
      const otherwise = within !== undefined && knownCharset(within) !== decoded.charset
      return {
        document: withLists(readEmbedded(decoded.document, embedded), declaration.lists),
        declaredCharset: declared,
        charset: decoded.charset,
        ...(otherwise ? { otherwiseDeclared: within } : {}),
      }
    },
    encode: (document) => ({
      contentType: `${MEDIA_TYPES[media]}; charset=${charset}`,
      body: encodeOuter(writeEmbedded(document, embedded), declaration),
    }),
    outer: (text) => readOuter(text, declaration, charset),
  }
}

function decodeOuter(
  bytes: Uint8Array,
  declared: string | undefined,
  { charset: expected, ...layout }: DocumentDeclaration,
  within?: string,
): { readonly document: unknown; readonly charset: Charset } {
  if (layout.media === 'form') {
    // Percent signs are ASCII: what they stand for is decoded field by field.
    const charset = charsetFor(bytes, declared, expected)
    return { document: readForm(bytes, charset), charset }
  }
  const { text, charset } = readText(bytes, declared, expected, within === declared ? undefined : within)
  return { document: readOuter(text, layout, charset), charset }
}

function readOuter(text: string, { media, delimited }: DocumentLayout, charset: Charset): unknown {
  switch (media) {
    case 'json':
      return readJson(text)
    case 'xml':
      return readXml(text)
    case 'form':
      // Its percent signs are bytes of the charset, whatever the text around them was read as.
      return readForm(writeText(text, charset), charset)
    case 'delimited':
      return readDelimited(text, delimited as DelimitedLayout)
  }
}

function encodeOuter(document: unknown, { media, charset, delimited }: DocumentDeclaration): Uint8Array {
  if (document === undefined) throw unwritable('', 'the mapping makes nothing of the message')
  switch (media) {
    case 'json':
      return writeText(JSON.stringify(document), charset)
    case 'xml':
      return writeText(writeXml(document, charset.toUpperCase()), charset)
    case 'form':
      return writeForm(document, charset)
    case 'delimited':
      return writeText(writeDelimited(document, delimited as DelimitedLayout), charset)
  }
}

function withLists(document: unknown, lists: readonly string[]): unknown {
  return lists.reduce<unknown>((whole, path) => asList(whole, documentPath(path)), document)
}

/**
 * A partner's answer as a document, as far as it can be read; undefined where it is none. Never throws: an answer is
 * read for its meaning, and what makes no sense is the reader's `unreadable`.
 */
export function answerDocument(text: string, layout: DocumentLayout, charset: Charset): unknown {
  try {
    // An answer is no record: a number beyond 2^53 or a key given twice does not make it unreadable.
    const document = layout.media === 'json' ? JSON.parse(text) : readOuter(text, layout, charset)
    return withLists(tryEmbedded(document, layout.embedded), layout.lists)
  } catch {
    return undefined
  }
}
