/**
 * Runs the test cases of a package: tests as data, the same runner for the test suite, the command line and previews.
 * Documents go through the package's own codec as far as a case gives raw text, and everything that is sent is written
 * once, so that a value that the partner's medium or charset cannot hold is found here.
 */
import { epochOfBeijing } from '../canonical/calendar-date.ts'
import type { Validator } from '../canonical/validator.ts'
import { type Fault, IntakeError, MappingError } from '../contract/errors.ts'
import type { Message, MessageType } from '../contract/message.ts'
import { bytesOfText, type CaseFile, type CaseText, caseTitles, documentOf, readCase } from './case-files.ts'
import { type Difference, differences } from './difference.ts'
import type { LoadedPackage } from './load-package.ts'
import { sampleFiles } from './sample-files.ts'

export interface CaseResult {
  readonly package: string
  readonly title: string
  readonly about: string
  readonly direction: CaseFile['direction']
  /** Name of the mapping: `CASE_APPLY`, `case.accepted`. */
  readonly message: string | undefined
  readonly passed: boolean
  /** Where the output is not as expected. */
  readonly differences: readonly Difference[]
  /** What else is wrong: with the files of the case, or with an output that its schema refuses. */
  readonly problems: readonly string[]
  /** What the package made of the input; for whoever writes the expectation. */
  readonly actual: unknown
  /** The same as the text that is sent, for an outgoing message. */
  readonly sent?: string
}

/** All cases, by title. Does not throw: what keeps a case from running is a problem of that case. */
export async function runCases(
  format: LoadedPackage,
  { validator }: { readonly validator: Validator },
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for (const title of caseTitles(format.cases)) results.push(await runCase(format, title, validator))
  return results
}

async function runCase(format: LoadedPackage, title: string, validator: Validator): Promise<CaseResult> {
  const read = readCase(format.cases, title)
  const blank = {
    package: format.id,
    title,
    about: '',
    direction: 'in' as const,
    message: undefined,
    actual: undefined,
  }
  if ('problems' in read) return { ...blank, passed: false, differences: [], problems: read.problems }
  const { file, input, expected } = read.stored
  const evaluated = await evaluate(format, file, input, validator)
  const { actual, sent } = evaluated
  const problems = [...evaluated.problems]
  const found = compared(format, file, expected, evaluated, problems)
  return {
    package: format.id,
    title,
    about: file.about,
    direction: file.direction,
    message: file.message,
    passed: found.length === 0 && problems.length === 0,
    differences: found,
    problems,
    actual,
    ...(sent === undefined ? {} : { sent }),
  }
}

/**
 * Raw texts are compared as documents: white space between elements may differ, an embedded document has to be as it is
 * written, character by character.
 */
function compared(
  format: LoadedPackage,
  { faults }: CaseFile,
  expected: CaseText | undefined,
  { actual, sent }: Evaluated,
  problems: string[],
): readonly Difference[] {
  if (faults !== undefined) return differences({ faults: inOrder(faults) }, actual)
  if (expected?.kind !== 'text') return differences(expected?.document, actual)
  if (sent === undefined) return differences(expected.text, actual)
  try {
    return differences(format.outer(expected.text), format.outer(sent))
  } catch (error) {
    if (!(error instanceof IntakeError || error instanceof MappingError)) throw error
    problems.push(`${expected.name}: ${error.message}.`)
    return []
  }
}

interface Evaluated {
  /** The output, or `{faults}` where it was refused. */
  readonly actual: unknown
  readonly problems: readonly string[]
  /** The output as it is sent, for `out`. */
  readonly sent?: string
}

async function evaluate(
  format: LoadedPackage,
  file: CaseFile,
  input: CaseText,
  validator: Validator,
): Promise<Evaluated> {
  switch (file.direction) {
    case 'in':
      return evaluateIn(format, file, input, validator)
    case 'out':
      return evaluateOut(format, file, (input as { document: unknown }).document as Message, validator)
    case 'answer': {
      if (input.kind === 'text')
        return { actual: format.readAnswer({ body: bytesOfText(format, input.text) }), problems: [] }
      const { status, body } = input.document as { status?: number; body?: unknown }
      const text = typeof body === 'string' ? body : JSON.stringify(body ?? null)
      const bytes = new TextEncoder().encode(text)
      return {
        actual: format.readAnswer({ ...(status === undefined ? {} : { status }), body: bytes }),
        problems: [],
      }
    }
  }
}

