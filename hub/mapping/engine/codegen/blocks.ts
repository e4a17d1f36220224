/** Code for blocks, `:=` and lambdas. */
import {
  type BindNode,
  type BlockNode,
  childrenOf,
  type ExprNode,
  type LambdaNode,
  offsetOf,
} from '../ast.ts'
import { Signature } from '../runtime/signature.ts'
import { Base } from './base.ts'
import type { Generator, Place } from './generator.ts'
import { MISSING, type Operand, operand } from './operand.ts'
import { type KnownLambda, Scope, type Variable } from './scope.ts'
import { spreadArgs } from './variables.ts'

/** `( a; b )` */
export function block(g: Generator, node: BlockNode, place: Place): Operand {
  const scope = openFrame(g, place.scope, node.expressions)
  const last = node.expressions.length - 1
  let result: Operand = MISSING
  const { tail: _, ...rest } = place
  for (const [index, expression] of node.expressions.entries()) {
    result =
      index === last
        ? g.expression(expression, { ...place, scope })
        : statement(g, expression, { ...rest, scope, final: false })
  }
  closeFrame(scope)
  return result
}

/** An expression whose value nobody uses directly; a `:=` here is certainly executed. */
export function statement(g: Generator, node: ExprNode, place: Place): Operand {
  if (node.type !== 'bind' || node.predicate !== undefined) return g.expression(node, place)
  return bind(g, node, place, true)
}

/** `$x := value`. `isSure` when it stands directly in its block, so that what follows sees it bound. */
export function bind(g: Generator, node: BindNode, place: Place, isSure: boolean): Operand {
  const { emitter } = g
  const variable = place.scope.own(node.lhs.value) ?? nearest(place.scope, node.lhs.value)
  const { tail: _, ...rest } = place
  const inner = { ...rest, final: false }
  const isOnly = isSure && variable.binds === 1 && place.scope.own(node.lhs.value) === variable
  if (isOnly && isPlainLambda(node.rhs)) return bindLambda(g, node.rhs, variable, inner)
  const value = g.expression(node.rhs, inner)
  emitter.line(`${variable.js} = ${value.code};`)
  if (isOnly) {
    variable.value = value
    variable.definite = true
    if (value.kind === 'any' || value.kind === 'object') {
      variable.base = new Base(variable.js, emitter.slot(), { isContext: false, plain: value.plain })
    }
  } else if (isSure && place.scope.own(node.lhs.value) === variable) variable.definite = true
  return { ...value, code: value.code }
}

function nearest(scope: Scope, name: string): Variable {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const variable = at.own(name)
    if (variable !== undefined) return variable
  }
  throw new Error(`$${name} has no frame`)
}

function isPlainLambda(node: ExprNode): node is LambdaNode {
  return (
    node.type === 'lambda' &&
    node.thunk !== true &&
    node.signature === undefined &&
    node.predicate === undefined &&
    node.group === undefined
  )
}

function bindLambda(g: Generator, node: LambdaNode, variable: Variable, place: Place): Operand {
  const js = g.emitter.fresh('fn')
  const known: KnownLambda = { js, arity: node.arguments.length, hasTailCalls: true, result: undefined }
  variable.lambda = known
  variable.definite = true
  const params = node.arguments.map(() => g.emitter.fresh('v'))
  const body = lambdaBody(g, node, params, place)
  known.hasTailCalls = body.hasTailCalls
  known.result = body.result
  g.emitter.line(`const ${js} = (${[...params, 'I'].join(', ')}) => {\n${body.text}\n};`)
  // Code that was compiled before this point reads the variable instead.
  if (variable.checked) {
    g.emitter.line(
      `${variable.js} = makeFunction((A, I) => ${js}(${spreadArgs(known.arity)}I), ${known.arity});`,
    )
  }
  return MISSING
}

/** A lambda as a value. */
export function lambda(g: Generator, node: LambdaNode, place: Place): Operand {
  const params = node.arguments.map(() => g.emitter.fresh('v'))
  const { tail: _, ...rest } = place
  const body = lambdaBody(g, node, params, { ...rest, final: false })
  const unpack = params.map((param, i) => `let ${param} = A[${i}];`).join(' ')
  const signature =
    node.signature === undefined
      ? ''
      : `, ${g.emitter.constant(new Signature(node.signature.definition), `signature ${node.signature.definition}`)}`
  const code = `makeFunction((A, I) => {\n${unpack}\n${body.text}\n}, ${params.length}${signature})`
  return operand(g.emitter.hold(code), 'function', { maybeMissing: false })
}

