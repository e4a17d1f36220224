/**
 * The inbound half of an adapter kind. A listener knows its protocol and nothing of what it carries: it hands each
 * document over as bytes, and tells the sender in the protocol's own way what became of it. It settles with the sender
 * (acknowledges, marks the row, renames the file, answers) only after the outcome is known: after the commit.
 */
import type { Clock } from './clock.ts'
import type { Door } from './door.ts'
import type { DeliveryErrors, Fault } from './errors.ts'
import type { MessageType } from './message.ts'
import type { ProblemCode } from './problems.ts'

/** One document as its sender wrote it. */
export interface Inbound {
  readonly body: Uint8Array
  /** Media type as the protocol declares it, charset included where it tells one. */
  readonly contentType: string
  /**
   * For protocols that may bring one document twice: the same text each time (a row's key and version, a message id).
   * 1–200 visible ASCII characters. Absent: the document's own id, else its bytes, are the key.
   */
  readonly idempotencyKey?: string
  /** W3C trace context. */
  readonly traceparent?: string
}

/** What became of an inbound document. */
export type InboundOutcome =
  /** On disk. `repeated`: it had been before, nothing was written now. */
  | {
      readonly kind: 'accepted'
      readonly caseNo: string
      readonly messageId: string
      readonly type: MessageType
      readonly sequence: number
      readonly repeated: boolean
      /** RFC 3339, +08:00: when the hub took it. */
      readonly recordedAt: string
      /** `sm3:<hex>` of `body`. */
      readonly digest: string
      readonly reply?: InboundReply
    }
  /** Never: the sender has to change something, and is told what. The listener parks the document with these words. */
  | {
      readonly kind: 'refused'
      readonly code: ProblemCode
      readonly title: { readonly zh: string; readonly en: string }
      /** What was wrong and what to do, in one text; no personal data. */
      readonly words: string
      readonly faults: readonly Fault[]
      readonly reply?: InboundReply
    }
  /**
   * Not now. `hub`: the hub cannot judge at the moment; offer it again for as long as it takes. `order`: a message of the
   * same case that comes before it is not here yet; offer it again, and park it when that takes too long.
   */
  | {
      readonly kind: 'not-yet'
      readonly because: 'hub' | 'order'
      readonly afterMs: number
      readonly code: ProblemCode
      readonly title: { readonly zh: string; readonly en: string }
      readonly words: string
      readonly reply?: InboundReply
    }

/** The answer in the sender's own format, where its format package has one (`format.yaml`, `reply`). */
export interface InboundReply {
  readonly contentType: string
  readonly body: Uint8Array
}

/** `opening`: not connected yet. `lost`: it was, and the listener is coming back by itself. */
export type ListenerState = 'opening' | 'open' | 'lost' | 'closed'

export interface ListenerStatus {
  readonly state: ListenerState
  /** Epoch milliseconds since when. */
  readonly sinceMs: number
  /** Why it is not open, and what to do; no secret. */
  readonly words?: string
}

export interface Listener {
  /** As it is now; never asks the network. */
  status(): ListenerStatus
  /** Takes nothing new, lets what was handed over be settled with its sender, and leaves. Safe twice. */
  close(): Promise<void>
}

export interface ListenerLog {
  info(details: object, text: string): void
  warn(details: object, text: string): void
  error(details: object, text: string): void
}

/** What a listener may use of the hub. */
export interface ListenServices {
  /** The system in whose name everything comes in. */
  readonly system: { readonly id: string; readonly region: string }
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  /** The value of a secret by its name; throws `ConfigError` where the name is unknown. Never log it. */
  readonly secret: (name: string) => string
  /** Takes one document. Never throws; resolves after the commit where it is accepted. Safe twice with the same key. */
  receive(inbound: Inbound): Promise<InboundOutcome>
  /** Remembers a value that may be used once (a nonce) until `expiresAtMs`, for all nodes; false where it had been used. */
  once(scope: string, value: string, expiresAtMs: number): Promise<boolean>
  /** The hub's own front door, for protocols that come in there. */
  readonly door: Door
  readonly log: ListenerLog
  /** `ConfigError` among them, for kinds that come in a package of their own. */
  readonly errors: DeliveryErrors
}
