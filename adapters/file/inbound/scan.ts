/** What stands in the folder: files that are whole, those that are not yet, and what is better left alone. */
import { companionOf, DIGESTS, type DigestName } from '../digest.ts'
import { unsafeName } from '../place/name.ts'
import { type Entry, join, type Place, PlaceError } from '../place/place.ts'
import type { FileListenSettings } from './settings.ts'

export interface Candidate {
  readonly folder: string
  readonly name: string
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  readonly hasOk: boolean
  /** Companions with digests that stand beside it. */
  readonly digests: readonly DigestName[]
}

/** Left alone, and why. */
export interface Oddity {
  readonly path: string
  readonly reason: string
}

export interface Scan {
  /** By path. */
  readonly candidates: readonly Candidate[]
  readonly oddities: readonly Oddity[]
  /** Reports that were begun and never got their name. */
  readonly leftovers: readonly Leftover[]
}

export interface Leftover {
  readonly path: string
  readonly modifiedMs: number
}

type ScanSettings = Pick<
  FileListenSettings,
  'depth' | 'names' | 'companions' | 'doneFolder' | 'rejectedFolder' | 'attachmentFolder' | 'replyExtension'
>

/** As `temporaryName` makes them of a report. */
const LEFTOVER = /^\..+\.err\.[0-9a-f]{16}\.tmp$/

/** Extensions of what stands beside a file and is none itself. */
const BESIDE: readonly string[] = ['ok', 'err', 'done', 'tmp', ...DIGESTS]

/** @throws PlaceError where the folder itself cannot be listed */
export async function scan(place: Place, settings: ScanSettings): Promise<Scan> {
  const { depth, names, companions, doneFolder, rejectedFolder, attachmentFolder, replyExtension } = settings
  const wanted = names.map(patternOf)
  const own = new Set([doneFolder, rejectedFolder, attachmentFolder])
  const candidates: Candidate[] = []
  const oddities: Oddity[] = []
  const leftovers: Leftover[] = []
  await visit('', depth)
  candidates.sort((one, other) => (one.path < other.path ? -1 : 1))
  return { candidates, oddities, leftovers }

  async function visit(folder: string, deeper: number): Promise<void> {
    const listing = await place.list(folder)
    const files = new Set(listing.entries.filter(({ kind }) => kind === 'file').map(({ name }) => name))
    for (const shown of listing.unreadable)
      oddities.push({ path: join(folder, shown), reason: 'its name is no text in nameCharset' })
    for (const entry of listing.entries) {
      const { name } = entry
      const reason = unsafeName(name)
      if (reason !== undefined) oddities.push({ path: join(folder, shownName(name)), reason })
      else if (LEFTOVER.test(name) && entry.kind === 'file')
        leftovers.push({ path: join(folder, name), modifiedMs: entry.modifiedMs })
      else if (name.startsWith('.') || own.has(name)) continue
      else if (entry.kind === 'other')
        oddities.push({ path: join(folder, name), reason: 'it is a link or a device' })
      else if (entry.kind === 'folder') {
        if (deeper > 0) await visitBelow(join(folder, name), deeper - 1)
      } else if (isBeside(name, replyExtension) || !wanted.some((pattern) => pattern.test(name))) continue
      else candidates.push(candidateOf(folder, entry, files))
    }
  }

  async function visitBelow(folder: string, deeper: number): Promise<void> {
    try {
      await visit(folder, deeper)
    } catch (error) {
      if (!(error instanceof PlaceError) || error.kind === 'lost' || error.kind === 'unreachable') throw error
      // One folder that cannot be read must not hold up the others.
      if (error.kind !== 'missing') oddities.push({ path: folder, reason: error.message })
    }
  }

  function candidateOf(
    folder: string,
    { name, size, modifiedMs }: Entry,
    files: ReadonlySet<string>,
  ): Candidate {
    return {
      folder,
      name,
      path: join(folder, name),
      size,
      modifiedMs,
      hasOk: files.has(companionOf(name, 'ok', companions)),
      digests: DIGESTS.filter((digest) => files.has(companionOf(name, digest, companions))),
    }
  }
}

function isBeside(name: string, replyExtension: string | undefined): boolean {
  const [, extension = ''] = /\.([^.]*)$/.exec(name) ?? []
  return extension === replyExtension || BESIDE.includes(extension.toLowerCase())
}

/** `*` stands for any characters, `?` for one. */
function patternOf(name: string): RegExp {
  const source = name
    .split('')
    .map((character) =>
      character === '*' ? '.*' : character === '?' ? '.' : character.replace(/[\\^$.|+()[\]{}]/, '\\$&'),
    )
    .join('')
  return new RegExp(`^${source.replace(/(?:\.\*){2,}/g, '.*')}$`, 'su')
}

function shownName(name: string): string {
  return JSON.stringify(name.slice(0, 200)).slice(1, -1)
}
