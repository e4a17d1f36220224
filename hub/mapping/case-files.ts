/**
 * The files of one test case: `cases/<title>/` holds case.yaml (schemas/mapping/case.schema.json), the input, and what it
 * becomes. Documents stand as JSON in input.json and expected.json; a partner's document may stand as its own raw text
 * instead (input.xml, input.txt; expected.xml, expected.txt for what is sent), in UTF-8 whatever the partner uses.
 */
import caseSchema from '../../schemas/mapping/case.schema.json' with { type: 'json' }
import { readYaml } from '../config/read-yaml.ts'
import { type SchemaCheck, schemaCheck } from '../config/schema-check.ts'
import type { ConfigFault } from '../contract/errors.ts'
import { writeText } from '../document/write-text.ts'
import type { FormatPackage, OutboundContext } from './format-package.ts'
import type { LoadedPackage } from './load-package.ts'
import type { PackageFiles } from './package-files.ts'

export interface CaseFile {
  readonly about: string
  readonly direction: 'in' | 'out' | 'answer'
  readonly message?: string
  readonly now: string
  readonly system?: { readonly id: string; readonly region: string }
  readonly case: Omit<OutboundContext['case'], 'caseNo'> & { readonly caseNo?: string }
  readonly faults?: readonly { readonly code: string; readonly pointer?: string; readonly source?: string }[]
  readonly fits: boolean
}

/** A document as JSON gives it, or the raw text of one. */
export type CaseText =
  | { readonly kind: 'document'; readonly document: unknown }
  | { readonly kind: 'text'; readonly name: string; readonly text: string }

export interface StoredCase {
  readonly file: CaseFile
  readonly input: CaseText
  /** Absent where a refusal is expected. */
  readonly expected: CaseText | undefined
}

export function caseTitles(cases: PackageFiles): readonly string[] {
  return [...new Set([...cases.keys()].map((path) => path.split('/', 1)[0] as string))].sort()
}

let check: SchemaCheck | undefined

export function readCase(
  cases: PackageFiles,
  title: string,
): { readonly stored: StoredCase } | { readonly problems: readonly string[] } {
  const text = cases.get(`${title}/case.yaml`)
  if (text === undefined) return { problems: ['case.yaml is missing.'] }
  const { value, faults } = readYaml(text, 'case.yaml')
  check ??= schemaCheck(caseSchema, { strict: true })
  const wrong: readonly ConfigFault[] = faults.length > 0 ? faults : check(value, 'case.yaml')
  if (wrong.length > 0)
    return { problems: wrong.map(({ path, reason, remedy }) => `case.yaml${path}: ${reason} ${remedy}`) }
  const file = value as CaseFile
  const problems: string[] = []
  const input = caseText(cases, title, 'input', problems)
  const expected = caseText(cases, title, 'expected', problems)
  if (input === undefined && problems.length === 0) problems.push('input.json is missing.')
  if (file.faults === undefined && expected === undefined) problems.push('expected.json is missing.')
  if (file.faults !== undefined && expected !== undefined)
    problems.push('expected.json and faults exclude each other.')
  if (input?.kind === 'text' && file.direction === 'out')
    problems.push(`${input.name}: the input of an outgoing mapping is a canonical message; write it as JSON.`)
  if (expected?.kind === 'text' && file.direction !== 'out')
    problems.push(`${expected.name}: only what is sent is expected as raw text; write expected.json.`)
  return problems.length > 0 || input === undefined ? { problems } : { stored: { file, input, expected } }
}

/** `<side>.json`, `<side>.xml` or `<side>.txt`. */
function caseText(
  cases: PackageFiles,
  title: string,
  side: 'input' | 'expected',
  problems: string[],
): CaseText | undefined {
  const names = ['json', 'xml', 'txt'].map((ending) => `${side}.${ending}`)
  const [name, second] = names.filter((one) => cases.has(`${title}/${one}`))
  if (name === undefined) return undefined
  if (second !== undefined) {
    problems.push(`${name} and ${second} exclude each other.`)
    return undefined
  }
  const text = cases.get(`${title}/${name}`) as string
  if (!name.endsWith('.json')) return { kind: 'text', name, text: withoutLastBreak(text) }
  try {
    return { kind: 'document', document: JSON.parse(text) }
  } catch (error) {
    problems.push(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}.`)
    return undefined
  }
}

/** Editors end the last line; in a form that would be part of the last value. */
function withoutLastBreak(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** The raw text as the partner sends it: in the charset of its format. @throws MappingError MAPPING_CHARACTER */
export function bytesOfText(format: Pick<FormatPackage, 'charset'>, text: string): Uint8Array {
  return writeText(text, format.charset)
}

/**
 * The partner's document that a case shows.
 * @throws IntakeError where a raw text cannot be read, MappingError where the charset of the format lacks a character
 */
export function documentOf(format: Pick<LoadedPackage, 'charset' | 'decode'>, input: CaseText): unknown {
  if (input.kind === 'document') return input.document
  // Said by the transport, so that the declaration in a sample may name what it does in the partner's documents.
  const contentType = `text/plain; charset=${format.charset}`
  return format.decode(bytesOfText(format, input.text), contentType).document
}
