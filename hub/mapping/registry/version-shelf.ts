/**
 * The versions of the packages that were activated: `<data>/packages/<format>/<content hash>/` with the whole source of
 * each, and `history.jsonl` beside them, which says what was active when, and by whom. Nothing is ever overwritten.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigFault } from '../../contract/errors.ts'
import type { LoadedPackage } from '../load-package.ts'
import { readFiles } from '../package-files.ts'
import { appendLineDurably, makeFolderDurably } from './durable-files.ts'
import { loadSource, type PackageSource } from './package-source.ts'

/** One line of history.jsonl. */
export interface Activation {
  readonly action: 'activate' | 'rollback'
  /** The version that is active from now on: `1.2.0+0123456789ab`. */
  readonly version: string
  /** Content hash, the name of its folder. */
  readonly hash: string
  /** RFC 3339, +08:00. */
  readonly at: string
  /** Account, or `hub` where the hub did it at its start. */
  readonly who: string
  /** For a rollback: the version that was given up. */
  readonly from?: string
}

export class VersionShelf {
  readonly #root: string

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'packages')
  }

  /** Ids of the formats that have an active version. */
  formats(): readonly string[] {
    if (!existsSync(this.#root)) return []
    return readdirSync(this.#root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter((format) => this.active(format) !== undefined)
      .sort()
  }

  /** Oldest first. A line that a crash tore off is passed over. */
  history(format: string): readonly Activation[] {
    const file = join(this.#root, format, 'history.jsonl')
    if (!existsSync(file)) return []
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => activationOf(line) ?? [])
  }

  /** What is active now, and beneath it what a rollback leads to; the active one comes last. */
  stack(format: string): readonly Activation[] {
    const stack: Activation[] = []
    for (const entry of this.history(format)) {
      if (entry.action === 'activate') stack.push(entry)
      else stack.pop()
    }
    return stack
  }

  active(format: string): string | undefined {
    return this.stack(format).at(-1)?.version
  }

  /** The version that the last act gave up: the hub does not bring it back by itself. */
  givenUp(format: string): string | undefined {
    return this.history(format).at(-1)?.from
  }

  has(format: string, version: string): boolean {
    return existsSync(this.#folder(format, version))
  }

  /** Keeps the source under its version. Safe twice, and safe against a crash in between. */
  keep(source: PackageSource, version: string): void {
    const files = new Map<string, string>()
    for (const [path, text] of source.files) files.set(`package/${path}`, text)
    for (const [path, text] of source.shared) files.set(`shared/${path}`, text)
    if (source.partnerSchemas !== undefined) files.set('messages.schema.json', source.partnerSchemas)
    makeFolderDurably(this.#folder(source.format, version), files)
  }

  /** Appends to the history, on disk when it returns. */
  record(format: string, entry: Activation): void {
    appendLineDurably(join(this.#root, format, 'history.jsonl'), JSON.stringify(entry))
  }

  /** The source of a kept version; undefined where it is not kept. */
  source(format: string, version: string): PackageSource | undefined {
    return readKeptSource(this.#folder(format, version), format)
  }

  /** Compiles a kept version; a snapshot that is not what its name says is a fault. */
  load(
    format: string,
    version: string,
  ): { readonly package?: LoadedPackage; readonly faults: readonly ConfigFault[] } {
    const file = `packages/${format}/${hashOf(version)}`
    const source = this.source(format, version)
    if (source === undefined) {
      return { faults: [damaged(file, `Version ${version} is not kept.`)] }
    }
    const loaded = loadSource(source)
    if (loaded.package === undefined || loaded.package.version === version) return loaded
    return {
      faults: [damaged(file, `The snapshot of ${version} was changed: it is ${loaded.package.version}.`)],
    }
  }

  #folder(format: string, version: string): string {
    return join(this.#root, format, hashOf(version))
  }
}

/** A folder as `keep` makes it; undefined where it is none. */
export function readKeptSource(folder: string, format: string): PackageSource | undefined {
  if (!existsSync(join(folder, 'package'))) return undefined
  const shared = join(folder, 'shared')
  const schema = join(folder, 'messages.schema.json')
  return {
    format,
    files: readFiles(join(folder, 'package')),
    shared: existsSync(shared) ? readFiles(shared) : new Map(),
    ...(existsSync(schema) ? { partnerSchemas: readFileSync(schema, 'utf8') } : {}),
  }
}

/** `1.2.0+0123456789ab` → `0123456789ab`; anything else gives a name that no folder has. */
export function hashOf(version: string): string {
  return /\+([0-9a-f]{12})$/.exec(version)?.[1] ?? 'none'
}

function activationOf(line: string): Activation | undefined {
  if (line.trim() === '') return undefined
  try {
    const entry = JSON.parse(line) as Activation
    return typeof entry.version === 'string' && typeof entry.hash === 'string' ? entry : undefined
  } catch {
    return undefined
  }
}

function damaged(file: string, reason: string): ConfigFault {
  return {
    file,
    path: '',
    code: 'FORMAT_SNAPSHOT',
    reason,
    remedy: 'Activate a version again: hub mapping activate <format>.',
  }
}
