/** A sample payload of a new partner as a document, whatever it is written in, and how a package has to declare it. */
import { IntakeError } from '../../../contract/errors.ts'
import { readForm } from '../../../document/form.ts'
import type { DocumentDeclaration } from '../../../document/media.ts'
import { asList, documentPath } from '../../../document/paths.ts'
import { readXml } from '../../../document/read-xml.ts'
import { UsageError } from '../tool-host.ts'
import { delimitedSample } from './delimited-sample.ts'
import { embeddedIn } from './embedded-sample.ts'

export interface Sample extends DocumentDeclaration {
  readonly charset: 'utf-8' | 'gb18030'
  readonly document: Readonly<Record<string, unknown>>
  /** The raw text of the one message, for a test case; absent for JSON, whose document says the same. */
  readonly text?: string
  /** What a person has to decide about the declaration. */
  readonly gap?: string
}

/** Samples are one message; larger ones are something else. */
export const MOST_SAMPLE_BYTES = 4 * 1024 * 1024

/** UTF-8, else GB 18030. Texts inside that are XML documents are read too. @throws UsageError */
export function readSample(bytes: Uint8Array): Sample {
  const { text, charset } = decoded(bytes)
  const outer = outerOf(text.trim(), charset)
  const { document, embedded, lists } = embeddedIn(outer.document, outer.media)
  const listed = lists.reduce<unknown>((whole, path) => asList(whole, documentPath(path)), document)
  return { ...outer, document: listed as Sample['document'], embedded, lists }
}

type Outer = Omit<Sample, 'embedded' | 'lists'>

function outerOf(text: string, charset: Sample['charset']): Outer {
  if (text === '') throw new UsageError('The sample is empty.')
  if (text.startsWith('<'))
    return { media: 'xml', charset, text, document: reading('XML', () => readXml(text)) }
  if (/^[[{]/.test(text)) return { media: 'json', charset, document: objectOf(jsonOf(text)) }
  if (/^[\w.%+*-]+=[^\r\n]*$/.test(text)) return formSample(text)
  return { media: 'delimited', charset, ...delimitedSample(text) }
}

/** The percent bytes of a form are of a character set that the file's own bytes do not show. */
function formSample(text: string): Outer {
  const bytes = Buffer.from(text)
  try {
    return { media: 'form', charset: 'utf-8', text, document: readForm(bytes, 'utf-8') }
  } catch {
    return {
      media: 'form',
      charset: 'gb18030',
      text,
      document: reading('a form', () => readForm(bytes, 'gb18030')),
    }
  }
}

function decoded(bytes: Uint8Array): Pick<Sample, 'charset'> & { readonly text: string } {
  for (const charset of ['utf-8', 'gb18030'] as const) {
    try {
      return { charset, text: new TextDecoder(charset, { fatal: true }).decode(bytes) }
    } catch {
      // Not this one.
    }
  }
  throw new UsageError('The sample is neither UTF-8 nor GB 18030 text.')
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof IntakeError)) throw error
    throw new UsageError(
      `The sample is not ${what} that can be read: ${error.faults[0]?.reason.en ?? error.message}.`,
    )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`The sample is not JSON: ${error instanceof Error ? error.message : error}.`)
  }
}

/** A list of messages stands for its first. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const first = Array.isArray(value) ? value[0] : value
  if (typeof first !== 'object' || first === null || Array.isArray(first))
    throw new UsageError('The sample is no object with fields.')
  return first as Record<string, unknown>
}
