/**
 * Everything one format package is made of, as text: its own files, the functions of all packages, the partner's schema.
 * The same three parts make the working copy in `mappings/` and a snapshot that was activated.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigFault } from '../../contract/errors.ts'
import type { CanonicalSchemas } from '../canonical-schemas.ts'
import { type LoadedPackage, loadPackage } from '../load-package.ts'
import { readCanonicalSchemas } from '../load-packages.ts'
import { type PackageFiles, readFiles } from '../package-files.ts'

export interface PackageSource {
  /** Id of the format. */
  readonly format: string
  /** The package's own files, by path: `format.yaml`, `in/…`, `cases/…`. */
  readonly files: PackageFiles
  /** Functions of all packages (`mappings/_shared/`). */
  readonly shared: PackageFiles
  /** Text of the partner's messages.schema.json, where there is one. */
  readonly partnerSchemas?: string
}

export interface PackageFolders {
  /** `mappings/`. */
  readonly mappingsDir: string
  /** `schemas/formats/`. */
  readonly formatSchemas: string
}

const project = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** Where the partners' schemas shipped with the hub stand. */
export const SHIPPED_FORMAT_SCHEMAS = join(project, 'schemas/formats')

const NOTHING: PackageFiles = new Map()

/** The working copy of a package; undefined where `mappings/` has no such folder. */
export function readWorkingCopy(
  { mappingsDir, formatSchemas }: PackageFolders,
  format: string,
): PackageSource | undefined {
  const folder = join(mappingsDir, format)
  if (!existsSync(folder)) return undefined
  const shared = join(mappingsDir, '_shared')
  const schema = join(formatSchemas, format, 'messages.schema.json')
  return {
    format,
    files: readFiles(folder),
    shared: existsSync(shared) ? readFiles(shared) : NOTHING,
    ...(existsSync(schema) ? { partnerSchemas: readFileSync(schema, 'utf8') } : {}),
  }
}

let canonicalSchemas: CanonicalSchemas | undefined

/** The canonical schemas shipped with the hub, read once. */
export function shippedCanonicalSchemas(): CanonicalSchemas {
  canonicalSchemas ??= readCanonicalSchemas()
  return canonicalSchemas
}

/** Compiles a package; absent where there are faults. */
export function loadSource({ format, files, shared, partnerSchemas }: PackageSource): {
  readonly package?: LoadedPackage
  readonly faults: readonly ConfigFault[]
} {
  let schemas: object | undefined
  try {
    if (partnerSchemas !== undefined) schemas = JSON.parse(partnerSchemas) as object
  } catch (error) {
    const fault: ConfigFault = {
      file: `schemas/formats/${format}/messages.schema.json`,
      path: '',
      code: 'FORMAT_SCHEMA_NOT_JSON',
      reason: `The file is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      remedy: 'Correct the file.',
    }
    return { faults: [fault] }
  }
  return loadPackage({
    folder: format,
    files,
    shared,
    canonicalSchemas: shippedCanonicalSchemas(),
    ...(schemas === undefined ? {} : { partnerSchemas: schemas }),
  })
}
