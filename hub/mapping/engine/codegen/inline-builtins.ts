/** Builtins whose common case is a few JavaScript operations. Other cases go to the builtin itself. */
import type { Generator } from './generator.ts'
import { isScalarKind, type Operand, operand } from './operand.ts'

type Inline = (
  g: Generator,
  args: readonly Operand[],
  offset: number,
  slow: () => string,
) => Operand | undefined

/** The call as JavaScript, or undefined when this one needs the builtin. `slow` is code for the general call. */
export function inlineBuiltin(
  g: Generator,
  name: string,
  args: readonly Operand[],
  offset: number,
  slow: () => string,
): Operand | undefined {
  return Object.hasOwn(INLINES, name) ? INLINES[name]?.(g, args, offset, slow) : undefined
}

/** Whether the operand certainly is one known regular expression. */
function isPattern(value: Operand | undefined): value is Operand & { readonly regex: string } {
  return value?.regex !== undefined && !value.maybeMissing
}

const INLINES: Readonly<Record<string, Inline>> = {
  exists: (g, args) => {
    const [value] = args
    if (args.length !== 1 || value === undefined) return undefined
    return value.maybeMissing
      ? operand(g.emitter.hold(`${value.code} !== undefined`), 'boolean', { maybeMissing: false })
      : operand('true', 'boolean', { maybeMissing: false })
  },
  not: (g, args) => {
    const [value] = args
    if (args.length !== 1 || value === undefined) return undefined
    const negated = `!(${g.test(value)})`
    return value.maybeMissing
      ? operand(g.emitter.hold(`${value.code} === undefined ? undefined : ${negated}`), 'boolean')
      : operand(g.emitter.hold(negated), 'boolean', { maybeMissing: false })
  },
  boolean: (g, args) => {
    const [value] = args
    if (args.length !== 1 || value === undefined) return undefined
    return value.maybeMissing
      ? operand(g.emitter.hold(`${value.code} === undefined ? undefined : ${g.test(value)}`), 'boolean')
      : operand(g.emitter.hold(g.test(value)), 'boolean', { maybeMissing: false })
  },
  count: (g, args) => {
    const [value] = args
    if (args.length !== 1 || value === undefined || value.kind === 'function') return undefined
    const { code } = value
    const single = isScalarKind(value.kind) || value.kind === 'object'
    const length = single ? '1' : `isArray(${code}) ? ${code}.length : 1`
    return operand(g.emitter.hold(`${code} === undefined ? 0 : ${length}`), 'number', { maybeMissing: false })
  },
  string: (g, args, offset) => {
    const [value] = args
    if (args.length !== 1 || value === undefined) return undefined
    if (value.kind === 'string') return value
    const { code } = value
    return operand(
      g.emitter.hold(
        `typeof ${code} === "string" ? ${code} : ${code} === undefined ? undefined : (S.at = ${offset}, stringify(S, ${code}))`,
      ),
      'string',
      { maybeMissing: value.maybeMissing },
    )
  },
  contains: (g, args, offset, slow) => {
    const [text, pattern] = args
    if (args.length !== 2 || text === undefined || !isPattern(pattern)) return undefined
    const test = `(S.at = ${offset}, ${pattern.regex}.exec(S, ${text.code}, 0) !== undefined)`
    return operand(g.emitter.hold(`typeof ${text.code} === "string" ? ${test} : ${slow()}`), 'boolean')
  },
  replace: (g, args, offset, slow) => {
    const [text, pattern, replacement] = args
    if (args.length !== 3 || text === undefined || !isPattern(pattern)) return undefined
    if (replacement?.kind !== 'string' || replacement.maybeMissing) return undefined
    const { code } = text
    const fast = `(S.at = ${offset}, ${pattern.regex}.replaceAll(S, ${code}, ${replacement.code}))`
    const result = g.emitter.fresh('t')
    g.emitter.line(`let ${result} = typeof ${code} === "string" ? ${fast} : undefined;`)
    g.emitter.line(`if (${result} === undefined) ${result} = ${slow()};`)
    return operand(result, 'string')
  },
  millis: (g, args) =>
    args.length === 0
      ? operand(g.emitter.hold('S.environment.nowMs'), 'number', { maybeMissing: false })
      : undefined,
}
