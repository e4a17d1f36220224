/**
 * A format package as the static tools read it: as far as its files allow, also where the loader would refuse it, so
 * that every fault is found at once.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MessageType } from '../../../contract/message.ts'
import { type CanonicalSchemas, canonicalCodes } from '../../canonical-schemas.ts'
import { type CodeTable, type CodeTableDeclaration, readCodeTable } from '../../code-table.ts'
import { type ComposedSource, compose, type SourceFile } from '../../composed-source.ts'
import type { ExprNode } from '../../engine/ast.ts'
import { ExpressionError } from '../../engine/expression-error.ts'
import { parse } from '../../engine/parse.ts'
import { ANSWER_PARTS, type FormatDeclaration, readDeclaration } from '../../format-declaration.ts'
import { readCanonicalSchemas } from '../../load-packages.ts'
import { type PackageFiles, packageFolders, readFiles } from '../../package-files.ts'
import { sharedFunctions } from '../../package-reader.ts'
import { canonicalTree, partnerTree, type SchemaTree } from './schema-tree.ts'

export interface ParsedSource extends ComposedSource {
  /** Absent where the text is no expression. */
  readonly ast?: ExprNode
  readonly error?: ExpressionError
}

export interface MappingSource {
  /** `in/CASE_APPLY`, `out/case.accepted`. */
  readonly name: string
  readonly direction: 'in' | 'out'
  readonly type: MessageType
  readonly source: ParsedSource
  /** Schema of what is read, and of what is made; absent where the package names none. */
  readonly reads?: SchemaTree
  /** For `in/` the whole canonical message, of which the draft has `data`. */
  readonly makes?: SchemaTree
}

export interface TableSource {
  readonly name: string
  readonly file: string
  readonly table: CodeTable
  readonly declaration: CodeTableDeclaration
}

export interface PackageSource {
  readonly folder: string
  readonly files: PackageFiles
  /** Shared functions of all packages. */
  readonly shared: PackageFiles
  readonly canonicalSchemas: CanonicalSchemas
  readonly partnerSchemas?: object
  /** Why the partner's schema file is not JSON. */
  readonly partnerFault?: string
  /** Absent where format.yaml cannot be read. */
  readonly declaration?: FormatDeclaration
  readonly mappings: readonly MappingSource[]
  /** `identify` and the parts of `answer`. */
  readonly inline: readonly ParsedSource[]
  readonly tables: readonly TableSource[]
  /** Functions in files, by name. */
  readonly functions: ReadonlyMap<string, SourceFile>
}

export interface Sources {
  readonly packages: readonly PackageSource[]
  readonly shared: PackageFiles
}

export interface SourceFolders {
  /** `mappings/`. */
  readonly mappings: string
  /** `schemas/formats/`. */
  readonly formatSchemas: string
}

const project = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))))

/** The folders shipped with the hub. */
export const SHIPPED: SourceFolders = {
  mappings: join(project, 'mappings'),
  formatSchemas: join(project, 'schemas/formats'),
}

/** Reads all packages, or one. Throws only where a folder cannot be read. */
export function readSources(
  { mappings, formatSchemas }: SourceFolders,
  only?: string,
  canonicalSchemas: CanonicalSchemas = readCanonicalSchemas(),
): Sources {
  const sharedFolder = join(mappings, '_shared')
  const shared = existsSync(sharedFolder) ? readFiles(sharedFolder) : new Map<string, string>()
  const folders = packageFolders(mappings).filter((folder) => only === undefined || folder === only)
  const packages = folders.map((folder) => {
    const path = join(formatSchemas, folder, 'messages.schema.json')
    const partner = existsSync(path) ? readJson(readFileSync(path, 'utf8')) : {}
    return readSource({
      folder,
      files: readFiles(join(mappings, folder)),
      shared,
      canonicalSchemas,
      ...partner,
    })
  })
  return { packages, shared }
}

function readJson(text: string): Pick<PackageSource, 'partnerSchemas' | 'partnerFault'> {
  try {
    return { partnerSchemas: JSON.parse(text) as object }
  } catch (error) {
    return { partnerFault: error instanceof Error ? error.message : String(error) }
  }
}

