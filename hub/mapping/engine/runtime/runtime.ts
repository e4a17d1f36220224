/** What generated code calls. The names here are the names in the generated text. */

import type { Callable } from '../codegen/generator.ts'
import { ExpressionError } from '../expression-error.ts'
import { regexValue } from '../regex/regex-value.ts'
import type { State } from '../state.ts'
import {
  apply,
  asArgument,
  chain,
  type FunctionValue,
  finish,
  isFunction,
  makeFunction,
  partial,
  TailCall,
} from './function-value.ts'
import { group } from './group.ts'
import {
  arithmetic,
  compare,
  concat,
  differs,
  equals,
  includes,
  isNumeric,
  negate,
  range,
  truthy,
} from './operators.ts'
import { clean } from './result.ts'
import {
  asSequence,
  closePath,
  closePathRaw,
  itemsOf,
  itemsOfContext,
  keepArray,
  type Marked,
  noteInside,
  pushAll,
  pushFlat,
  settle,
  unwrap,
  unwrapKept,
} from './sequence.ts'
import { orderBy } from './sort.ts'
import {
  collect,
  constructedItems,
  contextValue,
  descendants,
  elementAt,
  indexHits,
  joinItems,
  lastName,
  nameItems,
  nameOf,
  namePath,
  nameStep,
  wildcard,
} from './steps.ts'
import { stringify } from './stringify.ts'
import { transformer } from './transform.ts'

/** Stands for a variable that has not been bound yet. */
const UNBOUND = Symbol('unbound')

/** Read instead of a value that is not an object. */
const E: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null) as Record<string, unknown>)

/** Whether an array is what a signature such as `a<s>` asks for. */
function areAll(items: readonly unknown[], type: 'string' | 'number'): boolean {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== type) return false
  return true
}

/** `[predicate]`: adds `item` as often as the verdict selects it. */
function select(
  state: State,
  results: unknown[],
  verdict: unknown,
  index: number,
  length: number,
  item: unknown,
): void {
  if (typeof verdict === 'number' && isNumeric(state, verdict)) {
    if (indexHits(verdict, index, length) > 0) results.push(item)
  } else if (Array.isArray(verdict) && verdict.every((one) => isNumeric(state, one))) {
    state.spend(verdict.length)
    for (let hits = indexHits(verdict, index, length); hits > 0; hits--) results.push(item)
  } else if (truthy(state, verdict)) results.push(item)
}

/** A sorted path's items: as they are when sorted, as any sequence when there was nothing to sort. */
function settleSorted(items: unknown[]): unknown {
  if (items.length > 1) return items
  return (items as Marked).sequence === true ? unwrap(items) : items[0]
}

/** Calls whatever a name turned out to be. */
function invoke(
  state: State,
  target: unknown,
  args: readonly unknown[],
  input: unknown,
  offset: number,
): unknown {
  state.at = offset
  return apply(state, target, args, input)
}

/** Explains a missing function whose name would be one with a `$`. */
function mustExist(state: State, target: unknown, named: unknown, token: string, offset: number): unknown {
  if (target === undefined && named) state.fail('T1005', undefined, { token }, offset)
  return target
}

/** `left ~> right` where right is not a call. */
function applyTo(state: State, left: unknown, right: unknown, offset: number): unknown {
  if (!isFunction(right)) return state.fail('T2006', right, undefined, offset)
  state.at = offset
  return isFunction(left) ? chain(state, left, right) : apply(state, right, [left], null)
}

function callBuiltin(
  state: State,
  callable: Callable & { kind: 'builtin' },
  args: readonly unknown[],
  input: unknown,
  offset: number,
): unknown {
  state.at = offset
  const { builtin, signature } = callable
  const validated = signature.validate(state, args, input, builtin.name)
  return (builtin.run as (state: State, ...args: unknown[]) => unknown)(state, ...validated)
}

function callRegistered(
  state: State,
  callable: Callable & { kind: 'registered' },
  args: readonly unknown[],
  input: unknown,
  offset: number,
): unknown {
  state.at = offset
  const { signature, fn } = callable
  const validated = signature === undefined ? args : signature.validate(state, args, input, fn.name)
  return runRegistered(state, callable, validated, offset)
}

function runRegistered(
  state: State,
  callable: Callable & { kind: 'registered' },
  args: readonly unknown[],
  offset: number,
): unknown {
  state.call.offset = offset
  let result: unknown
  try {
    result = callable.fn.apply(args, state.call)
  } catch (cause) {
    throw asExpressionError(state, cause, callable.fn.name, offset)
  }
  if (
    typeof result === 'object' &&
    result !== null &&
    typeof (result as PromiseLike<unknown>).then === 'function'
  ) {
    state.fail('MAPPING_PROFILE', undefined, { message: `$${callable.fn.name} is asynchronous` }, offset)
  }
  return typeof result === 'function' ? undefined : result
}

function asExpressionError(state: State, cause: unknown, name: string, offset: number): ExpressionError {
  if (cause instanceof ExpressionError) return cause
  const code = (cause as { code?: unknown } | undefined)?.code
  return new ExpressionError({
    code: typeof code === 'string' ? code : 'MAPPING_FUNCTION_FAILED',
    offset,
    source: state.source,
    file: state.file,
    message: `$${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })
}

/** A builtin or registered function as a value. */
function functionValue(state: State, callable: Callable): FunctionValue {
  if (callable.kind === 'builtin') {
    const { builtin, signature } = callable
    const run = builtin.run as (state: State, ...args: unknown[]) => unknown
    const value = makeFunction((args) => run(state, ...args), builtin.arity, signature, builtin.name)
    value.native = true
    return value
  }
  const { fn, signature } = callable
  const arity = signature?.parameters.length ?? 1
  const value = makeFunction(
    (args) =>
      runRegistered(
        state,
        callable,
        args.map((arg) => clean(state, arg)),
        state.at,
      ),
    arity,
    signature,
    fn.name,
  )
  value.native = true
  return value
}

/** A variable that the environment may bind. Functions come by registration, where their signature is known. */
function binding(state: State, name: string): unknown {
  const { bindings } = state.environment
  if (bindings === undefined || !Object.hasOwn(bindings, name)) return undefined
  const value = bindings[name]
  return typeof value === 'function' ? undefined : value
}

export const runtime = {
  isArray: Array.isArray,
  hasOwn: Object.hasOwn,
  UNBOUND,
  E,
  TailCall,
  apply,
  applyTo,
  areAll,
  arithmetic,
  asArgument,
  asSequence,
  binding,
  callBuiltin,
  callRegistered,
  clean,
  closePath,
  closePathRaw,
  collect,
  compare,
  concat,
  constructedItems,
  contextValue,
  descendants,
  differs,
  elementAt,
  equals,
  finish,
  functionValue,
  group,
  includes,
  invoke,
  itemsOf,
  itemsOfContext,
  joinItems,
  keepArray,
  lastName,
  makeFunction,
  mustExist,
  nameItems,
  nameOf,
  namePath,
  nameStep,
  negate,
  noteInside,
  orderBy,
  partial,
  pushAll,
  pushFlat,
  range,
  regexValue,
  runRegistered,
  select,
  settle,
  settleSorted,
  stringify,
  transformer,
  truthy,
  unwrap,
  unwrapKept,
  wildcard,
}
