/** A sample payload of a new partner as a document, whatever it is written in. */
import { readCsv } from '../../csv.ts'
import { UsageError } from '../tool-host.ts'
import { NotXml, readXml } from './read-xml.ts'

export interface Sample {
  readonly media: 'json' | 'xml' | 'delimited'
  readonly charset: 'utf-8' | 'gb18030'
  readonly document: Readonly<Record<string, unknown>>
}

/** Samples are one message; larger ones are something else. */
export const MOST_SAMPLE_BYTES = 4 * 1024 * 1024

/** UTF-8, else GB 18030. Of delimited text the first line names the fields and the second is the message. @throws UsageError */
export function readSample(bytes: Uint8Array): Sample {
  const { text, charset } = decoded(bytes)
  const start = text.trimStart()
  if (start === '') throw new UsageError('The sample is empty.')
  if (start.startsWith('<')) return { media: 'xml', charset, document: objectOf(xmlOf(text)) }
  if (/^[[{]/.test(start)) return { media: 'json', charset, document: objectOf(jsonOf(text)) }
  return { media: 'delimited', charset, document: rowOf(text) }
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`The sample is not JSON: ${error instanceof Error ? error.message : error}.`)
  }
}

function xmlOf(text: string): unknown {
  try {
    return readXml(text)
  } catch (error) {
    if (error instanceof NotXml)
      throw new UsageError(`The sample is not XML that can be read: ${error.message}`)
    throw error
  }
}

/** A list of messages stands for its first. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const first = Array.isArray(value) ? value[0] : value
  if (typeof first !== 'object' || first === null || Array.isArray(first))
    throw new UsageError('The sample is no object with fields.')
  return first as Record<string, unknown>
}

const DELIMITERS = ['\t', '|', ';', ',']

function rowOf(text: string): Readonly<Record<string, unknown>> {
  const [first = ''] = text.split('\n', 1)
  const delimiter = DELIMITERS.find((one) => first.includes(one))
  if (delimiter === undefined)
    throw new UsageError(
      'The sample is neither JSON nor XML, and its first line names no fields with , ; | or tab between them.',
    )
  const rows =
    delimiter === ','
      ? readCsv(text).map(({ cells }) => cells)
      : text.split(/\r?\n/).map((line) => line.split(delimiter).map((cell) => cell.trim()))
  const [names = [], values = []] = rows
  return Object.fromEntries(
    names.flatMap((name, index) => (name === '' ? [] : [[name, values[index] ?? '']])),
  )
}
