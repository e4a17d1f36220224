/** Making a version the active one, and going back. Who calls has examined the package. */
import { beijingTime } from '../../contract/clock.ts'
import type { LoadedPackage } from '../load-package.ts'
import type { PackageSource } from './package-source.ts'
import { type Activation, hashOf, type VersionShelf } from './version-shelf.ts'

export interface Act {
  readonly nowMs: number
  readonly who: string
}

/** Keeps the package and makes it active; on disk when it returns. Activating the active version changes nothing. */
export function activate(
  shelf: VersionShelf,
  { id, version }: Pick<LoadedPackage, 'id' | 'version'>,
  source: PackageSource,
  act: Act,
): Activation | undefined {
  shelf.keep(source, version)
  if (shelf.active(id) === version) return undefined
  return recorded(shelf, id, { action: 'activate', version }, act)
}

/** One step back; undefined where there is nothing to go back to. */
export function rollBack(shelf: VersionShelf, format: string, act: Act): Activation | undefined {
  const [before, active] = shelf.stack(format).slice(-2)
  if (before === undefined || active === undefined) return undefined
  return recorded(shelf, format, { action: 'rollback', version: before.version, from: active.version }, act)
}

function recorded(
  shelf: VersionShelf,
  format: string,
  what: Pick<Activation, 'action' | 'version' | 'from'>,
  { nowMs, who }: Act,
): Activation {
  const entry: Activation = { ...what, hash: hashOf(what.version), at: beijingTime(nowMs), who }
  shelf.record(format, entry)
  return entry
}
