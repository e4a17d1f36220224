/**
 * The format packages that the hub works with, in all versions that are still needed. New messages use the active
 * version; a delivery is mapped by the version that was active when its message was accepted.
 *
 * - `auto`: at the hub's start the working copy in `mappings/` is activated where it differs from the active version
 *   and passes its cases. One that does not leaves the active version in place.
 * - `pinned`: only what a person activated (`hub mapping activate`).
 */
import { loadValidator, type Validator } from '../../canonical/validator.ts'
import type { Clock } from '../../contract/clock.ts'
import type { ConfigFault } from '../../contract/errors.ts'
import type { FormatPackage } from '../format-package.ts'
import type { LoadedPackage } from '../load-package.ts'
import { packageFolders } from '../package-files.ts'
import { runCases } from '../run-cases.ts'
import { activate } from './activation.ts'
import { loadSource, readWorkingCopy, SHIPPED_FORMAT_SCHEMAS } from './package-source.ts'
import { type PackageVersions, singleVersions } from './package-versions.ts'
import { VersionShelf } from './version-shelf.ts'

export interface RegistryOptions {
  readonly mappingsDir: string
  /** By default the schemas shipped with the hub. */
  readonly formatSchemas?: string
  /** Activated versions are kept in `packages/` there. */
  readonly dataDir: string
  readonly clock: Clock
  readonly mode: 'auto' | 'pinned'
  readonly validator?: Validator
}

export interface PackageRegistry extends PackageVersions {
  /** The active version of each format. */
  readonly formats: ReadonlyMap<string, FormatPackage>
  /** What keeps a format from having an active version: the hub does not start. */
  readonly faults: readonly ConfigFault[]
  /** What an operator has to know although the hub starts: a working copy that is not active, and why. */
  readonly notices: readonly string[]
}

/** Writes snapshots and history in mode `auto`. Opening again changes nothing. @throws Error where the data folder cannot be written */
export async function openPackageRegistry(options: RegistryOptions): Promise<PackageRegistry> {
  const shelf = new VersionShelf(options.dataDir)
  const formats = new Map<string, FormatPackage>()
  const faults: ConfigFault[] = []
  const notices: string[] = []
  const validator = options.validator ?? loadValidator()
  const ids = options.mode === 'auto' ? packageFolders(options.mappingsDir) : shelf.formats()
  for (const id of ids) {
    const chosen =
      options.mode === 'auto' ? await fromWorkingCopy(options, shelf, id, validator) : fromShelf(shelf, id)
    if (chosen.package !== undefined) formats.set(id, chosen.package)
    faults.push(...chosen.faults)
    notices.push(...(chosen.notices ?? []))
  }
  if (options.mode === 'pinned') {
    for (const id of packageFolders(options.mappingsDir).filter((folder) => !ids.includes(folder)))
      notices.push(`Format ${id}: no version is active. Next, if it is needed: hub mapping activate ${id}.`)
  }
  return { ...versionsOf(shelf, formats), formats, faults, notices }
}

interface Chosen {
  readonly package?: LoadedPackage
  readonly faults: readonly ConfigFault[]
  readonly notices?: readonly string[]
}

function fromShelf(shelf: VersionShelf, id: string): Chosen {
  return shelf.load(id, shelf.active(id) as string)
}

async function fromWorkingCopy(
  options: RegistryOptions,
  shelf: VersionShelf,
  id: string,
  validator: Validator,
): Promise<Chosen> {
  const { mappingsDir, formatSchemas = SHIPPED_FORMAT_SCHEMAS, clock } = options
  const source = readWorkingCopy({ mappingsDir, formatSchemas }, id)
  if (source === undefined) return { faults: [] }
  const loaded = loadSource(source)
  const active = shelf.active(id)
  if (loaded.package === undefined) {
    const what = loaded.faults.map(({ file, reason }) => `${file}: ${reason}`).join(' ')
    return remaining(shelf, id, `has ${loaded.faults.length} fault(s). ${what}`, loaded.faults)
  }
  const { version } = loaded.package
  if (version === active) {
    shelf.keep(source, version)
    return loaded
  }
  if (version === shelf.givenUp(id)) {
    return remaining(
      shelf,
      id,
      `is ${version}, which was rolled back; activate it by hand, or change it.`,
      [],
    )
  }
  const failed = (await runCases(loaded.package, { validator })).filter(({ passed }) => !passed)
  if (failed.length > 0) {
    const titles = failed.map(({ title }) => title).join(', ')
    return remaining(shelf, id, `fails ${failed.length} of its cases: ${titles}.`, [casesFailed(id, titles)])
  }
  activate(shelf, loaded.package, source, { nowMs: clock.now(), who: 'hub' })
  const notice = active === undefined ? [] : [`Format ${id}: ${version} is active, ${active} before.`]
  return { ...loaded, notices: notice }
}

/** The active version stays; where there is none the format is out of order. */
function remaining(shelf: VersionShelf, id: string, why: string, faults: readonly ConfigFault[]): Chosen {
  const active = shelf.active(id)
  if (active === undefined) return { faults }
  return {
    ...shelf.load(id, active),
    notices: [`Format ${id}: ${active} stays active. The working copy ${why}`],
  }
}

function casesFailed(id: string, titles: string): ConfigFault {
  return {
    file: `mappings/${id}`,
    path: '',
    code: 'FORMAT_CASES_FAILED',
    reason: `The package fails its cases: ${titles}.`,
    remedy: `See hub mapping test ${id}.`,
  }
}

function versionsOf(shelf: VersionShelf, formats: ReadonlyMap<string, FormatPackage>): PackageVersions {
  const { current } = singleVersions(formats)
  const older = new Map<string, FormatPackage>()
  return {
    current,
    at(id, version) {
      const active = formats.get(id)
      if (active?.version === version) return active
      const key = `${id} ${version}`
      const known = older.get(key)
      if (known !== undefined || !shelf.has(id, version)) return known
      // A snapshot that does not load any more is as good as none; the caller falls back and says so.
      const loaded = shelf.load(id, version).package
      if (loaded !== undefined) older.set(key, loaded)
      return loaded
    },
  }
}
