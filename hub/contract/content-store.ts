/** Where the bytes of files stand: by their SM3, each content once. Local folder or object store; the hub knows which by its settings only. */
import type { Readable } from 'node:stream'

/** Both ends included, as in a byte range (RFC 9110 §14.1.2). */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export interface ContentStore {
  /** For logs and `hub check`: no secret in it. */
  readonly name: string
  /**
   * Takes over a complete local file, on disk already, whose digests were checked; it is gone from `path` afterwards, or left behind
   * to be erased by the caller. Durable when it resolves. Safe twice, also at the same time and on several nodes.
   * Throws `ContentError` CONTENT_FULL or CONTENT_UNAVAILABLE; then nothing is half stored.
   */
  take(file: {
    readonly path: string
    readonly sm3: string
    readonly sha256: string
    readonly size: number
  }): Promise<void>
  /**
   * The bytes, or a part of them; 0 ≤ first ≤ last < size. Read as fast as the reader takes them, never collected in memory.
   * Throws `ContentError` CONTENT_MISSING or CONTENT_UNAVAILABLE; the stream is destroyed with one where it breaks off.
   */
  open(sm3: string, range?: ByteRange): Promise<Readable>
  /** Resolves where content can be taken and read; throws `ContentError` otherwise. */
  probe(): Promise<void>
  /** Safe twice. */
  close(): Promise<void>
}
