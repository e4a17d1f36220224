/** What dispatch and intake ask about versions: messages in flight finish on the version that they started with. */
import { HubError } from '../../contract/errors.ts'
import type { FormatPackage } from '../format-package.ts'

export interface PackageVersions {
  /** What new messages are mapped with. @throws HubError FORMAT_UNKNOWN, which a checked topology excludes */
  current(formatId: string): FormatPackage
  /** The version that was active when a delivery was made; undefined where it is no longer kept. */
  at(formatId: string, version: string): FormatPackage | undefined
}

/** Packages of which there is one version only. */
export function singleVersions(packages: ReadonlyMap<string, FormatPackage>): PackageVersions {
  const current = (formatId: string): FormatPackage => {
    const found = packages.get(formatId)
    if (found === undefined)
      throw new HubError(
        'FORMAT_UNKNOWN',
        `There is no format package ${formatId}; the topology was not checked.`,
      )
    return found
  }
  return {
    current,
    at: (formatId, version) => (current(formatId).version === version ? current(formatId) : undefined),
  }
}
