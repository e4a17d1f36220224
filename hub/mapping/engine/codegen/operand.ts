/** What the compiler knows about a value that generated code holds. */
export type Kind = 'any' | 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array' | 'function'

export interface Operand {
  /** A JavaScript name or literal: cheap to repeat. */
  readonly code: string
  /** Its type when it is not undefined. */
  readonly kind: Kind
  readonly maybeMissing: boolean
  /** Might be a sequence or constructor mark, or a function. */
  readonly maybeMarked: boolean
  /** Nothing inside it carries marks: it comes from the input or is built clean. */
  readonly plain: boolean
  /** A function's result as returned, which still has to be unwrapped to be the value of an expression. */
  readonly raw?: boolean
  /** JavaScript name of the pattern, for a regular expression literal; its code then makes a new value each time. */
  readonly regex?: string
}

export function operand(
  code: string,
  kind: Kind,
  facts: Partial<Omit<Operand, 'code' | 'kind'>> = {},
): Operand {
  const isScalar = isScalarKind(kind)
  return {
    code,
    kind,
    maybeMissing: facts.maybeMissing ?? true,
    maybeMarked: facts.maybeMarked ?? !isScalar,
    plain: facts.plain ?? isScalar,
  }
}

export function isScalarKind(kind: Kind): boolean {
  return kind === 'string' || kind === 'number' || kind === 'boolean' || kind === 'null'
}

/** A value that is one of two, as after a condition. */
export function eitherOf(code: string, a: Operand | undefined, b: Operand | undefined): Operand {
  if (a === undefined || b === undefined) {
    const known = a ?? b
    return known === undefined
      ? operand('undefined', 'null', { maybeMissing: true })
      : { ...known, code, maybeMissing: true }
  }
  const kind =
    a.code === 'undefined' ? b.kind : b.code === 'undefined' ? a.kind : a.kind === b.kind ? a.kind : 'any'
  return {
    code,
    kind,
    maybeMissing: a.maybeMissing || b.maybeMissing,
    maybeMarked: a.maybeMarked || b.maybeMarked,
    plain: a.plain && b.plain,
  }
}

export const MISSING: Operand = operand('undefined', 'null', { maybeMissing: true })

/** Whether the operand can only be undefined. */
export function isMissing(value: Operand): boolean {
  return value.code === 'undefined'
}
