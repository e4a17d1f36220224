/** One format package: its files checked against each other, its expressions compiled. Pure: the files are given as text. */
import { createHash } from 'node:crypto'
import type { ConfigFault } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import { answerReader } from './answer-reading.ts'
import type { AstNode } from './ast.ts'
import { type CanonicalSchemas, canonicalCodes, messagePaths } from './canonical-schemas.ts'
import { type CodeTable, readCodeTable } from './code-table.ts'
import { compose, type SourceFile } from './composed-source.ts'
import { BUILTINS } from './engine/builtins/registry.ts'
import { compileExpression, type Expression } from './expression.ts'
import {
  ANSWER_PARTS,
  type AnswerPart,
  type FormatDeclaration,
  readDeclaration,
} from './format-declaration.ts'
import type { FormatPackage, InboundMapping, OutboundMapping } from './format-package.ts'
import { hubFunctions } from './functions/hub-functions.ts'
import { inboundMapping } from './inbound-mapping.ts'
import { type Lineage, lineageOf } from './lineage.ts'
import { outboundMapping } from './outbound-mapping.ts'
import { checkExpression } from './package-checks.ts'
import type { PackageFiles } from './package-files.ts'
import { type PartnerSchema, partnerSchema } from './partner-schema.ts'
import type { SchemaPaths } from './schema-paths.ts'

/** One mapping file with what is known about it: for tests, lineage and the other tools. */
export interface MappingFile {
  /** `in/CASE_APPLY`, `out/case.accepted`. */
  readonly name: string
  readonly type: MessageType
  readonly expression: Expression
  readonly lineage: Lineage
  /** Schema of the partner's document, where the package names one. */
  readonly schema?: PartnerSchema
  /** What the document that is read looks like, where that is known. */
  readonly source?: SchemaPaths
  /** What the document that is made looks like; for `in/` the whole canonical message, of which the draft has `data`. */
  readonly target?: SchemaPaths
}

export interface LoadedPackage extends FormatPackage {
  readonly declaration: FormatDeclaration
  readonly tables: ReadonlyMap<string, CodeTable>
  readonly mappings: ReadonlyMap<string, MappingFile>
  /** Files below `cases/`, by their path there. */
  readonly cases: PackageFiles
}

export interface PackageParts {
  /** Name of the folder; files are named in faults as `mappings/<folder>/…`. */
  readonly folder: string
  readonly files: PackageFiles
  /** Shared functions of all packages: `<name>.jsonata`. */
  readonly shared: PackageFiles
  /** Content of the partner's messages.schema.json; absent where there is none. */
  readonly partnerSchemas?: object
  readonly canonicalSchemas: CanonicalSchemas
}

const FILE_KINDS = /^(format\.yaml|(in|out|shared)\/[^/]+\.jsonata|codes\/[^/]+\.csv|cases\/.+|README\.md)$/

