/** All format packages of a folder. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSchemas } from '../canonical/schema-files.ts'
import type { ConfigFault } from '../contract/errors.ts'
import type { CanonicalSchemas } from './canonical-schemas.ts'
import { type LoadedPackage, loadPackage } from './load-package.ts'
import { packageFolders, readFiles } from './package-files.ts'

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface LoadedPackages {
  /** By id; packages with faults are left out. */
  readonly packages: ReadonlyMap<string, LoadedPackage>
  /** Everything wrong, in all packages. */
  readonly faults: readonly ConfigFault[]
}

/**
 * Reads and compiles the packages below `directory` (`mappings/`). Partner schemas are taken from `formatSchemas`, by
 * default the ones shipped with the hub. Throws only where the folder itself cannot be read.
 */
export function loadFormatPackages(
  directory: string,
  { formatSchemas = join(project, 'schemas/formats') }: { readonly formatSchemas?: string } = {},
): LoadedPackages {
  const sharedFolder = join(directory, '_shared')
  const shared = existsSync(sharedFolder) ? readFiles(sharedFolder) : new Map<string, string>()
  const canonicalSchemas = readCanonicalSchemas()
  const packages = new Map<string, LoadedPackage>()
  const faults: ConfigFault[] = []
  for (const folder of packageFolders(directory)) {
    const partner = readPartnerSchemas(formatSchemas, folder)
    faults.push(...partner.faults)
    const loaded = loadPackage({
      folder,
      files: readFiles(join(directory, folder)),
      shared,
      canonicalSchemas,
      ...(partner.schemas === undefined ? {} : { partnerSchemas: partner.schemas }),
    })
    faults.push(...loaded.faults)
    if (loaded.package !== undefined) packages.set(loaded.package.id, loaded.package)
  }
  return { packages, faults }
}

/** The canonical schemas shipped with the hub, by name. */
export function readCanonicalSchemas(): CanonicalSchemas {
  const { parts, envelope, types } = readSchemas()
  return new Map<string, object>([['parts', parts], ['envelope', envelope], ...types])
}

function readPartnerSchemas(
  folder: string,
  id: string,
): { readonly schemas?: object; readonly faults: readonly ConfigFault[] } {
  const path = join(folder, id, 'messages.schema.json')
  if (!existsSync(path)) return { faults: [] }
  try {
    return { schemas: JSON.parse(readFileSync(path, 'utf8')) as object, faults: [] }
  } catch (error) {
    const fault: ConfigFault = {
      file: `schemas/formats/${id}/messages.schema.json`,
      path: '',
      code: 'FORMAT_SCHEMA_NOT_JSON',
      reason: `The file is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      remedy: 'Correct the file.',
    }
    return { faults: [fault] }
  }
}
