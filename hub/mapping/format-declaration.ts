/** format.yaml, read and checked by its schema. */

import formatSchema from '../../schemas/mapping/format.schema.json' with { type: 'json' }
import { readYaml } from '../config/read-yaml.ts'
import { type SchemaCheck, schemaCheck } from '../config/schema-check.ts'
import type { ConfigFault } from '../contract/errors.ts'
import { isMessageType, MESSAGE_TYPES, type MessageType } from '../contract/message.ts'
import type { DocumentDeclaration, DocumentLayout, EmbeddedDocument, Media } from '../document/media.ts'
import type { CodesWithout } from './code-table.ts'

interface Names {
  readonly zh: string
  readonly en: string
}

export interface InboundDeclaration {
  readonly type: MessageType
  readonly title?: Names
  /** Name of the partner schema. */
  readonly schema?: string
}

export interface OutboundDeclaration {
  readonly title?: Names
  /** As written: a value that begins with `=` is an expression. */
  readonly hints: Readonly<Record<string, string>>
  readonly schema?: string
  /** Name of the file in `out/`, where it is not the type: types of the entry `*` share one. */
  readonly file?: string
}

/** The entry of `out` that stands for every type without an entry of its own, and the file that those types share. */
const ANY_TYPE = '*'
const ANY_FILE = '_any'

export const ANSWER_PARTS = ['duplicate', 'taken', 'retry', 'refused', 'reference', 'words'] as const
export type AnswerPart = (typeof ANSWER_PARTS)[number]

/** How answers are read: expressions, and what the answers are written in. */
export type AnswerDeclaration = Readonly<Partial<Record<AnswerPart, string>>> & {
  /** As `media` of the format where it is absent; json for form and delimited. */
  readonly media?: Exclude<Media, 'delimited'>
  readonly lists: readonly string[]
  readonly embedded: readonly EmbeddedDocument[]
}

export interface CodesDeclaration {
  readonly title?: Names
  readonly direction: 'in' | 'out' | 'both'
  /** A list, or `<message type>#<path in its data>`. */
  readonly canonical?: string | readonly (string | boolean)[]
  readonly partner?: readonly string[]
  readonly without?: CodesWithout
}

/** A loss by design: a round trip through this format does not bring `path` back. */
export interface Loss {
  readonly type: MessageType
  readonly path: string
  readonly reason: string
}

/** How the receiver gets the files that a message refers to. */
export interface MaterialsDeclaration {
  /** `url` and `base64`: in the document, by `$fileUrl` and `$fileBase64`; `beside` and `blob`: with it, as its link can. */
  readonly as: 'none' | 'url' | 'base64' | 'beside' | 'blob'
  /** Largest file, bytes; a message with a larger one is parked. */
  readonly maxBytes?: number
}

/** schemas/mapping/format.schema.json describes every part. */
export interface FormatDeclaration extends DocumentDeclaration {
  readonly id: string
  readonly version: string
  readonly title: Names
  readonly nullWords: readonly string[]
  readonly identify: string
  readonly in: Readonly<Record<string, InboundDeclaration>>
  /** With the entry `*` spelt out. */
  readonly out: Readonly<Partial<Record<MessageType, OutboundDeclaration>>>
  readonly answer: AnswerDeclaration
  /** Expression that makes the answer to a sender of what became of its message; written as answers are read. */
  readonly reply?: string
  readonly materials?: MaterialsDeclaration
  readonly codes: Readonly<Record<string, CodesDeclaration>>
  readonly lossy: readonly Loss[]
}

let check: SchemaCheck | undefined

/** `folder` is the package's folder name, which its id must be. The declaration is absent where there are faults. */
export function readDeclaration(
  text: string,
  file: string,
  folder: string,
): { readonly declaration?: FormatDeclaration; readonly faults: readonly ConfigFault[] } {
  const { value, faults } = readYaml(text, file)
  if (faults.length > 0) return { faults }
  check ??= schemaCheck(formatSchema, { strict: true })
  const found = check(value, file)
  if (found.length > 0) return { faults: found }

  const written = value as FormatDeclaration
  const declaration: FormatDeclaration = { ...written, out: spellOut(written.out) }
  const beyond: ConfigFault[] = []
  if (declaration.id !== folder) {
    beyond.push({
      file,
      path: '/id',
      code: 'FORMAT_ID',
      reason: `The id is ${declaration.id}, the folder is called ${folder}.`,
      remedy: 'Give both the same name.',
    })
  }
  const types: [string, string][] = [
    ...Object.entries(declaration.in).map(([name, { type }]): [string, string] => [`/in/${name}/type`, type]),
    ...Object.keys(declaration.out).map((type): [string, string] => [`/out/${type}`, type]),
    ...declaration.lossy.map(({ type }, index): [string, string] => [`/lossy/${index}/type`, type]),
  ]
  for (const [path, type] of types) {
    if (!isMessageType(type)) {
      beyond.push({
        file,
        path,
        code: 'FORMAT_TYPE_UNKNOWN',
        reason: `${type} is not a message type.`,
        remedy: 'Use one of the types of schemas/canonical/.',
      })
    }
  }
  beyond.push(...layoutFaults(declaration, file))
  return beyond.length > 0 ? { faults: beyond } : { declaration, faults: [] }
}

/** What answers of the format are written in. */
export function answerLayout({ media, answer }: FormatDeclaration): DocumentLayout {
  const usual = media === 'xml' ? 'xml' : 'json'
  return { media: answer.media ?? usual, lists: answer.lists, embedded: answer.embedded }
}

function layoutFaults({ media, delimited }: FormatDeclaration, file: string): readonly ConfigFault[] {
  const faults: ConfigFault[] = []
  const report = (path: string, reason: string, remedy: string): void => {
    faults.push({ file, path, code: 'FORMAT_DELIMITED', reason, remedy })
  }
  if ((media === 'delimited') !== (delimited !== undefined)) {
    report(
      '/delimited',
      'The medium delimited and its layout come together.',
      'Say media: delimited and declare the records, or remove the setting.',
    )
  }
  for (const [record, column] of Object.entries(delimited?.freeText ?? {})) {
    const columns = delimited?.records[record] ?? []
    if (!columns.slice(1).includes(column)) {
      report(
        `/delimited/freeText/${record}`,
        `The record ${record} has no column ${column} after its first.`,
        'Name a column of the record.',
      )
    }
  }
  return faults
}

function spellOut(out: Readonly<Record<string, OutboundDeclaration>>): FormatDeclaration['out'] {
  const { [ANY_TYPE]: any, ...own } = out
  if (any === undefined) return own
  const shared = { ...any, file: ANY_FILE }
  return { ...Object.fromEntries(MESSAGE_TYPES.map((type) => [type, shared])), ...own }
}
