/**
 * How two versions of a package differ in what they do, not in their text: both map the same inputs — the cases of
 * either version and made-up messages — and the outputs are compared path by path.
 */
import type { Validator } from '../../canonical/validator.ts'
import { type Fault, MappingError } from '../../contract/errors.ts'
import type { Message, MessageType } from '../../contract/message.ts'
import type { CanonicalSchemas } from '../canonical-schemas.ts'
import { differences } from '../difference.ts'
import type { LoadedPackage } from '../load-package.ts'
import type { PackageFiles } from '../package-files.ts'
import { throughWire } from '../round-trip.ts'
import { runCases } from '../run-cases.ts'
import { SAMPLE_CASE } from '../sample-case.ts'
import { sampleFiles } from '../sample-files.ts'
import { type FastCheck, type Generation, generateMessages } from './canonical-arbitrary.ts'
import { generalPath } from './leaves.ts'

export interface PathDiff {
  /** `in/CASE_APPLY`, `out/case.accepted`, `answer`. */
  readonly mapping: string
  /** In the output; `faults…` where one version refuses what the other takes. */
  readonly path: string
  /** Inputs for which the two differ here. */
  readonly inputs: number
  /** The first of them: a case, or made up. */
  readonly first: string
  readonly example: { readonly old?: unknown; readonly new?: unknown }
}

export interface BehaviourDiff {
  /** Inputs that both versions mapped. */
  readonly compared: number
  readonly paths: readonly PathDiff[]
  /** Mappings that only one of the two has. */
  readonly only: { readonly old: readonly string[]; readonly new: readonly string[] }
}

export interface DiffTools {
  readonly schemas: CanonicalSchemas
  readonly validator: Validator
  readonly fc: FastCheck | undefined
  readonly generation: Generation
}

export async function behaviourDiff(
  old: LoadedPackage,
  changed: LoadedPackage,
  tools: DiffTools,
): Promise<BehaviourDiff> {
  const notes = new DiffNotes()
  const cases = unitedCases(old.cases, changed.cases)
  const [before, after] = [
    await runCases({ ...old, cases }, tools),
    await runCases({ ...changed, cases }, tools),
  ]
  for (const [index, one] of before.entries()) {
    const other = after[index]
    const mapping = one.direction === 'answer' ? 'answer' : `${one.direction}/${one.message}`
    if (one.direction !== 'answer' && !(old.mappings.has(mapping) && changed.mappings.has(mapping))) continue
    notes.compare(mapping, `case ${one.title}`, one.actual, other?.actual)
  }
  for (const type of old.outbound.keys()) {
    if (tools.fc === undefined || !changed.outbound.has(type)) continue
    for (const message of generateMessages(tools.fc, type, tools.schemas, tools.generation)) {
      const documents = [await mapOut(old, type, message), await mapOut(changed, type, message)] as const
      notes.compare(`out/${type}`, 'a made-up message', ...documents)
      for (const document of documents) await compareIn(old, changed, document, notes)
    }
  }
  const names = (one: LoadedPackage, other: LoadedPackage) =>
    [...one.mappings.keys()].filter((name) => !other.mappings.has(name))
  return {
    compared: notes.compared,
    paths: notes.paths(),
    only: { old: names(old, changed), new: names(changed, old) },
  }
}

/** What a receiver would answer with comes back in: the other direction of the same document. */
async function compareIn(
  old: LoadedPackage,
  changed: LoadedPackage,
  sent: unknown,
  notes: DiffNotes,
): Promise<void> {
  const { document } = throughWire(old, sent)
  const name = old.identify(document)
  if (name === undefined || !old.inbound.has(name) || !changed.inbound.has(name)) return
  notes.compare(
    `in/${name}`,
    'the document of a made-up message',
    await mapIn(old, name, document),
    await mapIn(changed, name, document),
  )
}

const RECEIVER = { id: 'county-410526', region: '410526' }
const SENDER = { id: 'city-411300', region: '411300' }

async function mapOut(format: LoadedPackage, type: MessageType, message: Message): Promise<unknown> {
  try {
    const context = {
      nowMs: 0,
      receiver: RECEIVER,
      files: sampleFiles(format.materials),
      case: { ...SAMPLE_CASE, caseNo: message.subject },
    }
    return await format.outbound.get(type)?.map(message, context)
  } catch (error) {
    return refusal(error)
  }
}

async function mapIn(format: LoadedPackage, name: string, document: unknown): Promise<unknown> {
  try {
    const made = await format.inbound.get(name)?.map(document, { nowMs: 0, sender: SENDER })
    return made === undefined || made.faults.length === 0
      ? made?.draft
      : { ...made.draft, faults: made.faults.map(placeOf) }
  } catch (error) {
    return refusal(error)
  }
}

function refusal(error: unknown): unknown {
  if (!(error instanceof MappingError)) throw error
  const faults = error.details.faults as readonly Fault[] | undefined
  return { faults: faults?.map(placeOf) ?? [{ code: error.code }] }
}

function placeOf({ code, pointer, source }: Fault): object {
  return { code, ...(pointer === undefined ? {} : { pointer }), ...(source === undefined ? {} : { source }) }
}

/** The cases of both versions; where one changed its files, both are run. */
function unitedCases(old: PackageFiles, changed: PackageFiles): PackageFiles {
  const titles = new Set([...old.keys()].map((path) => path.split('/', 1)[0] as string))
  const united = new Map(changed)
  for (const title of titles) {
    const files = [...old].filter(([path]) => path.startsWith(`${title}/`))
    if (files.every(([path, text]) => changed.get(path) === text)) continue
    for (const [path, text] of files) united.set(`${title} (old)${path.slice(title.length)}`, text)
  }
  return united
}

class DiffNotes {
  compared = 0
  readonly #paths = new Map<string, { -readonly [Key in keyof PathDiff]: PathDiff[Key] }>()

  compare(mapping: string, input: string, old: unknown, changed: unknown): void {
    this.compared++
    const met = new Set<string>()
    for (const { path, ...sides } of differences(old, changed)) {
      const general = generalPath(path)
      if (met.has(general)) continue
      met.add(general)
      const key = `${mapping} ${general}`
      const known = this.#paths.get(key)
      if (known !== undefined) known.inputs++
      else {
        const example = {
          ...('expected' in sides ? { old: sides.expected } : {}),
          ...('actual' in sides ? { new: sides.actual } : {}),
        }
        this.#paths.set(key, { mapping, path: general, inputs: 1, first: input, example })
      }
    }
  }

  paths(): readonly PathDiff[] {
    return [...this.#paths.values()].sort((one, other) =>
      one.mapping === other.mapping
        ? Number(one.path > other.path) - Number(one.path < other.path)
        : Number(one.mapping > other.mapping) - Number(one.mapping < other.mapping),
    )
  }
}