/** The package is absent where there are faults; all of them are told at once. */
export function loadPackage(parts: PackageParts): {
  readonly package?: LoadedPackage
  readonly faults: readonly ConfigFault[]
} {
  const { folder, files } = parts
  const base = `mappings/${folder}`
  const yaml = `${base}/format.yaml`
  const text = files.get('format.yaml')
  if (text === undefined) {
    return {
      faults: [
        missing(
          yaml,
          '',
          'The folder has no format.yaml.',
          'Add it, or begin the name of the folder with "_".',
        ),
      ],
    }
  }
  const { declaration, faults: wrong } = readDeclaration(text, yaml, folder)
  if (declaration === undefined) return { faults: wrong }

  const faults: ConfigFault[] = []
  const keep = <Found>(result: { readonly faults: readonly ConfigFault[] } & Found): Found => {
    faults.push(...result.faults)
    return result
  }
  const tables = readTables(declaration, parts, keep)
  const nullWords = new Set(declaration.nullWords)
  const functions = hubFunctions(tables, nullWords)
  const names = [...BUILTINS.keys(), ...functions.map(({ name }) => name)]
  const shared = sharedFunctions(parts, base)
  const used = new Map<string, SourceFile>()

  const expressionOf = (
    source: SourceFile,
    variables: readonly string[],
    path = '',
  ): Expression | undefined => {
    const composed = compose(source, shared)
    for (const use of composed.uses) used.set(use.file, use)
    const { expression } = keep(compileExpression(composed, functions, path))
    if (expression === undefined) return undefined
    faults.push(...checkExpression(expression, declaration.codes, new Set([...names, ...variables])))
    return expression
  }
  const schemaOf = (name: string | undefined, path: string): PartnerSchema | undefined => {
    if (name === undefined) return undefined
    try {
      return partnerSchema(parts.partnerSchemas ?? {}, name)
    } catch (error) {
      const reason = `schemas/formats/${folder}/messages.schema.json: ${error instanceof Error ? error.message : String(error)}`
      faults.push(missing(yaml, path, reason, 'Add the definition, or remove the setting.'))
      return undefined
    }
  }

  const mappings = new Map<string, MappingFile>()
  /** Reads, compiles and follows `<side>/<key>.jsonata`. */
  const mappingOf = (
    side: 'in' | 'out',
    key: string,
    { type, schema: schemaName }: { readonly type: MessageType; readonly schema?: string },
  ): MappingFile | undefined => {
    const name = `${side}/${key}`
    const text = files.get(`${name}.jsonata`)
    if (text === undefined) {
      const reason = `${base}/${name}.jsonata is missing.`
      faults.push(missing(yaml, `/${name}`, reason, 'Add the file, or remove the entry.'))
      return undefined
    }
    const schema = schemaOf(schemaName, `/${name}/schema`)
    const variables = side === 'in' ? ['sender'] : ['receiver', 'case']
    const expression = expressionOf({ file: `${base}/${name}.jsonata`, text }, variables)
    if (expression === undefined) return undefined
    const canonical = messagePaths(parts.canonicalSchemas, type)
    const source = side === 'in' ? schema?.paths : canonical
    const target = side === 'in' ? canonical : schema?.paths
    const lineage = lineageOf(expression.ast as AstNode, source?.isArray)
    const mapping: MappingFile = {
      name,
      type,
      expression,
      lineage,
      ...(schema === undefined ? {} : { schema }),
      ...(source === undefined ? {} : { source }),
      ...(target === undefined ? {} : { target }),
    }
    mappings.set(name, mapping)
    return mapping
  }

  const inbound = new Map<string, InboundMapping>()
  for (const [name, entry] of Object.entries(declaration.in)) {
    const mapping = mappingOf('in', name, entry)
    if (mapping === undefined) continue
    inbound.set(name, inboundMapping(name, entry.type, mapping.expression, mapping.lineage, nullWords))
  }
  const outbound = new Map<MessageType, OutboundMapping>()
  for (const [key, entry] of Object.entries(declaration.out)) {
    const type = key as MessageType
    const mapping = mappingOf('out', type, { ...entry, type })
    if (mapping === undefined) continue
    outbound.set(type, outboundMapping(type, entry.hints ?? {}, mapping.expression, mapping.lineage))
  }

  const identify = expressionOf({ file: yaml, text: declaration.identify }, [], '/identify')
  const answer: Partial<Record<AnswerPart, Expression>> = {}
  for (const part of ANSWER_PARTS) {
    const source = declaration.answer[part]
    const expression =
      source === undefined ? undefined : expressionOf({ file: yaml, text: source }, [], `/answer/${part}`)
    if (expression !== undefined) answer[part] = expression
  }

  faults.push(...unlisted(declaration, files, base))
  if (faults.length > 0 || identify === undefined) return { faults }
  return {
    faults: [],
    package: {
      id: declaration.id,
      version: `${declaration.version}+${contentHash(files, used, parts.partnerSchemas)}`,
      title: declaration.title,
      media: declaration.media,
      charset: declaration.charset,
      identify: (document) => identified(identify, document),
      inbound,
      outbound,
      readAnswer: answerReader(answer, declaration.charset),
      declaration,
      tables,
      mappings,
      cases: new Map(
        [...files]
          .filter(([path]) => path.startsWith('cases/'))
          .map(([path, content]) => [path.slice(6), content]),
      ),
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

function readTables(
  { codes }: FormatDeclaration,
  { folder, files, canonicalSchemas }: PackageParts,
  keep: <Found>(result: { readonly faults: readonly ConfigFault[] } & Found) => Found,
): ReadonlyMap<string, CodeTable> {
  const yaml = `mappings/${folder}/format.yaml`
  const tables = new Map<string, CodeTable>()
  for (const [name, codesOf] of Object.entries(codes)) {
    const file = `codes/${name}.csv`
    const text = files.get(file)
    if (text === undefined) {
      keep({
        faults: [
          missing(
            yaml,
            `/codes/${name}`,
            `mappings/${folder}/${file} is missing.`,
            'Add the file, or remove the entry.',
          ),
        ],
      })
      continue
    }
    const { codes: canonical } = keep(
      canonicalCodes(codesOf, canonicalSchemas, yaml, `/codes/${name}/canonical`),
    )
    const { direction, partner, without } = codesOf
    const declared = {
      direction,
      ...(canonical === undefined ? {} : { canonical }),
      ...(partner === undefined ? {} : { partner }),
      ...(without === undefined ? {} : { without }),
    }
    tables.set(name, keep(readCodeTable(name, text, declared, `mappings/${folder}/${file}`)).table)
  }
  return tables
}

function sharedFunctions({ files, shared }: PackageParts, base: string): ReadonlyMap<string, SourceFile> {
  const named = new Map<string, SourceFile>()
  const add = (path: string, prefix: string, text: string): void => {
    const name = /(?:^|\/)([A-Za-z_]\w*)\.jsonata$/.exec(path)?.[1]
    if (name !== undefined) named.set(name, { file: `${prefix}/${path}`, text })
  }
  for (const [path, text] of shared) add(path, 'mappings/_shared', text)
  // A package's own function goes before one of the same name for all.
  for (const [path, text] of files) if (path.startsWith('shared/')) add(path, base, text)
  return named
}

/** Files that no entry names: forgotten entries and misspelt names look the same from here. */
function unlisted(
  { in: incoming, out, codes }: FormatDeclaration,
  files: PackageFiles,
  base: string,
): ConfigFault[] {
  const listed = new Set([
    ...Object.keys(incoming).map((name) => `in/${name}.jsonata`),
    ...Object.keys(out).map((type) => `out/${type}.jsonata`),
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

function missing(file: string, path: string, reason: string, remedy: string): ConfigFault {
  return { file, path, code: 'FORMAT_FILE_MISSING', reason, remedy }
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
