/** Reads the parts of one format package, gathers everything wrong with them, and remembers which shared functions were used. */
import type { ConfigFault } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import type { AstNode } from './ast.ts'
import { type CanonicalSchemas, canonicalCodes, messagePaths } from './canonical-schemas.ts'
import { type CodeTable, readCodeTable } from './code-table.ts'
import { compose, type SourceFile } from './composed-source.ts'
import { BUILTINS } from './engine/builtins/registry.ts'
import { compileExpression, type Expression } from './expression.ts'
import type { FormatDeclaration } from './format-declaration.ts'
import type { HubFunction } from './functions/hub-function.ts'
import { hubFunctions } from './functions/hub-functions.ts'
import { type Lineage, lineageOf } from './lineage.ts'
import { checkExpression } from './package-checks.ts'
import type { PackageFiles } from './package-files.ts'
import { type PartnerSchema, partnerSchema } from './partner-schema.ts'
import type { SchemaPaths } from './schema-paths.ts'
import { type TableWatch, watched } from './watched-tables.ts'

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

export interface PackageParts {
  /** Name of the folder; files are named in faults as `mappings/<folder>/…`. */
  readonly folder: string
  readonly files: PackageFiles
  /** Shared functions of all packages: `<name>.jsonata`. */
  readonly shared: PackageFiles
  /** Content of the partner's messages.schema.json; absent where there is none. */
  readonly partnerSchemas?: object
  readonly canonicalSchemas: CanonicalSchemas
  /** Told of every code that a table translates; with it the expressions count their branches. For coverage. */
  readonly watch?: TableWatch
}

/** What expressions over a canonical message may use beside the functions. */
export const OUTBOUND_VARIABLES = ['receiver', 'case'] as const

export class PackageReader {
  /** Everything wrong so far. */
  readonly faults: ConfigFault[] = []
  readonly tables: ReadonlyMap<string, CodeTable>
  readonly nullWords: ReadonlySet<string>
  /** Shared functions that expressions of the package name, by file. */
  readonly used = new Map<string, SourceFile>()
  readonly #parts: PackageParts
  readonly #declaration: FormatDeclaration
  /** Folder and format.yaml as faults name them. */
  readonly #base: string
  readonly #yaml: string
  readonly #functions: readonly HubFunction[]
  readonly #names: readonly string[]
  readonly #shared: ReadonlyMap<string, SourceFile>

  constructor(parts: PackageParts, declaration: FormatDeclaration) {
    this.#parts = parts
    this.#declaration = declaration
    this.#base = `mappings/${parts.folder}`
    this.#yaml = `${this.#base}/format.yaml`
    this.nullWords = new Set(declaration.nullWords)
    this.tables = this.#readTables()
    const { watch } = parts
    const tables = watch === undefined ? this.tables : watched(this.tables, watch)
    this.#functions = hubFunctions(tables, this.nullWords)
    this.#names = [...BUILTINS.keys(), ...this.#functions.map(({ name }) => name)]
    this.#shared = sharedFunctions(parts, this.#base)
  }

  /** An expression of format.yaml; `path` is its place there, `variables` what is bound beside the functions. */
  inline(text: string, path: string, variables: readonly string[] = []): Expression | undefined {
    return this.#expression({ file: this.#yaml, text }, variables, path)
  }

  /** `<side>/<file>.jsonata`, by default `<side>/<key>.jsonata`, compiled; undefined where it is missing or wrong. */
  mapping(
    side: 'in' | 'out',
    key: string,
    {
      type,
      schema: schemaName,
      file = key,
    }: { readonly type: MessageType; readonly schema?: string; readonly file?: string },
  ): MappingFile | undefined {
    const name = `${side}/${key}`
    const path = `${side}/${file}.jsonata`
    const text = this.#file(path, file === key ? `/${name}` : `/${side}/*`)
    if (text === undefined) return undefined
    const schema = this.#schema(schemaName, `/${name}/schema`)
    const variables = side === 'in' ? ['sender'] : OUTBOUND_VARIABLES
    const expression = this.#expression({ file: `${this.#base}/${path}`, text }, variables)
    if (expression === undefined) return undefined
    const canonical = messagePaths(this.#parts.canonicalSchemas, type)
    const source = side === 'in' ? schema?.paths : canonical
    const target = side === 'in' ? canonical : schema?.paths
    return {
      name,
      type,
      expression,
      lineage: lineageOf(expression.ast as AstNode, source?.isArray),
      ...(schema === undefined ? {} : { schema }),
      ...(source === undefined ? {} : { source }),
      ...(target === undefined ? {} : { target }),
    }
  }

  #expression(source: SourceFile, variables: readonly string[], path = ''): Expression | undefined {
    const composed = compose(source, this.#shared)
    for (const use of composed.uses) this.used.set(use.file, use)
    const { expression, faults } = compileExpression(composed, this.#functions, {
      path,
      coverage: this.#parts.watch !== undefined,
    })
    this.faults.push(...faults)
    if (expression === undefined) return undefined
    const known = new Set([...this.#names, ...variables])
    this.faults.push(...checkExpression(expression, this.#declaration.codes, known))
    return expression
  }

  #schema(name: string | undefined, path: string): PartnerSchema | undefined {
    if (name === undefined) return undefined
    try {
      return partnerSchema(this.#parts.partnerSchemas ?? {}, name)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const file = `schemas/formats/${this.#parts.folder}/messages.schema.json`
      this.#missing(path, `${file}: ${why}`, 'Add the definition, or remove the setting.')
      return undefined
    }
  }

  #readTables(): ReadonlyMap<string, CodeTable> {
    const tables = new Map<string, CodeTable>()
    for (const [name, declared] of Object.entries(this.#declaration.codes)) {
      const file = `codes/${name}.csv`
      const text = this.#file(file, `/codes/${name}`)
      if (text === undefined) continue
      const path = `/codes/${name}/canonical`
      const { codes, faults } = canonicalCodes(declared, this.#parts.canonicalSchemas, this.#yaml, path)
      const { canonical: _, ...others } = declared
      const declaration = { ...others, ...(codes === undefined ? {} : { canonical: codes }) }
      const read = readCodeTable(name, text, declaration, `${this.#base}/${file}`)
      this.faults.push(...faults, ...read.faults)
      tables.set(name, read.table)
    }
    return tables
  }

  #file(name: string, path: string): string | undefined {
    const text = this.#parts.files.get(name)
    if (text === undefined) {
      this.#missing(path, `${this.#base}/${name} is missing.`, 'Add the file, or remove the entry.')
    }
    return text
  }

  #missing(path: string, reason: string, remedy: string): void {
    this.faults.push({ file: this.#yaml, path, code: 'FORMAT_FILE_MISSING', reason, remedy })
  }
}

/** The functions in files that a package can use, by name. `base` goes before the paths of its own files. */
export function sharedFunctions(
  { files, shared }: Pick<PackageParts, 'files' | 'shared'>,
  base: string,
): ReadonlyMap<string, SourceFile> {
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
