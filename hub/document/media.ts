/** What the documents of a format are written in: the part of format.yaml that turns bytes into documents and back. */

export const MEDIA = ['json', 'xml', 'form', 'delimited'] as const
export type Media = (typeof MEDIA)[number]

export const CHARSETS = ['utf-8', 'gbk', 'gb18030'] as const
export type Charset = (typeof CHARSETS)[number]

/** Names of members from the top of a document, lists not counted. */
export type DocumentPath = readonly string[]

/** A text inside the document that is a document itself. */
export interface EmbeddedDocument {
  /** `receiveCase.xmlStr`; leads through lists to every element. */
  readonly path: string
  readonly media: 'json' | 'xml'
  /** The encoding that the inner XML declaration names when written; no declaration is written where it is absent. */
  readonly declares?: string
}

/** One kind of line: its columns, the first of which tells the kind. */
export type RecordColumns = readonly string[]

export interface DelimitedLayout {
  readonly delimiter: string
  /** Columns by the text in the first field: `H`, `D`, `T`. */
  readonly records: Readonly<Record<string, RecordColumns>>
  /** By record: the one column that may hold the delimiter. */
  readonly freeText: Readonly<Record<string, string>>
}

/** What is said of a document beside its charset. */
export interface DocumentLayout {
  readonly media: Media
  /** Paths that are lists even when there is one. */
  readonly lists: readonly string[]
  readonly embedded: readonly EmbeddedDocument[]
  /** Present where `media` is `delimited`. */
  readonly delimited?: DelimitedLayout
}

export interface DocumentDeclaration extends DocumentLayout {
  /** Charset of outgoing text, and of incoming text that declares none. */
  readonly charset: Charset
}
