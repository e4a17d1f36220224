/** The part of the store port that knows files: what was handed in, by whom, as what. The bytes stand elsewhere (content-store.ts). */
import type { AuditEntry } from './store.ts'

/** Who handed a file in, and what it calls it. */
export interface FileUpload {
  readonly system: string
  /** 1–255 characters. */
  readonly name: string
  /** Lower-case `type/subtype`, as declared and found to fit the first bytes. */
  readonly mediaType: string
  readonly atMs: number
}

/** A file of the hub: the same bytes are one file, whoever handed them in. */
export interface StoredFile {
  /** SM3 (GB/T 32905-2016) of the bytes, lower-case hex: what the file is known by. */
  readonly sm3: string
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** By system id; one for each system, the latest. */
  readonly uploads: readonly FileUpload[]
}

export interface FileVerbs {
  /**
   * Notes that a system has handed in a file, whose bytes are in the content store already. Safe twice: the name and the media type
   * of the same system are those it gave last. Several nodes may add the same file at once. The audit record is written with it.
   */
  fileAdd(request: {
    readonly file: Omit<StoredFile, 'uploads'>
    readonly upload: FileUpload
    readonly audit: AuditEntry
  }): Promise<void>
  /** By either digest, lower-case hex. */
  fileGet(query: { readonly digest: string }): Promise<StoredFile | undefined>
  /** Adds a record on its own: for acts that write nothing else, such as reading a file. On disk when it resolves. */
  auditAppend(entry: AuditEntry): Promise<void>
}