interface LambdaBody {
  readonly text: string
  readonly hasTailCalls: boolean
  readonly result: Operand
}

function lambdaBody(g: Generator, node: LambdaNode, params: readonly string[], place: Place): LambdaBody {
  const { emitter } = g
  const offset = offsetOf(node)
  let result: Operand = MISSING
  const text = emitter.capture(() => {
    emitter.line(
      `if (--S.fuel < 0) S.outOfFuel(${offset}); if (++S.depth > ${g.limits.depth}) S.tooDeep(${offset});`,
    )
    // An argument may be a function's result as returned.
    for (const param of params) emitter.line(`${param} = unwrap(${param});`)
    const scope = openFrame(
      g,
      place.scope,
      [node.body],
      node.arguments.map((argument, i) => [argument.value, params[i] as string]),
    )
    result = g.expression(node.body, { ...place, scope, final: false, tail: 'return', callerInput: 'I' })
    closeFrame(scope)
    emitter.line(`S.depth--; return ${result.code};`)
  })
  return { text, hasTailCalls: containsTailCall(node.body), result }
}

/** Whether the tail positions of a lambda body hold calls. */
function containsTailCall(node: ExprNode): boolean {
  if (node.type === 'lambda') return node.thunk === true
  if (node.type === 'condition') {
    return containsTailCall(node.then) || (node.else !== undefined && containsTailCall(node.else))
  }
  if (node.type === 'block') {
    const last = node.expressions[node.expressions.length - 1]
    return last !== undefined && containsTailCall(last)
  }
  return false
}

/** Declares the variables that `nodes` bind in this frame, and the parameters of a lambda. */
export function openFrame(
  g: Generator,
  parent: Scope | undefined,
  nodes: readonly ExprNode[],
  params: readonly (readonly [string, string])[] = [],
): Scope {
  const scope = new Scope(parent)
  const binds = new Map<string, number>()
  for (const node of nodes) countBinds(node, binds)
  const slot = g.emitter.slot()
  const declare = (name: string, js: string, isParam: boolean): void => {
    const own = isParam ? g.emitter.slot() : slot
    scope.add({
      name,
      js,
      binds: (binds.get(name) ?? 0) + (isParam ? 1 : 0),
      definite: isParam,
      value: undefined,
      base: undefined,
      lambda: undefined,
      slot: own,
      checked: false,
    })
  }
  for (const [name, js] of params) declare(name, js, true)
  for (const name of binds.keys()) {
    if (scope.own(name) === undefined) declare(name, g.emitter.fresh('v'), false)
  }
  for (const [name] of params) {
    const variable = scope.own(name) as Variable
    if (variable.binds === 1) {
      variable.base = new Base(variable.js, g.emitter.slot(), { isContext: false, plain: false })
    }
  }
  frames.set(scope, { slot, params: new Set(params.map(([name]) => name)) })
  return scope
}

const frames = new WeakMap<Scope, { slot: { text: string }; params: ReadonlySet<string> }>()

/** Writes the declarations, now that it is known which variables may be read before they are bound. */
export function closeFrame(scope: Scope): void {
  const frame = frames.get(scope)
  if (frame === undefined) return
  const names: string[] = []
  for (const variable of scope.variables()) {
    if (frame.params.has(variable.name) || (variable.lambda !== undefined && !variable.checked)) continue
    names.push(variable.checked ? `${variable.js} = UNBOUND` : variable.js)
  }
  if (names.length > 0) frame.slot.text = `let ${names.join(', ')};`
}

/** Counts the `:=` of one frame; blocks and lambdas inside have their own. */
function countBinds(node: ExprNode, counts: Map<string, number>): void {
  if (node.type === 'bind') counts.set(node.lhs.value, (counts.get(node.lhs.value) ?? 0) + 1)
  if (node.type === 'block' || (node.type === 'lambda' && node.thunk !== true)) {
    // Only its predicates and group clause are evaluated in this frame.
    for (const stage of node.predicate ?? []) countBinds(stage.expr, counts)
    for (const pair of node.group?.lhs.flat() ?? []) countBinds(pair, counts)
    return
  }
  for (const child of childrenOf(node)) countBinds(child, counts)
}
