/** Functions as values: lambdas, builtins, registered functions and regular expressions that are passed around. */
import type { LinearRegex } from '../regex/regex-engine.ts'
import type { State } from '../state.ts'
import { unwrap } from './sequence.ts'
import type { Signature } from './signature.ts'

export interface FunctionValue {
  (args: readonly unknown[], input: unknown): unknown
  /** How many arguments it can take; `$map` and its like pass as many. */
  arity: number
  signature?: Signature | undefined
  token?: string | undefined
  /** A builtin or registered function: trusts its arguments to be validated. */
  native?: true
  /** Set when the value is a regular expression literal. */
  regex?: LinearRegex
}

/** A call in tail position, handed back to the caller so that the stack does not grow. */
export class TailCall {
  readonly target: unknown
  readonly args: readonly unknown[]

  constructor(target: unknown, args: readonly unknown[]) {
    this.target = target
    this.args = args
  }
}

/** Makes a function value from the code of a lambda. */
export function makeFunction(
  run: (args: readonly unknown[], input: unknown) => unknown,
  arity: number,
  signature?: Signature,
  token?: string,
): FunctionValue {
  const value = run as FunctionValue
  value.arity = arity
  if (signature !== undefined) value.signature = signature
  if (token !== undefined) value.token = token
  return value
}

export function isFunction(value: unknown): value is FunctionValue {
  return typeof value === 'function'
}

/** Calls any function value and follows its tail calls. @throws ExpressionError T1006 when it is not a function */
export function apply(state: State, target: unknown, args: readonly unknown[], input: unknown): unknown {
  let result = applyOnce(state, target, args, input)
  while (result instanceof TailCall) result = applyOnce(state, result.target, result.args, input)
  return result
}

function applyOnce(state: State, target: unknown, args: readonly unknown[], input: unknown): unknown {
  if (!isFunction(target)) return state.fail('T1006', target)
  const { signature } = target
  const validated = signature === undefined ? args : signature.validate(state, args, input, target.token)
  return target(validated, input)
}

/** Follows the tail calls of a result that a lambda returned directly. */
export function finish(state: State, result: unknown, input: unknown): unknown {
  let current = result
  while (current instanceof TailCall) current = applyOnce(state, current.target, current.args, input)
  return current
}

/**
 * A function as it arrives when passed as an argument: it has lost the context of the place where it was written,
 * so that a builtin that would take its missing argument from there gets null.
 */
export function asArgument(state: State, value: unknown): unknown {
  if (!isFunction(value) || value.signature?.usesContext !== true) return value
  const detached = makeFunction((args) => apply(state, value, args, null), value.arity)
  if (value.regex !== undefined) detached.regex = value.regex
  return detached
}

/** `f ~> g`: a function that gives what `f` returns to `g`. */
export function chain(state: State, first: FunctionValue, second: FunctionValue): FunctionValue {
  return makeFunction(
    (args, input) => new TailCall(second, [unwrap(apply(state, first, [args[0]], input))]),
    1,
  )
}

/** `f(?, 2)`: a function of the arguments that were left open. `holes` are the positions of the question marks. */
export function partial(
  state: State,
  target: unknown,
  args: readonly unknown[],
  holes: readonly number[],
  token: string | undefined,
  offset: number,
  suggest: boolean,
): FunctionValue {
  if (!isFunction(target)) return state.fail(suggest ? 'T1007' : 'T1008', target, { token }, offset)
  const { arity } = target
  return makeFunction(
    (given, input) => {
      const full = args.slice(0, arity)
      while (full.length < arity) full.push(undefined)
      for (const [index, hole] of holes.entries()) if (hole < arity) full[hole] = given[index]
      const validated = target.native
        ? (target.signature?.validate(state, full, input, target.token) ?? full)
        : full
      return target(validated, input)
    },
    holes.filter((hole) => hole < arity).length,
    undefined,
    token,
  )
}
