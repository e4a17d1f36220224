/** Code for function calls. */
import { type ApplyNode, type CallNode, type ExprNode, type LambdaNode, offsetOf } from '../ast.ts'
import type { Signature } from '../runtime/signature.ts'
import { literal } from './emitter.ts'
import type { Callable, Generator, Place } from './generator.ts'
import { cleaned } from './groups.ts'
import { inlineBuiltin } from './inline-builtins.ts'
import { inlineHigherOrder } from './inline-higher-order.ts'
import { isScalarKind, type Kind, type Operand, operand } from './operand.ts'
import { variable } from './variables.ts'

/** A value before unwrapping, as a function returned it. */
export interface RawResult {
  readonly value: Operand
  /** Whether it still has to be unwrapped to be a value. */
  readonly isRaw: boolean
}

/** `$f(a, b)`, raw. `first` is the argument that `~>` puts in front. */
export function call(g: Generator, node: CallNode, place: Place, first?: Operand): Operand {
  const { tail: _, ...rest } = place
  const { value, isRaw } = rawCall(g, node, rest, place.context.code, first)
  return isRaw ? { ...value, raw: true } : value
}

/** A call in tail position of a lambda: its arguments may take the context of whoever called the lambda. */
export function tailCall(g: Generator, node: LambdaNode, place: Place): Operand {
  const { tail, ...rest } = place
  const inner = { ...rest, final: false }
  const target = node.body as CallNode
  const callable = resolve(g, target, place)
  if (callable !== undefined) return rawCall(g, target, inner, place.callerInput, undefined).value
  const procedure = g.expression(target.procedure, inner).code
  const args = target.arguments.map((argument) => g.expression(argument, inner).code)
  if (tail === 'return') {
    return operand(g.emitter.hold(`new TailCall(${procedure}, [${args.join(', ')}])`), 'any')
  }
  g.emitter.line(`S.at = ${offsetOf(target)};`)
  return operand(g.emitter.hold(`apply(S, ${procedure}, [${args.join(', ')}], ${place.callerInput})`), 'any')
}

/** What the procedure of a call is, if that is certain. */
function resolve(g: Generator, node: CallNode, place: Place): Callable | undefined {
  const { procedure } = node
  if (procedure.type !== 'variable' || procedure.predicate !== undefined || procedure.group !== undefined)
    return undefined
  if (place.scope.candidates(procedure.value).length > 0) return undefined
  return g.callable(procedure.value)
}

function rawCall(
  g: Generator,
  node: CallNode,
  place: Place,
  input: string,
  first: Operand | undefined,
): RawResult {
  const { emitter } = g
  const callable = resolve(g, node, place)
  const offset = offsetOf(node)
  if (callable?.kind === 'builtin') {
    const inlined = inlineHigherOrder(g, callable.builtin.name, node, place, first)
    if (inlined !== undefined) return inlined
  }
  const inner = { ...place, final: false }
  if (callable === undefined) {
    const known =
      node.procedure.type === 'variable' ? place.scope.candidates(node.procedure.value)[0] : undefined
    if (known?.definite && known.lambda !== undefined) {
      const args = argumentsOf(g, node, inner, first)
      while (args.length < known.lambda.arity) args.push('undefined')
      const list = [...args.slice(0, known.lambda.arity), input].join(', ')
      const direct = `${known.lambda.js}(${list})`
      const code = known.lambda.hasTailCalls ? `finish(S, ${direct}, ${input})` : direct
      const held = emitter.hold(code)
      const { result } = known.lambda
      const value = result === undefined ? operand(held, 'any') : { ...result, code: held }
      return { value, isRaw: known.lambda.hasTailCalls && !isScalarKind(value.kind) }
    }
    const procedure = g.expression(node.procedure, inner).code
    const args = argumentsOf(g, node, inner, first)
    const token = tokenOf(node.procedure)
    const suggests = suggestion(g, node.procedure, place)
    const target =
      suggests === undefined
        ? procedure
        : emitter.hold(`mustExist(S, ${procedure}, ${suggests}, ${literal(token)}, ${offset})`)
    const code = `invoke(S, ${target}, [${args.join(', ')}], ${input}, ${offset})`
    return { value: operand(emitter.hold(code), 'any'), isRaw: true }
  }
  const operands = [
    ...(first === undefined ? [] : [first]),
    ...node.arguments.map((argument) => g.expression(argument, inner)),
  ]
  return callNamed(g, callable, operands, input, offset)
}

/** A call of a builtin or registered function with evaluated arguments. */
function callNamed(
  g: Generator,
  callable: Callable,
  args: Operand[],
  input: string,
  offset: number,
): RawResult {
  const { emitter } = g
  if (callable.kind === 'builtin') {
    const { builtin } = callable
    const target = emitter.constant(callable, `callable ${builtin.name}`)
    const slowCall = (codes: readonly string[]): string =>
      `callBuiltin(S, ${target}, [${codes.join(', ')}], ${input}, ${offset})`
    const inlined = inlineBuiltin(g, builtin.name, args, offset, () => slowCall(args.map(({ code }) => code)))
    if (inlined !== undefined) return { value: inlined, isRaw: false }
    const passed = args.map((value) => passable(g, value))
    const run = emitter.constant(builtin.run, `run ${builtin.name}`)
    const slow = slowCall(passed)
    const check = simpleCheck(callable.signature, args)
    const fast = `(S.at = ${offset}, ${run}(${['S', ...passed].join(', ')}))`
    const code = check === undefined ? slow : check === '' ? fast : `${check} ? ${fast} : ${slow}`
    const kind = resultKind(callable.signature.returns)
    return { value: operand(emitter.hold(code), kind), isRaw: !isScalarKind(kind) }
  }
  const passed = args.map((value) => cleaned(g, value).code)
  const { signature } = callable
  const target = emitter.constant(callable, `callable ${callable.fn.name}`)
  const slow = `callRegistered(S, ${target}, [${passed.join(', ')}], ${input}, ${offset})`
  if (signature === undefined) return { value: registeredResult(emitter.hold(slow)), isRaw: false }
  const check = simpleCheck(signature, args)
  const fast = `runRegistered(S, ${target}, [${passed.join(', ')}], ${offset})`
  const code = check === undefined ? slow : check === '' ? fast : `${check} ? ${fast} : ${slow}`
  return { value: registeredResult(emitter.hold(code)), isRaw: false }
}

