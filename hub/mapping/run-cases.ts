/**
 * Runs the test cases of a package: tests as data, the same runner for the test suite, the command line and previews.
 * `cases/<title>/` holds case.yaml (schemas/mapping/case.schema.json), input.json and, unless a refusal is expected,
 * expected.json.
 */

import caseSchema from '../../schemas/mapping/case.schema.json' with { type: 'json' }
import { epochOfBeijing } from '../canonical/calendar-date.ts'
import type { Validator } from '../canonical/validator.ts'
import { readYaml } from '../config/read-yaml.ts'
import { type SchemaCheck, schemaCheck } from '../config/schema-check.ts'
import { type ConfigFault, type Fault, MappingError } from '../contract/errors.ts'
import type { Message, MessageType } from '../contract/message.ts'
import { type Difference, differences } from './difference.ts'
import type { OutboundContext } from './format-package.ts'
import type { LoadedPackage } from './load-package.ts'

interface CaseFile {
  readonly about: string
  readonly direction: 'in' | 'out' | 'answer'
  readonly message?: string
  readonly now: string
  readonly system?: { readonly id: string; readonly region: string }
  readonly case: Omit<OutboundContext['case'], 'caseNo'> & { readonly caseNo?: string }
  readonly faults?: readonly { readonly code: string; readonly pointer?: string; readonly source?: string }[]
  readonly fits: boolean
}

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
}

/** All cases, by title. Does not throw: what keeps a case from running is a problem of that case. */
export async function runCases(
  format: LoadedPackage,
  { validator }: { readonly validator: Validator },
): Promise<readonly CaseResult[]> {
  const titles = [...new Set([...format.cases.keys()].map((path) => path.split('/', 1)[0] as string))].sort()
  const results: CaseResult[] = []
  for (const title of titles) results.push(await runCase(format, title, validator))
  return results
}

async function runCase(format: LoadedPackage, title: string, validator: Validator): Promise<CaseResult> {
  const read = readCase(format, title)
  const blank = {
    package: format.id,
    title,
    about: '',
    direction: 'in' as const,
    message: undefined,
    actual: undefined,
  }
  if (read.problems !== undefined)
    return { ...blank, passed: false, differences: [], problems: read.problems }
  const { file, input, expected } = read
  const { actual, problems } = await evaluate(format, file, input, validator)
  const wanted = file.faults === undefined ? expected : { faults: inOrder(file.faults) }
  const found = differences(wanted, actual)
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
  }
}

interface Evaluated {
  /** The output, or `{faults}` where it was refused. */
  readonly actual: unknown
  readonly problems: readonly string[]
}

async function evaluate(
  format: LoadedPackage,
  file: CaseFile,
  input: unknown,
  validator: Validator,
): Promise<Evaluated> {
  switch (file.direction) {
    case 'in':
      return evaluateIn(format, file, input, validator)
    case 'out':
      return evaluateOut(format, file, input as Message, validator)
    case 'answer': {
      const { status, body } = input as { status?: number; body?: unknown }
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
  input: unknown,
  validator: Validator,
): Promise<Evaluated> {
  const mapping = format.inbound.get(message)
  if (mapping === undefined) return { actual: undefined, problems: [`There is no in/${message}.jsonata.`] }
  const problems: string[] = []
  const identified = format.identify(input)
  if (identified !== message)
    problems.push(`identify takes the document for ${identified ?? 'none of the package'}.`)
  const schema = format.mappings.get(`in/${message}`)?.schema
  if (fits)
    problems.push(
      ...(schema?.check(input) ?? []).map((words) => `input.json, by the partner's schema: ${words}`),
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
  { message = '', now, system, fits, case: about }: CaseFile,
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
      case: { ...about, caseNo: about.caseNo ?? input.subject },
    })
    const schema = format.mappings.get(`out/${message}`)?.schema
    problems.push(
      ...(schema?.check(actual) ?? []).map((words) => `The output, by the partner's schema: ${words}`),
    )
    return { actual, problems }
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    const faults = error.details.faults as readonly Fault[] | undefined
    if (faults !== undefined) return { actual: { faults: inOrder(faults) }, problems }
    return { actual: undefined, problems: [...problems, `${error.code}: ${error.message}`] }
  }
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

let check: SchemaCheck | undefined

function readCase(
  format: LoadedPackage,
  title: string,
):
  | {
      readonly file: CaseFile
      readonly input: unknown
      readonly expected: unknown
      readonly problems?: undefined
    }
  | { readonly problems: readonly string[] } {
  const text = format.cases.get(`${title}/case.yaml`)
  if (text === undefined) return { problems: ['case.yaml is missing.'] }
  const { value, faults } = readYaml(text, 'case.yaml')
  check ??= schemaCheck(caseSchema, { strict: true })
  const wrong: readonly ConfigFault[] = faults.length > 0 ? faults : check(value, 'case.yaml')
  if (wrong.length > 0)
    return { problems: wrong.map(({ path, reason, remedy }) => `case.yaml${path}: ${reason} ${remedy}`) }
  const file = value as CaseFile
  const problems: string[] = []
  const json = (name: string, needed: boolean): unknown => {
    const content = format.cases.get(`${title}/${name}`)
    if (content === undefined) {
      if (needed) problems.push(`${name} is missing.`)
      return undefined
    }
    if (!needed) problems.push(`${name} and faults exclude each other.`)
    try {
      return JSON.parse(content)
    } catch (error) {
      problems.push(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}.`)
      return undefined
    }
  }
  const input = json('input.json', true)
  const expected = json('expected.json', file.faults === undefined)
  return problems.length > 0 ? { problems } : { file, input, expected }
}
