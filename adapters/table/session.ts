/**
 * One session with a database of either engine, as this kind uses it: statements with parameters, answers as text. What the
 * engines say when something goes wrong becomes one of a few kinds of fault.
 */
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../hub/contract/clock.ts'
import type { Pem } from '../shared/options.ts'
import type { Dialect } from './dialect.ts'

export type Text = string | null

export interface Answer {
  /** Values as text, in the order of the select list. */
  readonly rows: readonly (readonly Text[])[]
  /** Rows that an insert or update found. */
  readonly changed: number
}

export interface Session {
  readonly dialect: Dialect
  /** One statement; values travel beside its text, never in it. @throws DatabaseFault */
  run(sql: string, values?: readonly Text[]): Promise<Answer>
  /** Nothing can be run any more. */
  readonly isEnded: boolean
  /** Called once, as soon as it has ended, with the reason. */
  onEnd(callback: (reason: string) => void): void
  /** Drops the connection at once; what was running is lost. Safe twice. */
  destroy(): void
  /** Says good-bye. Safe twice. */
  close(): Promise<void>
}

export interface DatabaseAddress {
  readonly engine: 'postgresql' | 'mysql'
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface SessionOptions {
  readonly address: DatabaseAddress
  /** Undefined: no TLS. */
  readonly tls: Pem | undefined
  readonly allowsHost: (host: string) => boolean
  readonly lookup: LookupFunction
  readonly connectTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly clock: Clock
}

/**
 * `unreachable`: no session stood. `lost`: the connection ended while it was used. `credential`: the account is refused, or may
 * not do that. `busy`: not now. `duplicate`: a unique key is taken. `contract`: the statement or its values do not fit.
 */
export type FaultKind = 'unreachable' | 'lost' | 'credential' | 'busy' | 'duplicate' | 'contract'

export class DatabaseFault extends Error {
  readonly kind: FaultKind
  /** The engine's own code: SQLSTATE, or the number of the error. */
  readonly code: string | undefined
  /** The column that the engine blames, where it names one. */
  readonly column: string | undefined

  constructor(
    kind: FaultKind,
    message: string,
    options: { code?: string | undefined; column?: string | undefined; cause?: unknown } = {},
  ) {
    super(message.slice(0, 500), { cause: options.cause })
    this.name = 'DatabaseFault'
    this.kind = kind
    this.code = options.code
    this.column = options.column
  }
}

/** What a fault becomes when its connection was dropped by us or the other side. */
export function lost(reason: string, cause?: unknown): DatabaseFault {
  return new DatabaseFault('lost', reason, { cause })
}

export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof message === 'string' && message !== '') return message
  return typeof code === 'string' ? code : String(error)
}

/** A mistake of ours or the client library's, not something that happened to the connection. */
export function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError
}