export type PackageTexts = Pick<
  PackageSource,
  'folder' | 'files' | 'shared' | 'canonicalSchemas' | 'partnerSchemas' | 'partnerFault'
>

/** One package from its texts. */
export function readSource(texts: PackageTexts): PackageSource {
  const { folder, files, canonicalSchemas, partnerSchemas } = texts
  const base = `mappings/${folder}`
  const functions = sharedFunctions(texts, base)
  const yaml = files.get('format.yaml')
  const declaration =
    yaml === undefined ? undefined : readDeclaration(yaml, `${base}/format.yaml`, folder).declaration
  if (yaml === undefined || declaration === undefined) {
    return { ...texts, mappings: [], inline: [], tables: [], functions }
  }

  const mappings: MappingSource[] = []
  const add = (
    direction: 'in' | 'out',
    key: string,
    {
      type,
      schema,
      file = key,
    }: { readonly type: MessageType; readonly schema?: string; readonly file?: string },
  ): void => {
    const name = `${direction}/${key}`
    const path = `${direction}/${file}.jsonata`
    const text = files.get(path)
    if (text === undefined) return
    const canonical = canonicalTree(canonicalSchemas, type)
    const partner = schema === undefined ? undefined : partnerTree(partnerSchemas, schema)
    const reads = direction === 'in' ? partner : canonical
    const makes = direction === 'in' ? canonical : partner
    mappings.push({
      name,
      direction,
      type,
      source: parsed(compose({ file: `${base}/${path}`, text }, functions)),
      ...(reads === undefined ? {} : { reads }),
      ...(makes === undefined ? {} : { makes }),
    })
  }
  for (const [key, entry] of Object.entries(declaration.in)) add('in', key, entry)
  for (const [type, entry] of Object.entries(declaration.out))
    add('out', type, { ...entry, type: type as MessageType })

  const answers = ANSWER_PARTS.map((part) => declaration.answer[part])
  const inline = [declaration.identify, ...answers]
    .filter((text) => text !== undefined)
    .map((text) => parsed(withinYaml(text, yaml, `${base}/format.yaml`, functions)))
  return { ...texts, declaration, mappings, inline, tables: tablesOf(declaration, texts), functions }
}

function parsed(source: ComposedSource): ParsedSource {
  try {
    return { ...source, ast: parse(source.text, source.file) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return { ...source, error }
  }
}

/** An expression inside format.yaml, with positions in that file where its text stands there letter by letter. */
function withinYaml(
  text: string,
  yaml: string,
  file: string,
  functions: ReadonlyMap<string, SourceFile>,
): ComposedSource {
  const source = compose({ file, text }, functions)
  const found = yaml.search(new RegExp(`(?<=: ['"]?)${RegExp.escape(text.trim())}`))
  if (found === -1) return source
  const before = yaml.slice(0, found).split('\n')
  return {
    ...source,
    locate(offset) {
      const place = source.locate(offset)
      if (place.file !== file) return place
      const column = place.line === 1 ? place.column + (before.at(-1)?.length ?? 0) : place.column
      return { file, line: place.line + before.length - 1, column }
    },
  }
}

function tablesOf(
  { codes }: FormatDeclaration,
  { folder, files, canonicalSchemas }: PackageTexts,
): TableSource[] {
  return Object.entries(codes).flatMap(([name, declared]) => {
    const text = files.get(`codes/${name}.csv`)
    if (text === undefined) return []
    const { codes: canonical } = canonicalCodes(declared, canonicalSchemas, '', '')
    const { direction, partner, without } = declared
    const declaration: CodeTableDeclaration = {
      direction,
      ...(canonical === undefined ? {} : { canonical }),
      ...(partner === undefined ? {} : { partner }),
      ...(without === undefined ? {} : { without }),
    }
    const file = `mappings/${folder}/codes/${name}.csv`
    return [{ name, file, table: readCodeTable(name, text, declaration, file).table, declaration }]
  })
}
