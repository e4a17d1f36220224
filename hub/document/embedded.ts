/** Documents that stand as text inside another one: partners pass whole XML documents in one field. */
import { IntakeError, MappingError } from '../contract/errors.ts'
import type { Charset, EmbeddedDocument } from './media.ts'
import { changedAt, documentPath } from './paths.ts'
import { readJson } from './read-json.ts'
import { readXml } from './read-xml.ts'
import { unwritable } from './unwritable.ts'
import { writeText } from './write-text.ts'
import { writeXml } from './write-xml.ts'

/**
 * Reads the texts at the declared paths, outer ones first. What is no text, or a blank one, stays. The encoding that an
 * inner declaration names says nothing: the text was decoded with the document around it.
 * @throws IntakeError with the field and the line and column within it
 */
export function readEmbedded(document: unknown, embedded: readonly EmbeddedDocument[]): unknown {
  return ordered(embedded).reduce<unknown>(
    (whole, { path, media }) =>
      eachText(whole, path, (text, place) => located(place, () => read(text, media))),
    document,
  )
}

/** The same, but a text that cannot be read stays a text: what a partner answers is read as far as it goes. */
export function tryEmbedded(document: unknown, embedded: readonly EmbeddedDocument[]): unknown {
  return ordered(embedded).reduce<unknown>(
    (whole, { path, media }) =>
      eachText(whole, path, (text) => {
        try {
          return read(text, media)
        } catch (error) {
          if (!(error instanceof IntakeError)) throw error
          return text
        }
      }),
    document,
  )
}

/**
 * Inner documents become texts, inner ones first; a text is taken as written already.
 * @throws MappingError MAPPING_UNWRITABLE, or MAPPING_CHARACTER where a character is not in the set that is declared
 */
export function writeEmbedded(document: unknown, embedded: readonly EmbeddedDocument[]): unknown {
  return ordered(embedded).reduceRight<unknown>(
    (whole, { path, media, declares }) =>
      changedAt(whole, documentPath(path), (value, place) => {
        if (Array.isArray(value))
          return value.map((one, index) => write(one, media, declares, `${place}[${index}]`))
        return write(value, media, declares, place)
      }),
    document,
  )
}

/** Whatever the order in format.yaml: what encloses another comes first. */
function ordered(embedded: readonly EmbeddedDocument[]): readonly EmbeddedDocument[] {
  return embedded.toSorted((one, other) => documentPath(one.path).length - documentPath(other.path).length)
}

function eachText(
  document: unknown,
  path: string,
  change: (text: string, place: string) => unknown,
): unknown {
  const changed = (value: unknown, place: string): unknown =>
    typeof value === 'string' && value.trim() !== '' ? change(value, place) : value
  return changedAt(document, documentPath(path), (value, place) =>
    Array.isArray(value)
      ? value.map((one, index) => changed(one, `${place}[${index}]`))
      : changed(value, place),
  )
}

function read(text: string, media: EmbeddedDocument['media']): unknown {
  // A declaration stands at the very start; partners put line breaks before it when they wrap the text.
  return media === 'xml' ? readXml(text.replace(/^[\s\uFEFF]+(?=<)/, '')) : readJson(text)
}

function located<T>(place: string, reading: () => T): T {
  try {
    return reading()
  } catch (error) {
    if (!(error instanceof IntakeError)) throw error
    throw new IntakeError(error.code, `${place}: ${error.message}`, {
      details: { ...error.details, source: place },
      faults: error.faults.map((fault) => ({
        ...fault,
        source: fault.source === undefined ? place : `${place}.${fault.source}`,
      })),
      cause: error,
    })
  }
}

function write(
  value: unknown,
  media: EmbeddedDocument['media'],
  declares: string | undefined,
  place: string,
): unknown {
  if (value === undefined || value === null || typeof value === 'string') return value
  if (typeof value !== 'object' || Array.isArray(value))
    throw unwritable(place, 'an object or a text is needed for an embedded document')
  if (media === 'json') return JSON.stringify(value)
  const text = writeXml(value, declares, place)
  if (declares !== undefined) checkPromise(text, declares, place)
  return text
}

/** What partners declare, and what they mean by it: those that say GB 2312 have always written GBK. */
const PROMISED: Readonly<Record<string, Charset>> = {
  gb2312: 'gbk',
  gbk: 'gbk',
  cp936: 'gbk',
  gb18030: 'gb18030',
}

/**
 * A declaration is a promise: the receiver keeps the text in that set, and would lose what it lacks without a word.
 * @throws MappingError MAPPING_CHARACTER with the path and the characters
 */
function checkPromise(text: string, declares: string, place: string): void {
  const charset = PROMISED[declares.toLowerCase()]
  if (charset === undefined) return
  try {
    writeText(text, charset)
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    throw new MappingError(error.code, `${place} declares ${declares}: ${error.message}`, {
      details: { ...error.details, path: place },
      cause: error,
    })
  }
}
