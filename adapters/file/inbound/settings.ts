/** Options of a listener, as checked by listen.schema.json, which describes every field and holds the defaults. */
import type { DigestName, Naming } from '../digest.ts'
import type { PlaceConfig } from '../place/open-place.ts'

export interface FileListenConfig {
  readonly place: PlaceConfig
  readonly depth?: number
  readonly names?: readonly string[]
  readonly completion?: 'ok' | 'digest' | 'stable'
  readonly digest?: DigestName
  readonly companions?: Naming
  readonly content?: 'whole' | 'lines'
  readonly contentType?: string
  readonly charset?: Charset
  readonly delimiter?: string
  readonly records?: Records
  readonly counts?: readonly Count[]
  readonly idField?: number
  readonly key?: 'document' | 'line' | 'file'
  readonly pollMs?: number
  readonly patienceMs?: number
  readonly maxFileBytes?: number
  readonly maxDocumentBytes?: number
  readonly settled?: 'move' | 'rename' | 'delete'
  readonly doneFolder?: string
  readonly rejectedFolder?: string
  readonly attachmentFolder?: string
  readonly reportCharset?: Charset
  readonly replyExtension?: string
}

export type Charset = 'utf-8' | 'gbk' | 'gb18030'

/** What the first field of a line says of the line. */
export interface Records {
  readonly header?: string
  readonly detail: string
  readonly trailer?: string
}

/** Where a file says how many detail lines it has. */
export interface Count {
  /** First field of the line. */
  readonly record: string
  /** From 1, the first field included. */
  readonly field: number
}

type Optional = 'place' | 'digest' | 'contentType' | 'records' | 'reportCharset' | 'replyExtension'

export type FileListenSettings = FileListenConfig & Required<Omit<FileListenConfig, Optional>>

/** Media type of what is handed over, always with the character set. */
export function mediaType({ contentType, content, charset }: FileListenSettings): string {
  return `${contentType ?? (content === 'whole' ? 'application/json' : 'text/plain')}; charset=${charset}`
}
