/** The packages that a static command works on. */
import { packageFolders } from '../../package-files.ts'
import { type ToolHost, UsageError } from '../tool-host.ts'
import { workbenchOf } from '../workbench.ts'
import { type PackageSource, readSources, type Sources } from './package-source.ts'

/** One package, or all. @throws UsageError where there is none of that name */
export function openSources(host: ToolHost, format?: string): Sources {
  const { mappingsDir, formatSchemas } = workbenchOf(host)
  const known = packageFolders(mappingsDir)
  if (format !== undefined && !known.includes(format))
    throw new UsageError(`There is no format ${format} in ${mappingsDir}; there are: ${known.join(', ')}.`)
  return readSources({ mappings: mappingsDir, formatSchemas }, format)
}

/** @throws UsageError where there is none of that name */
export function openSource(host: ToolHost, format: string): PackageSource {
  const [source] = openSources(host, format).packages
  if (source?.declaration === undefined)
    throw new UsageError(`The format.yaml of ${format} cannot be read; see: hub mapping lint ${format}.`)
  return source
}
