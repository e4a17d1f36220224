/**
 * The child process of a preview: reads a request, maps one input, prints the result, ends. It is started with a hard
 * memory limit and killed after its time; what it runs may be anybody's draft.
 */
import { pathToFileURL } from 'node:url'
import { loadValidator } from '../../canonical/validator.ts'
import { type Fault, IntakeError, MappingError } from '../../contract/errors.ts'
import type { Message, MessageType } from '../../contract/message.ts'
import { documentOf } from '../case-files.ts'
import type { LoadedPackage } from '../load-package.ts'
import { loadSource, readWorkingCopy } from '../registry/package-source.ts'
import { SAMPLE_CASE } from '../sample-case.ts'
import { sampleFiles } from '../sample-files.ts'
import type { PreviewRequest, PreviewResult } from './preview-request.ts'

/** Runs one input through the working copy. Never throws for what is wrong with package or input. */
export async function preview(request: PreviewRequest): Promise<PreviewResult> {
  const source = readWorkingCopy(request, request.format)
  if (source === undefined) return { kind: 'failed', words: `There is no format ${request.format}.` }
  const loaded = loadSource(source)
  if (loaded.package === undefined) return { kind: 'unsound', faults: loaded.faults }
  const input = readInput(loaded.package, request)
  if ('words' in input) return { kind: 'failed', words: input.words }
  try {
    return request.direction === 'in'
      ? await previewIn(loaded.package, request, input.document)
      : await previewOut(loaded.package, request, input.document)
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    // The engine's own words: which budget was used up, which value did not fit.
    const why = error.cause instanceof Error ? ` ${error.cause.message}.` : ''
    return { kind: 'failed', words: `${error.code}: ${error.message}${why}` }
  }
}

/** A document of another medium may be given as JSON too: that is how test cases show it. */
function readInput(
  format: LoadedPackage,
  { direction, input }: PreviewRequest,
): { readonly document: unknown } | { readonly words: string } {
  if (direction === 'out' || format.media === 'json' || /^\s*\{/.test(input)) {
    try {
      return { document: JSON.parse(input) }
    } catch (error) {
      return { words: `The input is not JSON: ${error instanceof Error ? error.message : error}.` }
    }
  }
  try {
    return { document: documentOf(format, { kind: 'text', name: 'the input', text: input.trimEnd() }) }
  } catch (error) {
    if (!(error instanceof IntakeError || error instanceof MappingError)) throw error
    return { words: `${error.code}: ${error.message}.` }
  }
}

async function previewIn(
  format: LoadedPackage,
  { message, nowMs, system }: PreviewRequest,
  input: unknown,
): Promise<PreviewResult> {
  const mapping = format.inbound.get(message)
  if (mapping === undefined) return unknown('in', message, format.inbound.keys())
  const { draft, faults } = await mapping.map(input, { nowMs, sender: system })
  const refused = new Set(faults.map(({ pointer }) => pointer))
  const formal = loadValidator()
    .validate(mapping.type, draft.data)
    .filter(({ code, pointer }) => code !== 'FIELD_REQUIRED' || !refused.has(pointer))
    .map((fault): Fault => {
      const source = fault.pointer === undefined ? undefined : mapping.sourceOf(fault.pointer)
      return source === undefined ? fault : { ...fault, source }
    })
  const identified = format.identify(input)
  const inputMisfits = [...(format.mappings.get(`in/${message}`)?.schema?.check(input) ?? [])]
  if (identified !== message)
    inputMisfits.push(`identify takes the document for ${identified ?? 'none of the package'}.`)
  return {
    kind: 'mapped',
    version: format.version,
    output: draft,
    faults: [...faults, ...formal],
    misfits: [],
    inputMisfits,
  }
}

async function previewOut(
  format: LoadedPackage,
  { message, nowMs, system }: PreviewRequest,
  input: unknown,
): Promise<PreviewResult> {
  const mapping = format.outbound.get(message as MessageType)
  if (mapping === undefined) return unknown('out', message, format.outbound.keys())
  const inputMisfits = loadValidator()
    .validateMessage(input)
    .map(({ pointer, code, reason }) => `${pointer ?? ''} ${code} ${reason.en}`)
  const context = {
    nowMs,
    receiver: system,
    files: sampleFiles(format.materials),
    case: { ...SAMPLE_CASE, caseNo: String((input as Message)?.subject) },
  }
  try {
    const output = await mapping.map(input as Message, context)
    const misfits = format.mappings.get(`out/${message}`)?.schema?.check(output) ?? []
    const sent = new TextDecoder(format.charset).decode(format.encode(output).body)
    return {
      kind: 'mapped',
      version: format.version,
      output,
      ...(format.media === 'json' ? {} : { sent }),
      faults: [],
      misfits,
      inputMisfits,
    }
  } catch (error) {
    const faults =
      error instanceof MappingError ? (error.details.faults as readonly Fault[] | undefined) : undefined
    if (faults === undefined) throw error
    return { kind: 'mapped', version: format.version, faults, misfits: [], inputMisfits }
  }
}

function unknown(side: string, message: string, known: Iterable<string>): PreviewResult {
  return {
    kind: 'failed',
    words: `There is no ${side}/${message}.jsonata; there are: ${[...known].join(', ')}.`,
  }
}

async function main(): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const request = JSON.parse(Buffer.concat(chunks).toString('utf8')) as PreviewRequest
  process.stdout.write(JSON.stringify(await preview(request)))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
