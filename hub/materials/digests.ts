/** SM3 and SHA-256 of the same bytes at once: systems know their files by either, as their keys sign by either. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

export interface Digests {
  /** Lower-case hex. */
  readonly sm3: string
  readonly sha256: string
}

export interface Digesting {
  update(bytes: Uint8Array): void
  /** Once. */
  end(): Digests
}

export function digesting(): Digesting {
  const sm3 = createHash('sm3')
  const sha256 = createHash('sha256')
  return {
    update(bytes) {
      sm3.update(bytes)
      sha256.update(bytes)
    },
    end: () => ({ sm3: sm3.digest('hex'), sha256: sha256.digest('hex') }),
  }
}

/** Of a file on disk, read piece by piece. */
export async function digestsOfFile(path: string): Promise<Digests> {
  const running = digesting()
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) running.update(chunk)
  return running.end()
}

/** Either hash will do: both are strong, and a text of 64 hex digits does not say which it is of. */
export function isDigestOf(digest: string, { sm3, sha256 }: Digests): boolean {
  return digest === sm3 || digest === sha256
}
