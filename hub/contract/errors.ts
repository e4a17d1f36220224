/**
 * Every error the hub throws on purpose. Classes are few: one exists only where somebody branches on it.
 * Codes are `AREA_WHAT_HAPPENED`, stable for ever, listed in `problems.ts` and docs/errors.md.
 */
import type { ProblemCode } from './problems.ts'

export class HubError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.details = options.details ?? {}
  }
}

/** One thing wrong in a configuration file. */
export interface ConfigFault {
  /** File relative to the project or topology folder. */
  readonly file: string
  /** JSON pointer within the file; empty for the file as a whole. */
  readonly path: string
  readonly code: string
  readonly reason: string
  readonly remedy: string
}

/** Refused at start. Carries every fault found, never only the first. */
export class ConfigError extends HubError {
  readonly faults: readonly ConfigFault[]

  constructor(faults: readonly ConfigFault[]) {
    super(
      'CONFIG_INVALID',
      faults
        .map((fault) => `${fault.file}${fault.path && `#${fault.path}`}: ${fault.reason} ${fault.remedy}`)
        .join('\n'),
    )
    this.faults = faults
  }
}

/** One thing wrong in a message, named in the sender's own terms. */
export interface Fault {
  readonly code: ProblemCode
  /** JSON pointer into the canonical message's `data`, where it is known. */
  readonly pointer?: string
  /** Path in the sender's own document, in the notation of its format (`body.materials[0].files[1].size`). */
  readonly source?: string
  readonly reason: { readonly zh: string; readonly en: string }
  /** Machine-readable facts: the allowed values, the limit, the missing materials … never personal data. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Intake refused a request. `code` decides the answer (see problems.ts); `faults` lists everything wrong at once. */
export class IntakeError extends HubError {
  declare readonly code: ProblemCode
  readonly faults: readonly Fault[]
  /** Seconds after which the same request may succeed. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ProblemCode,
    message: string,
    options: {
      faults?: readonly Fault[]
      details?: Record<string, unknown>
      retryAfterSeconds?: number
      cause?: unknown
    } = {},
  ) {
    super(code, message, options)
    this.faults = options.faults ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** A mapping could not be evaluated: the fault of the package, not of the message's sender. */
export class MappingError extends HubError {}

export type StoreErrorCode =
  | 'STORE_BUSY'
  | 'STORE_UNAVAILABLE'
  | 'STORE_FULL'
  | 'STORE_SCHEMA_AHEAD'
  | 'STORE_CLOSED'

/** The store did not do what it was asked; nothing was written. Busy, unavailable and full may pass. */
export class StoreError extends HubError {
  declare readonly code: StoreErrorCode

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, options)
  }
}

/** Thrown by links; the class is the instruction (see adapter.ts). */
export abstract class DeliveryError extends HubError {
  /** What the receiver answered, capped, kept as evidence. */
  readonly answer: Uint8Array | undefined

  constructor(
    code: string,
    message: string,
    options: { answer?: Uint8Array | undefined; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, options)
    this.answer = options.answer
  }
}

/** Not now (429, 5xx, busy): the attempt counts, the dispatcher waits by policy or as asked. */
export class RetryLater extends DeliveryError {
  readonly afterMs: number | undefined

  constructor(
    message: string,
    options: { afterMs?: number | undefined; answer?: Uint8Array | undefined; cause?: unknown } = {},
  ) {
    super('DELIVERY_RETRY_LATER', message, options)
    this.afterMs = options.afterMs
  }
}

/** Who has to act on a refusal: `contract` the integrator (mapping, format), `credential` the operator (keys, access). */
export type RejectionKind = 'contract' | 'credential'

/** Never: the receiver refused this message for good. Dead letter at once, with the receiver's words. */
export class Rejected extends DeliveryError {
  readonly kind: RejectionKind

  constructor(
    kind: RejectionKind,
    message: string,
    options: { answer?: Uint8Array | undefined; cause?: unknown } = {},
  ) {
    super('DELIVERY_REJECTED', message, options)
    this.kind = kind
  }
}

/** Nothing was sent. The link is reopened with backoff; the attempt does not count. */
export class LinkLost extends DeliveryError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('DELIVERY_LINK_LOST', message, options)
  }
}

/** Sent, no answer. Retried only where the receiver dedupes or can be asked; otherwise parked for a person. */
export class OutcomeUnknown extends DeliveryError {
  constructor(message: string, options: { answer?: Uint8Array | undefined; cause?: unknown } = {}) {
    super('DELIVERY_OUTCOME_UNKNOWN', message, options)
  }
}

/** The errors that instruct the hub, as a kind is given them. */
export const DELIVERY_ERRORS = { ConfigError, LinkLost, OutcomeUnknown, Rejected, RetryLater } as const
export type DeliveryErrors = typeof DELIVERY_ERRORS
