import { messageFor } from './messages.ts'
import { positionAt } from './position.ts'

/** Everything known at the place where an expression failed. */
export interface ExpressionFault {
  /** JSONata's code (T2001, D3137…) or one of ours (MAPPING_…); stable. */
  readonly code: string
  /** Characters from the start of the source to the token that failed; -1 when unknown. */
  readonly offset: number
  readonly source: string
  readonly file?: string | undefined
  readonly message?: string | undefined
  /** The value that broke the expression, where there is one. */
  readonly value?: unknown
  /** Further fields for the text: token, index, type… */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

const MAX_EXCERPT = 60

/** An expression that could not be compiled or evaluated. The only error that the engine throws on purpose. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly code: string
  readonly file: string | undefined
  /** Characters from the start of the source; -1 when unknown. */
  readonly offset: number
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
  /** Source text from the place of the error on, at most one line. */
  readonly subExpression: string
  /** The offending value, shortened so that it is safe to log next to personal data rules. */
  readonly value: unknown

  constructor(fault: ExpressionFault) {
    const fields = { value: shorten(fault.value), ...fault.fields }
    super(
      fault.message ?? messageFor(fault.code, fields),
      fault.cause === undefined ? undefined : { cause: fault.cause },
    )
    const place = positionAt(fault.source, fault.offset)
    this.code = fault.code
    this.file = fault.file
    this.offset = fault.offset
    this.line = place.line
    this.column = place.column
    this.subExpression = excerpt(fault.source, fault.offset)
    this.value = fields.value
  }
}

function excerpt(source: string, offset: number): string {
  const start = Math.max(0, offset)
  const end = source.indexOf('\n', start)
  const line = source.slice(start, end === -1 ? undefined : end).trim()
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line
}

/** Keeps scalars (cut to a readable length) and replaces structures by a description: errors are logged. */
function shorten(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 100 ? `${value.slice(0, 100)}…` : value
  if (typeof value === 'function') return 'function'
  if (Array.isArray(value)) return `array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'object'
  return value
}
