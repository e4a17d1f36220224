/**
 * Sends a canonical message out through a package and in again: what does not come back is lost to everybody who is
 * told through this format.
 */
import { type Fault, IntakeError, MappingError } from '../contract/errors.ts'
import type { Message } from '../contract/message.ts'
import type { LoadedPackage } from './load-package.ts'
import { SAMPLE_CASE } from './sample-case.ts'
import { sampleFiles } from './sample-files.ts'

/** As the intake completes it from the catalogue before anybody is told. */
const ITEM = {
  catalogCode: '410190001000',
  taskCode: '1141000000000901362410190001000',
  taskHandleItem: '114100000000090136241019000100001',
  taskVersion: 1,
  name: '二级建造师注册资格认定',
  scenario: 'renewal',
}

/** The message as intake stores it: its item completed from the catalogue. */
export function completed(message: Message): Message {
  return message.type === 'case.submitted'
    ? ({ ...message, data: { ...message.data, item: ITEM } } as Message)
    : message
}

/** What became of one message. */
export interface Carried {
  /** Absent where the message did not come back. */
  readonly data?: unknown
  readonly problems: readonly string[]
}

/** One message out and in again. */
export async function carry(format: LoadedPackage, message: Message): Promise<Carried> {
  const outbound = format.outbound.get(message.type)
  if (outbound === undefined) return { problems: [] }
  let document: unknown
  try {
    document = await outbound.map(message, {
      nowMs: 0,
      receiver: { id: 'receiver', region: '410526' },
      files: sampleFiles(format.materials),
      case: { ...SAMPLE_CASE, caseNo: message.subject },
    })
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    return { problems: undeclaredGaps(format, error) }
  }
  const misfits = format.mappings.get(`out/${message.type}`)?.schema?.check(document) ?? []
  const problems = misfits.map((words) => `the partner's schema refuses ${words.replaceAll(/\d+/g, '#')}`)
  const received = throughWire(format, document)
  if (received.document === undefined) return { problems: [...problems, ...received.problems] }
  const name = format.identify(received.document)
  const inbound = name === undefined ? undefined : format.inbound.get(name)
  if (inbound === undefined) return { problems }
  const { draft, faults } = await inbound.map(received.document, {
    nowMs: 0,
    sender: { id: 'sender', region: '410526' },
  })
  const refused = faults.map(({ code, pointer, source }) => `${code} ${pointer ?? ''} ${source ?? ''}`)
  return { data: draft.data, problems: [...problems, ...refused] }
}

/**
 * A document written and read again by the package's own codec: what a partner would get of it. A character that the
 * partner's charset lacks stops a message by design and is no problem of the format.
 */
export function throughWire(
  format: Pick<LoadedPackage, 'encode' | 'decode'>,
  document: unknown,
): { readonly document?: unknown; readonly problems: readonly string[] } {
  try {
    const { body, contentType } = format.encode(document)
    return { document: format.decode(body, contentType).document, problems: [] }
  } catch (error) {
    if (error instanceof MappingError && error.code === 'MAPPING_CHARACTER') return { problems: [] }
    if (error instanceof MappingError || error instanceof IntakeError) return { problems: [error.message] }
    throw error
  }
}

/** Codes that stopped the message and are not declared to have no counterpart (`codes.<table>.without.canonical`). */
function undeclaredGaps(format: LoadedPackage, error: MappingError): readonly string[] {
  const faults = (error.details.faults ?? []) as readonly Fault[]
  if (faults.length === 0) return [error.message]
  return faults.flatMap(({ facts }) => {
    const { table, value } = (facts ?? {}) as { readonly table?: string; readonly value?: string }
    const without = format.declaration.codes[table ?? '']?.without?.canonical ?? {}
    return Object.hasOwn(without, String(value)) ? [] : [error.message]
  })
}

/** Whether a path lies at or below another. */
export function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}