async function evaluateIn(
  format: LoadedPackage,
  { message = '', now, system, fits }: CaseFile,
  given: CaseText,
  validator: Validator,
): Promise<Evaluated> {
  const mapping = format.inbound.get(message)
  if (mapping === undefined) return { actual: undefined, problems: [`There is no in/${message}.jsonata.`] }
  const problems: string[] = []
  let input: unknown
  try {
    input = documentOf(format, given)
  } catch (error) {
    return undecodable(error)
  }
  const identified = format.identify(input)
  if (identified !== message)
    problems.push(`identify takes the document for ${identified ?? 'none of the package'}.`)
  const schema = format.mappings.get(`in/${message}`)?.schema
  if (fits)
    problems.push(
      ...(schema?.check(input) ?? []).map((words) => `${nameOf(given)}, by the partner's schema: ${words}`),
    )
  try {
    const sender = system ?? { id: 'city-411300', region: '411300' }
    const { draft, faults } = await mapping.map(input, { nowMs: epochOfBeijing(now) ?? 0, sender })
    const refused = new Set(faults.map(({ pointer }) => pointer))
    const formal = validator
      .validate(mapping.type, draft.data)
      .filter(({ code, pointer }) => code !== 'FIELD_REQUIRED' || !refused.has(pointer))
      .map((fault) => withSource(fault, mapping.sourceOf))
    const all = [...faults, ...formal]
    return { actual: all.length === 0 ? draft : { faults: inOrder(all) }, problems }
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    return { actual: undefined, problems: [...problems, `${error.code}: ${error.message}`] }
  }
}

async function evaluateOut(
  format: LoadedPackage,
  { message = '', now, system, fits, case: about, faults: expected }: CaseFile,
  input: Message,
  validator: Validator,
): Promise<Evaluated> {
  const mapping = format.outbound.get(message as MessageType)
  if (mapping === undefined) return { actual: undefined, problems: [`There is no out/${message}.jsonata.`] }
  const problems: string[] = []
  if (fits) {
    for (const { pointer, code, reason } of validator.validateMessage(input)) {
      problems.push(`input.json, by the canonical schema: ${pointer ?? ''} ${code} ${reason.en}`)
    }
  }
  const receiver = system ?? { id: 'receiver', region: '410526' }
  try {
    const actual = await mapping.map(input, {
      nowMs: epochOfBeijing(now) ?? 0,
      receiver,
      files: sampleFiles(format.materials),
      case: { ...about, caseNo: about.caseNo ?? input.subject },
    })
    const schema = format.mappings.get(`out/${message}`)?.schema
    problems.push(
      ...(schema?.check(actual) ?? []).map((words) => `The output, by the partner's schema: ${words}`),
    )
    const sent = new TextDecoder(format.charset).decode(format.encode(actual).body)
    return { actual, problems, sent }
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    const faults = error.details.faults as readonly Fault[] | undefined
    if (faults !== undefined) return { actual: { faults: inOrder(faults) }, problems }
    // What cannot be written stops the message as well, and a case may be about that.
    if (expected !== undefined) return { actual: { faults: [{ code: error.code }] }, problems }
    return { actual: undefined, problems: [...problems, `${error.code}: ${error.message}`] }
  }
}

/** A raw text that the codec refuses may be what the case is about. */
function undecodable(error: unknown): Evaluated {
  if (error instanceof IntakeError && error.faults.length > 0)
    return { actual: { faults: inOrder(error.faults) }, problems: [] }
  if (error instanceof IntakeError || error instanceof MappingError)
    return { actual: undefined, problems: [`${error.code}: ${error.message}`] }
  throw error
}

function nameOf(given: CaseText): string {
  return given.kind === 'text' ? given.name : 'input.json'
}

function withSource(fault: Fault, sourceOf: (pointer: string) => string | undefined): Fault {
  const source = fault.pointer === undefined ? undefined : sourceOf(fault.pointer)
  return source === undefined ? fault : { ...fault, source }
}

/** The parts of faults that a case states, in an order that does not depend on the mapping's. */
function inOrder(faults: NonNullable<CaseFile['faults']> | readonly Fault[]): unknown[] {
  return faults
    .map(({ code, pointer, source }) => ({
      code,
      ...(pointer === undefined ? {} : { pointer }),
      ...(source === undefined ? {} : { source }),
    }))
    .map((fault) => ({ key: JSON.stringify(fault), fault }))
    .sort((first, second) => (first.key < second.key ? -1 : first.key > second.key ? 1 : 0))
    .map(({ fault }) => fault)
}
