/** The packages that a command works on. */
import { existsSync } from 'node:fs'
import { readSettings } from '../../config/settings.ts'
import type { ConfigFault } from '../../contract/errors.ts'
import type { LoadedPackage } from '../load-package.ts'
import { packageFolders } from '../package-files.ts'
import {
  loadSource,
  type PackageFolders,
  readWorkingCopy,
  SHIPPED_FORMAT_SCHEMAS,
} from '../registry/package-source.ts'
import { type ToolHost, UsageError } from './tool-host.ts'

export interface Workbench extends PackageFolders {
  readonly dataDir: string
}

/** @throws ConfigError where the environment is wrong, UsageError where there are no packages at all */
export function workbenchOf(host: ToolHost): Workbench {
  const { mappingsDir, dataDir } = readSettings(host.environment)
  if (!existsSync(mappingsDir))
    throw new UsageError(
      `There is no folder ${mappingsDir}. Set HUB_MAPPINGS_DIR to the folder of the packages.`,
    )
  return { mappingsDir, dataDir, formatSchemas: host.formatSchemas ?? SHIPPED_FORMAT_SCHEMAS }
}

/** One package with its faults, or all of them. @throws UsageError where there is no package of that name */
export function openFormats(
  bench: Workbench,
  format?: string,
): { readonly packages: readonly LoadedPackage[]; readonly faults: readonly ConfigFault[] } {
  const known = packageFolders(bench.mappingsDir)
  if (format !== undefined && !known.includes(format))
    throw new UsageError(
      `There is no format ${format} in ${bench.mappingsDir}; there are: ${known.join(', ')}.`,
    )
  const packages: LoadedPackage[] = []
  const faults: ConfigFault[] = []
  for (const id of format === undefined ? known : [format]) {
    const source = readWorkingCopy(bench, id)
    if (source === undefined) continue
    const loaded = loadSource(source)
    faults.push(...loaded.faults)
    if (loaded.package !== undefined) packages.push(loaded.package)
  }
  return { packages, faults }
}

/** Faults of packages as text: file, code, reason, remedy. */
export function faultLines(faults: readonly ConfigFault[]): string[] {
  return faults.flatMap(({ file, path, code, reason, remedy }) => [
    `✗ ${file}${path === '' ? '' : `#${path}`}  ${code}`,
    `    ${reason}`,
    `    → ${remedy}`,
  ])
}
