/**
 * A first reading of a file of lines, before any is handed over: whether it is whole. A file whose count is wrong is refused
 * altogether, for nobody can know which lines are missing.
 */
import { Digester, type DigestName, watched } from '../digest.ts'
import { type Line, linesOf } from './line-reader.ts'
import type { FileProblem } from './problem.ts'
import type { Charset, FileListenSettings, Records } from './settings.ts'

export type LineKind = 'header' | 'detail' | 'trailer' | 'unknown'

export interface Survey {
  /** The header line, where the files have one. */
  readonly header: Buffer | undefined
  readonly details: number
  /** Lower-case hex; `sha256` always. */
  readonly digests: ReadonlyMap<DigestName, string>
  readonly problem: FileProblem | undefined
}

type SurveySettings = Pick<
  FileListenSettings,
  'records' | 'counts' | 'delimiter' | 'charset' | 'maxDocumentBytes'
>

/** @throws PlaceError while the file is read */
export async function survey(
  content: AsyncIterable<Uint8Array>,
  digests: readonly DigestName[],
  settings: SurveySettings,
): Promise<Survey> {
  const { records, counts, delimiter, charset, maxDocumentBytes } = settings
  const digester = new Digester([...new Set<DigestName>(['sha256', ...digests])])
  const told: { readonly line: number; readonly value: string }[] = []
  let header: Buffer | undefined
  let details = 0
  let first: LineKind | undefined
  let last: LineKind | undefined
  let problem: FileProblem | undefined

  for await (const line of linesOf(watched(content, digester), maxDocumentBytes)) {
    const kind = kindOf(line, records, delimiter)
    if (last === 'trailer') problem ??= { code: 'FILE_STRUCTURE', line: line.number, detail: AFTER_TRAILER }
    if (kind === 'header' && first !== undefined)
      problem ??= { code: 'FILE_STRUCTURE', line: line.number, detail: HEADER_AGAIN }
    first ??= kind
    last = kind
    if (kind === 'header' && header === undefined) header = Buffer.from(line.bytes)
    if (kind === 'detail') details++
    for (const { record, field } of counts) {
      if (!startsWith(line, record, delimiter)) continue
      const text = strictText(line.bytes, charset)
      if (text === undefined) problem ??= { code: 'FILE_CHARSET', line: line.number }
      else told.push({ line: line.number, value: text.split(delimiter)[field - 1]?.trim() ?? '' })
    }
  }
  return { header, details, digests: digester.end(), problem: problem ?? structure() }

  function structure(): FileProblem | undefined {
    if (first === undefined) return { code: 'FILE_EMPTY' }
    if (records?.header !== undefined && first !== 'header') return { code: 'FILE_HEADER_MISSING', line: 1 }
    if (records?.trailer !== undefined && last !== 'trailer')
      return { code: 'FILE_TRAILER_MISSING', detail: foundDetails(details) }
    const wrong = told.find(({ value }) => !/^\d{1,9}$/.test(value) || Number(value) !== details)
    if (wrong === undefined) return undefined
    // The value is the sender's own and may be anything; digits tell no secret.
    const value = /^\d{1,9}$/.test(wrong.value) ? wrong.value : '?'
    return {
      code: 'FILE_COUNT',
      line: wrong.line,
      detail: {
        zh: `应有 ${value} 条明细，实有 ${details} 条`,
        en: `expected ${value} detail lines, found ${details}`,
      },
    }
  }
}

const AFTER_TRAILER = { zh: '尾记录之后还有内容', en: 'something follows the trailer' }
const HEADER_AGAIN = { zh: '头记录只能是第一行', en: 'a header stands below the first line' }

function foundDetails(details: number): { zh: string; en: string } {
  return { zh: `读到 ${details} 条明细`, en: `${details} detail lines were found` }
}

/** By the text before the first delimiter, which is ASCII, so that no second byte of a character can be taken for one. */
export function kindOf(line: Line, records: Records | undefined, delimiter: string): LineKind {
  if (records === undefined) return 'detail'
  for (const kind of ['detail', 'header', 'trailer'] as const) {
    const record = records[kind]
    if (record !== undefined && startsWith(line, record, delimiter)) return kind
  }
  return 'unknown'
}

function startsWith({ bytes }: Line, record: string, delimiter: string): boolean {
  const begin = Buffer.from(record + delimiter)
  return bytes.subarray(0, begin.length).equals(begin) || bytes.equals(Buffer.from(record))
}

/** Undefined where the bytes are no text in the character set. */
export function strictText(bytes: Uint8Array, charset: Charset): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
