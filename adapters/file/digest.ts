/** Digests of files, and the small files that carry them beside a big one. */
import { createHash, type Hash } from 'node:crypto'
import type { Place } from './place/place.ts'

/** MD5 finds a transfer that went wrong; it proves nothing about who wrote the file. */
export const DIGESTS = ['md5', 'sm3', 'sha256'] as const
export type DigestName = (typeof DIGESTS)[number]

/** How a companion is named: `x.txt.ok` (append) or `x.ok` (replace). */
export const NAMINGS = ['append', 'replace'] as const
export type Naming = (typeof NAMINGS)[number]

/** A companion is a line; what is larger is something else. */
const COMPANION_BYTES = 4_096

export function companionOf(path: string, extension: string, naming: Naming): string {
  return `${naming === 'append' ? path : path.replace(/\.[^./]*$/, '')}.${extension}`
}

/** Digests of what passes through, all at once. */
export class Digester {
  readonly #hashes: ReadonlyMap<DigestName, Hash>

  constructor(names: readonly DigestName[]) {
    this.#hashes = new Map(names.map((name) => [name, createHash(name)]))
  }

  add(piece: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(piece)
  }

  /** Lower-case hex. Once. */
  end(): ReadonlyMap<DigestName, string> {
    return new Map([...this.#hashes].map(([name, hash]) => [name, hash.digest('hex')]))
  }
}

/** The same pieces, digested on their way. */
export async function* watched(
  content: AsyncIterable<Uint8Array>,
  digester: Digester,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of content) {
    digester.add(piece)
    yield piece
  }
}

export function digestOf(name: DigestName, bytes: Uint8Array): string {
  return createHash(name).update(bytes).digest('hex')
}

/** As md5sum and its kin write it: hex, two spaces, the name. */
export function companionText(digest: string, name: string): Buffer {
  return Buffer.from(`${digest}  ${name}\n`)
}

/** The digest that a companion carries, lower-case; undefined where there is none in it. */
export function readCompanion(name: DigestName, bytes: Uint8Array): string | undefined {
  const length = name === 'md5' ? 32 : 64
  const pattern = new RegExp(`(?<![0-9a-f])[0-9a-f]{${length}}(?![0-9a-f])`, 'i')
  return pattern.exec(Buffer.from(bytes).toString('latin1'))?.[0].toLowerCase()
}

/** A small file whole, or its first bytes. @throws PlaceError */
export async function readSmall(place: Place, path: string, most = COMPANION_BYTES): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of place.read(path)) {
    pieces.push(piece)
    size += piece.length
    if (size >= most) break
  }
  return Buffer.concat(pieces).subarray(0, most)
}