function registeredResult(code: string): Operand {
  return operand(code, 'any', { maybeMarked: false, plain: true })
}

/** JavaScript that is true when no argument needs converting; undefined when that takes the signature itself. */
function simpleCheck(signature: Signature, args: readonly Operand[]): string | undefined {
  if (args.length > signature.parameters.length) return undefined
  const tests: string[] = []
  for (const [index, parameter] of signature.parameters.entries()) {
    if (parameter.repeated) return undefined
    const arg = args[index]
    if (arg === undefined) {
      if (parameter.context || !parameter.optional) return undefined
      continue
    }
    if (parameter.isArray) {
      if (parameter.subtype === undefined) tests.push(`isArray(${arg.code})`)
      else if (parameter.subtype === 's') tests.push(`isArray(${arg.code}) && areAll(${arg.code}, "string")`)
      else if (parameter.subtype === 'n') tests.push(`isArray(${arg.code}) && areAll(${arg.code}, "number")`)
      else return undefined
      continue
    }
    if (parameter.accepts.length > 4) {
      if (parameter.accepts.includes('f')) continue
      tests.push(`typeof ${arg.code} !== "function"`)
      continue
    }
    const type = { s: 'string', n: 'number', b: 'boolean' }[parameter.accepts]
    if (type === undefined) return undefined
    if (arg.kind === type && !arg.maybeMissing) continue
    if (arg.kind !== 'any' && arg.kind !== type) return undefined
    tests.push(`typeof ${arg.code} === "${type}"`)
  }
  return tests.join(' && ')
}

function resultKind(returns: string | undefined): Kind {
  if (returns === 's') return 'string'
  if (returns === 'n') return 'number'
  if (returns === 'b') return 'boolean'
  return 'any'
}

function argumentsOf(g: Generator, node: CallNode, place: Place, first: Operand | undefined): string[] {
  const args = node.arguments.map((argument) => passable(g, g.expression(argument, place)))
  return first === undefined ? args : [first.code, ...args]
}

/** A function passed as an argument loses the context of the place where it stands. */
function passable(g: Generator, value: Operand): string {
  if (isScalarKind(value.kind) || (value.kind !== 'any' && value.kind !== 'function') || !value.maybeMarked)
    return value.code
  const { code } = value
  // A pattern has no context to lose.
  if (value.regex !== undefined) return g.emitter.hold(code)
  return g.emitter.hold(
    value.kind === 'function'
      ? `asArgument(S, ${code})`
      : `typeof ${code} === "function" ? asArgument(S, ${code}) : ${code}`,
  )
}

function tokenOf(procedure: ExprNode): string {
  if (procedure.type === 'path') return String((procedure.steps[0] as { value?: unknown }).value ?? '')
  return 'value' in procedure ? String(procedure.value) : ''
}

/** When a name without `$` is called that would be a function with it: code that tells whether it is. */
function suggestion(g: Generator, procedure: ExprNode, place: Place): string | undefined {
  if (procedure.type !== 'path') return undefined
  const first = procedure.steps[0]
  if (first?.type !== 'name') return undefined
  return variable(g, { type: 'variable', value: first.value }, place).code
}

/** `a ~> f` */
export function applyTo(g: Generator, node: ApplyNode, place: Place): Operand {
  const { emitter } = g
  const { tail: _, ...rest } = place
  const inner = { ...rest, final: false }
  const left = g.expression(node.lhs, inner)
  if (node.rhs.type === 'function') {
    return call(g, stripped(node.rhs), inner, left)
  }
  const right = g.expression(node.rhs, inner)
  const code = `applyTo(S, ${left.code}, ${right.code}, ${offsetOf(node)})`
  return { ...operand(emitter.hold(code), 'any'), raw: true }
}

/** After `~>` a call is invoked as it stands; filters on it belong to a plain call only. */
function stripped(node: CallNode): CallNode {
  return {
    type: node.type,
    procedure: node.procedure,
    arguments: node.arguments,
    ...(node.position === undefined ? {} : { position: node.position }),
  }
}

/** `$f(?, b)` */
export function partialCall(g: Generator, node: CallNode, place: Place): Operand {
  const { emitter } = g
  const { tail: _, ...rest } = place
  const inner = { ...rest, final: false }
  const holes: number[] = []
  const args = node.arguments.map((argument, index) => {
    if (argument.type !== 'operator') return g.expression(argument, inner).code
    holes.push(index)
    return 'undefined'
  })
  const procedure = g.expression(node.procedure, inner).code
  const suggests = suggestion(g, node.procedure, place) ?? 'undefined'
  const token = tokenOf(node.procedure)
  const code = `partial(S, ${procedure}, [${args.join(', ')}], [${holes.join(', ')}], ${literal(token)}, ${offsetOf(node)}, ${suggests} !== undefined)`
  return operand(emitter.hold(code), 'function', { maybeMissing: false })
}
