/**
 * A format package: how one vendor's or department's data converts, both ways (`mappings/<format>/`). Intake and
 * dispatch see this interface only; what evaluates the expressions behind it is the package loader's business.
 */
import type { ReadAnswer } from '../contract/adapter.ts'
import type { Fault } from '../contract/errors.ts'
import type { Message, MessageType } from '../contract/message.ts'
import type { Codec } from '../document/codec.ts'
import type { Charset, Media } from '../document/media.ts'
import type { MaterialsDeclaration } from './format-declaration.ts'
import type { WriteReply } from './reply-writing.ts'

/** What an inbound mapping makes of a partner's document, before anybody checked it. */
export interface Draft {
  /** The sender's own id of the message. */
  readonly externalId?: string
  /** Version of the same external id, where the sender counts resubmissions. */
  readonly dataVersion?: string
  /** Case number, as the hub answered it. */
  readonly caseNo?: string
  /** The sender's own number of the case. */
  readonly caseExternalId?: string
  /** RFC 3339, +08:00: when it happened. */
  readonly time?: string
  readonly data: unknown
}

export interface InboundContext {
  /** What `$now()` answers, epoch milliseconds. */
  readonly nowMs: number
  /** `$sender`. */
  readonly sender: { readonly id: string; readonly region: string }
}

export interface InboundMapping {
  /** The partner's name of the message: the file name in `in/`, without its ending. */
  readonly name: string
  readonly type: MessageType
  /**
   * Maps a decoded document. Faults are what hub functions refused (unmapped codes, impossible dates), each with the
   * canonical pointer and the sender's own path; the draft leaves those values out. Throws `MappingError` where the
   * expression itself failed.
   */
  map(
    document: unknown,
    context: InboundContext,
  ): Promise<{ readonly draft: Draft; readonly faults: readonly Fault[] }>
  /** The path in the sender's document that feeds a pointer of the draft's `data`, as far as the mapping tells; array indexes filled in. */
  sourceOf(dataPointer: string): string | undefined
}

/** Files of the hub as texts of a document, by the number in their reference; undefined where a format does not use the form. */
export interface FileTexts {
  readonly url?: (id: string) => string | undefined
  readonly base64?: (id: string) => string | undefined
}

export interface OutboundContext {
  readonly nowMs: number
  /** What `$fileUrl` and `$fileBase64` answer; absent: the message has no files of the hub. */
  readonly files?: FileTexts
  /** `$receiver`. */
  readonly receiver: { readonly id: string; readonly region: string }
  /** `$case`: what every party calls it, and what it is about. */
  readonly case: {
    readonly caseNo: string
    readonly taskCode: string
    readonly scenario: string
    readonly receivingRegion: string
    readonly jurisdictionRegion: string
    readonly openedAt: string
    /** External ids by system id. */
    readonly externalIds: Readonly<Record<string, string>>
  }
}

export interface OutboundMapping {
  readonly type: MessageType
  /** For the adapter: path, operation, routing key … as written in format.yaml. */
  readonly hints: Readonly<Record<string, string>>
  /**
   * The hints for one message: those that begin with `=` worked out, the others as they are. Throws `MappingError` where
   * one gives no text of 1–255 characters.
   */
  hintsOf(message: Message, context: OutboundContext): Readonly<Record<string, string>>
  /** The receiver's document. Throws `MappingError` with every fault where a code or a value has no counterpart. */
  map(message: Message, context: OutboundContext): Promise<unknown>
}

/** Reads and writes its own documents: nobody else asks what they are written in. */
export interface FormatPackage extends Codec {
  readonly id: string
  /** `<version of format.yaml>+<first 12 hex digits of the content hash>`. */
  readonly version: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly media: Media
  /** Charset of outgoing text, and of incoming text that declares none. */
  readonly charset: Charset
  /** The partner's name of a decoded document's message; undefined where it is none of the package's. */
  identify(document: unknown): string | undefined
  readonly inbound: ReadonlyMap<string, InboundMapping>
  readonly outbound: ReadonlyMap<MessageType, OutboundMapping>
  /** How the receiver gets the files of a message; absent: only their numbers. */
  readonly materials?: MaterialsDeclaration
  readonly readAnswer: ReadAnswer
  /** Absent: senders are answered as their protocol does. */
  readonly writeReply?: WriteReply
}
