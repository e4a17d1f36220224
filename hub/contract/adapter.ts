/**
 * What an adapter kind is. A kind knows one protocol; the hub knows none. Its outbound half opens links: a link makes
 * **one** attempt per call and never retries; what it throws (a `DeliveryError`, see errors.ts) is the instruction to the
 * dispatcher. Its inbound half opens listeners (listener.ts). Link and listener of one system may be of different kinds.
 */
import type { Clock } from './clock.ts'
import type { DoorHandler } from './door.ts'
import type { DeliveryErrors } from './errors.ts'
import type { Listener, ListenServices } from './listener.ts'
import type { MessageType } from './message.ts'

/** One message as its receiver wants it: already mapped and encoded. */
export interface Outbound {
  /** The canonical message id: the receiver's idempotency key. The same on every attempt and replay. */
  readonly messageId: string
  readonly type: MessageType
  readonly caseNo: string
  /** Position of the message within its case, from 1. */
  readonly sequence: number
  /** Media type of `body`, with charset where the format has one. */
  readonly contentType: string
  readonly body: Uint8Array
  /** The format's adapter hints for this message (`format.yaml`, `out.<type>.hints`): path, operation, routing key … */
  readonly hints: Readonly<Record<string, string>>
  readonly traceparent?: string
  /**
   * Files that go with the message, where its format says so (`format.yaml`, `materials: { as: beside | blob }`) and the kind can
   * (`Traits.attachments`). One that a link cannot send after all it refuses (`Rejected('contract')`); it leaves none out.
   */
  readonly attachments?: readonly Attachment[]
}

/** A file that goes with a message. */
export interface Attachment {
  /** Number of the file, as the document may have it: `hub-file:sm3:<hex>`. */
  readonly fileId: string
  /** A plain file name, never a path; unique within the message. */
  readonly name: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  /** The content from its beginning; as often as wanted. Read as a stream: it may be larger than memory. Throws `StoreError`. */
  open(): Promise<NodeJS.ReadableStream>
}

/** What the receiver's answer means, read by the format's own expressions (`format.yaml`, `answer`). */
export interface AnswerReading {
  readonly verdict: 'taken' | 'duplicate' | 'retry' | 'refused' | 'unreadable'
  /** The receiver's own number for what it took. */
  readonly reference?: string
  /** The receiver's words, at most 500 characters. */
  readonly words?: string
}

/** Reads a decoded answer body by the partner's rules. Pure; never throws: what it cannot read is `unreadable`. */
export type ReadAnswer = (answer: { readonly status?: number; readonly body: Uint8Array }) => AnswerReading

/** The receiver took the message; a "duplicate" answer counts as taken. */
export interface Receipt {
  readonly reference?: string
  readonly duplicate?: boolean
  /** The receiver's answer as it came, capped by the adapter, kept as evidence. */
  readonly answer?: Uint8Array
}

export interface Link {
  /**
   * One attempt. Resolves once the receiver has answered for the message; throws a `DeliveryError` otherwise.
   * Rejects promptly when `signal` fires: with `LinkLost` before anything was sent, `OutcomeUnknown` after.
   */
  deliver(message: Outbound, signal: AbortSignal): Promise<Receipt>
  /** Present where the receiver can be asked "do you have this message?" by business key. Undefined = it has not. */
  query?(message: Outbound, signal: AbortSignal): Promise<Receipt | undefined>
  /** Reaches the receiver without changing anything there; throws a `DeliveryError` that says what is wrong. */
  probe(signal: AbortSignal): Promise<void>
  /** What time it is at the receiver, epoch milliseconds; present where the protocol tells. Throws as `probe` does. */
  partnerClock?(signal: AbortSignal): Promise<number | undefined>
  /** Safe to call twice, and while a delivery is under way. */
  close(): Promise<void>
}

/** What a link may use of the hub. */
export interface LinkServices {
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  /** The value of a secret by its name; throws `ConfigError` where the name is unknown. Never log it. */
  readonly secret: (name: string) => string
  readonly readAnswer: ReadAnswer
  /** What a link throws, for kinds that come in a package of their own and cannot import it. */
  readonly errors: DeliveryErrors
}

/** Facts about a kind, proved by the conformance suite. */
export interface Traits {
  /** Two deliveries made one after the other arrive in that order. */
  readonly ordered: boolean
  /** Links of this kind can implement `query`. */
  readonly queryable: boolean
  /** Links of this kind send `Outbound.attachments`. Where they do not, the hub gives them no message that has any. */
  readonly attachments?: boolean
  /** Nothing is sent: receivers come and collect, and the dispatcher leaves their deliveries to the inbox. */
  readonly collected?: boolean
}

export interface AdapterKind<Config = unknown, ListenConfig = unknown> {
  readonly name: string
  readonly summary: string
  /** JSON Schema (2020-12), checked before `open` is called; also the source of the option table in the README. */
  readonly configSchema: object
  readonly traits: Traits
  /** Opens a link; absent where `traits.collected`, and in a kind that only listens. */
  open?(config: Config, services: LinkServices): Promise<Link>
  /** Options of a listener, as `configSchema`; present where `listen` is. */
  readonly listenSchema?: object
  /**
   * Opens a listener for one system. Resolves at once: a partner that is not there is a status, not an error.
   * @throws ConfigError where the options cannot work
   */
  listen?(config: ListenConfig, services: ListenServices): Promise<Listener>
  /**
   * Paths of the front door that a listener with these options will take, which the check of a topology holds against each
   * other; absent where it takes none. Pure; called only with options that keep `listenSchema`, their defaults filled in.
   */
  doors?(config: ListenConfig, system: { readonly id: string; readonly region: string }): readonly string[]
  /** Answers requests at `/<name>` of the front door (`/vendor/pigeon` for `@vendor/pigeon`), open to all: what a developer of a partner system needs, such as an interface description. */
  readonly publishes?: DoorHandler
}

/** A kind that delivers: one with an outbound half. */
export type SendingKind<Config = unknown> = AdapterKind<Config> & Required<Pick<AdapterKind<Config>, 'open'>>
