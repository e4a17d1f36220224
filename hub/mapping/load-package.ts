/** One format package: its files checked against each other, its expressions compiled. Pure: the files are given as text. */
import { createHash } from 'node:crypto'
import type { ConfigFault } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import { codecOf } from '../document/codec.ts'
import { answerReader } from './answer-reading.ts'
import type { CodeTable } from './code-table.ts'
import type { SourceFile } from './composed-source.ts'
import type { Expression } from './expression.ts'
import {
  ANSWER_PARTS,
  type AnswerPart,
  answerLayout,
  type FormatDeclaration,
  readDeclaration,
} from './format-declaration.ts'
import type { FormatPackage, InboundMapping, OutboundMapping } from './format-package.ts'
import { readHints } from './hints.ts'
import { inboundMapping } from './inbound-mapping.ts'
import { outboundMapping } from './outbound-mapping.ts'
import type { PackageFiles } from './package-files.ts'
import { type MappingFile, OUTBOUND_VARIABLES, type PackageParts, PackageReader } from './package-reader.ts'
import { replyWriter } from './reply-writing.ts'

export interface LoadedPackage extends FormatPackage {
  readonly declaration: FormatDeclaration
  readonly tables: ReadonlyMap<string, CodeTable>
  readonly mappings: ReadonlyMap<string, MappingFile>
  /** Files below `cases/`, by their path there. */
  readonly cases: PackageFiles
}

const FILE_KINDS = /^(format\.yaml|(in|out|shared)\/[^/]+\.jsonata|codes\/[^/]+\.csv|cases\/.+|README\.md)$/

/** The package is absent where there are faults; all of them are told at once. */
export function loadPackage(parts: PackageParts): {
  readonly package?: LoadedPackage
  readonly faults: readonly ConfigFault[]
} {
  const { folder, files } = parts
  const yaml = `mappings/${folder}/format.yaml`
  const text = files.get('format.yaml')
  if (text === undefined) return { faults: [noDeclaration(yaml)] }
  const { declaration, faults: wrong } = readDeclaration(text, yaml, folder)
  if (declaration === undefined) return { faults: wrong }

  const reader = new PackageReader(parts, declaration)
  const mappings = new Map<string, MappingFile>()
  const inbound = new Map<string, InboundMapping>()
  for (const [name, entry] of Object.entries(declaration.in)) {
    const mapping = reader.mapping('in', name, entry)
    if (mapping === undefined) continue
    mappings.set(mapping.name, mapping)
    inbound.set(name, inboundMapping(name, entry.type, mapping.expression, mapping.lineage, reader.nullWords))
  }
  const outbound = new Map<MessageType, OutboundMapping>()
  for (const [key, entry] of Object.entries(declaration.out)) {
    const type = key as MessageType
    const mapping = reader.mapping('out', type, { ...entry, type })
    if (mapping === undefined) continue
    mappings.set(mapping.name, mapping)
    const hints = readHints(entry.hints ?? {}, (name, text) =>
      reader.inline(text, `/out/${key}/hints/${name}`, OUTBOUND_VARIABLES),
    )
    outbound.set(type, outboundMapping(type, hints, mapping.expression, mapping.lineage))
  }
  const identify = reader.inline(declaration.identify, '/identify')
  const answer: Partial<Record<AnswerPart, Expression>> = {}
  for (const part of ANSWER_PARTS) {
    const source = declaration.answer[part]
    const expression = source === undefined ? undefined : reader.inline(source, `/answer/${part}`)
    if (expression !== undefined) answer[part] = expression
  }

  const reply = declaration.reply === undefined ? undefined : reader.inline(declaration.reply, '/reply')

  const faults = distinct([...reader.faults, ...unlisted(declaration, files, `mappings/${folder}`)])
  if (faults.length > 0 || identify === undefined) return { faults }
  return {
    faults: [],
    package: {
      id: declaration.id,
      version: `${declaration.version}+${contentHash(files, reader.used, parts.partnerSchemas)}`,
      title: declaration.title,
      media: declaration.media,
      charset: declaration.charset,
      ...codecOf(declaration),
      identify: (document) => identified(identify, document),
      inbound,
      outbound,
      ...(declaration.materials === undefined ? {} : { materials: declaration.materials }),
      readAnswer: answerReader(answer, declaration.charset, answerLayout(declaration)),
      ...(reply === undefined
        ? {}
        : { writeReply: replyWriter(reply, declaration.charset, answerLayout(declaration)) }),
      declaration,
      tables: reader.tables,
      mappings,
      cases: below('cases/', files),
    },
  }
}

/**
 * Undefined too where the document has a shape that the expression did not expect. A list is never a message: the
 * language would read a list of one like its element.
 */
function identified(identify: Expression, document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined
  try {
    const name = identify.evaluate(document, { nowMs: 0 })
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** Files that no entry names: forgotten entries and misspelt names look the same from here. */
function unlisted(
  { in: incoming, out, codes }: FormatDeclaration,
  files: PackageFiles,
  base: string,
): ConfigFault[] {
  const listed = new Set([
    ...Object.keys(incoming).map((name) => `in/${name}.jsonata`),
    ...Object.entries(out).map(([type, { file = type }]) => `out/${file}.jsonata`),
    ...Object.keys(codes).map((name) => `codes/${name}.csv`),
  ])
  return [...files.keys()]
    .filter((path) => !FILE_KINDS.test(path) || (/^(in|out|codes)\//.test(path) && !listed.has(path)))
    .map((path) => ({
      file: `${base}/${path}`,
      path: '',
      code: 'FORMAT_FILE_UNLISTED',
      reason: FILE_KINDS.test(path)
        ? 'format.yaml has no entry for this file.'
        : 'A package has no such file.',
      remedy: 'Add an entry, or remove the file.',
    }))
}

function noDeclaration(file: string): ConfigFault {
  const reason = 'The folder has no format.yaml.'
  const remedy = 'Add it, or begin the name of the folder with "_".'
  return { file, path: '', code: 'FORMAT_FILE_MISSING', reason, remedy }
}

function below(folder: string, files: PackageFiles): PackageFiles {
  const inside = [...files].filter(([path]) => path.startsWith(folder))
  return new Map(inside.map(([path, text]) => [path.slice(folder.length), text]))
}

/** Types that share a file report its faults once. */
function distinct(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()]
}

/** The first 12 hex digits of SHA-256 over everything that can change an output. Test cases cannot. */
function contentHash(
  files: PackageFiles,
  used: ReadonlyMap<string, SourceFile>,
  partnerSchemas: object | undefined,
): string {
  const hash = createHash('sha256')
  const add = (name: string, text: string): void => {
    hash.update(`${name}\0${text.length}\0${text}\0`)
  }
  for (const [path, text] of [...files].sort(byName)) {
    if (/^(format\.yaml|in\/|out\/|codes\/|shared\/)/.test(path)) add(path, text)
  }
  for (const [file, { text }] of [...used].sort(byName)) add(file, text)
  if (partnerSchemas !== undefined) add('messages.schema.json', JSON.stringify(partnerSchemas))
  return hash.digest('hex').slice(0, 12)
}

function byName([first]: readonly [string, unknown], [second]: readonly [string, unknown]): number {
  return first < second ? -1 : first > second ? 1 : 0
}
