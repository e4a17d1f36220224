/** Follows an expression with shapes instead of values, node by node. */
import { type AstNode, pairsOf } from './ast.ts'
import { type ExprNode, offsetOf } from './engine/ast.ts'
import {
  allControls,
  allSources,
  anyMember,
  CONSTANT,
  computed,
  element,
  elementNumber,
  fromSource,
  type IsArray,
  type Items,
  member,
  NOTHING,
  type Scope,
  type Shape,
  union,
  withControls,
} from './lineage-shape.ts'

import type { Source } from './source-path.ts'

/** Calls inside calls that are followed; deeper ones (recursion) count as computed from their arguments. */
const MAX_CALLS = 24

/** Functions whose result is an argument of theirs, or a part of it, unchanged. */
const PASSING = new Set(['present', 'part', 'single', 'distinct', 'reverse', 'shuffle', 'clone', 'string'])

interface Frame {
  readonly scope: Scope
  readonly context: Shape
  readonly root: Shape
  readonly isArray: IsArray
  readonly calls: number
  /** What the arguments of each call are made of, by the call's offset. */
  readonly noted: Map<number, readonly Source[]>
}

/** The shape of what an expression makes of its input document, and what its calls read, by their offset. */
export function shapeOf(
  ast: AstNode,
  isArray: IsArray,
): { readonly shape: Shape; readonly calls: ReadonlyMap<number, readonly Source[]> } {
  const root = fromSource({ root: '', path: [], copy: true })
  const noted = new Map<number, readonly Source[]>()
  return {
    shape: evaluate(ast, { scope: new Map(), context: root, root, isArray, calls: 0, noted }),
    calls: noted,
  }
}

function evaluate(node: AstNode, frame: Frame): Shape {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
    case 'regex':
    case 'regexp':
      return CONSTANT
    case 'name':
      return staged(node, member(frame.context, String(node.value), frame.isArray), frame)
    case 'wildcard':
    case 'descendant':
      return staged(node, anyMember(frame.context, node.type === 'descendant'), frame)
    case 'variable':
      return staged(node, variable(String(node.value), frame), frame)
    case 'path':
      return path(node, frame)
    case 'block':
      return block(node.expressions ?? [], frame)
    case 'condition':
      return condition(node, frame)
    case 'lambda':
      return node.thunk === true && node.body !== undefined
        ? evaluate(node.body, frame)
        : { ...NOTHING, lambda: { node, scope: frame.scope, context: frame.context } }
    case 'function':
      return staged(node, call(node, argumentsOf(node, frame), frame), frame)
    case 'apply':
      return applied(node, frame)
    case 'unary':
      if (node.value === '{') return staged(node, objectOf(node, frame), frame)
      if (node.value === '[') return staged(node, arrayOf(node, frame), frame)
      return computed(node.expression === undefined ? [] : [evaluate(node.expression, frame)])
    case 'bind':
      return node.rhs === undefined ? NOTHING : evaluate(node.rhs, frame)
    default:
      return computed(children(node).map((child) => evaluate(child, frame)))
  }
}

function children(node: AstNode): AstNode[] {
  const { lhs, rhs, expression, pattern, update, delete: deletes, arguments: args = [] } = node
  const left = lhs !== undefined && 'type' in lhs ? [lhs] : []
  return [...left, rhs, expression, pattern, update, deletes, ...args].filter((child) => child !== undefined)
}

function variable(name: string, frame: Frame): Shape {
  if (name === '') return frame.context
  if (name === '$') return frame.root
  const bound = frame.scope.get(name)
  if (bound !== undefined) return bound
  return { ...fromSource({ root: `$${name}`, path: [], copy: true }), builtin: name }
}

function block(expressions: readonly AstNode[], frame: Frame): Shape {
  const scope = new Map(frame.scope)
  const inner: Frame = { ...frame, scope }
  let result = NOTHING
  for (const expression of expressions) {
    result = evaluate(expression, inner)
    if (expression.type === 'bind' && expression.lhs !== undefined && 'type' in expression.lhs) {
      scope.set(String(expression.lhs.value), result)
    }
  }
  return result
}

function condition(node: AstNode, frame: Frame): Shape {
  const { condition: test, then, else: otherwise } = node
  const first = then === undefined ? NOTHING : evaluate(then, frame)
  const second = otherwise === undefined ? NOTHING : evaluate(otherwise, frame)
  const looked = test === undefined ? NOTHING : evaluate(test, frame)
  const controls = [...allSources(looked), ...allControls(looked)]
  return withControls(union(first, second), controls)
}

function objectOf(node: AstNode, frame: Frame): Shape {
  const fields = new Map<string, Shape>()
  let dynamic: Shape = NOTHING
  for (const [key, value] of pairsOf(node)) {
    const shape = evaluate(value, frame)
    if (key.type === 'string')
      fields.set(String(key.value), union(fields.get(String(key.value)) ?? NOTHING, shape))
    else dynamic = union(dynamic, computed([evaluate(key, frame), shape]))
  }
  return { ...dynamic, fields }
}

function arrayOf(node: AstNode, frame: Frame): Shape {
  const expressions = node.expressions ?? []
  let items: Items | undefined
  const controls: Shape[] = []
  for (const expression of expressions) {
    const shape = evaluate(expression, frame)
    if (shape === CONSTANT || shape === NOTHING) {
      items = join(items, { shape, loops: [], sequence: false })
      continue
    }
    const nested = expression.type === 'unary' && expression.value === '['
    const single = expression.type !== 'path' && expression.type !== 'variable' && shape.items === undefined
    // One object or one computed value is one element; a path may give many.
    if (nested || single || (shape.items === undefined && expressions.length > 1)) {
      items = join(items, { shape, loops: [], sequence: false })
    } else {
      const { shape: one, loops } = element(shape)
      if (expressions.length > 1) for (const loop of loops) loop.exact = false
      items = join(items, { shape: one, loops, sequence: false })
      controls.push(shape)
    }
  }
  if (items === undefined) return CONSTANT
  return withControls(
    { ...NOTHING, items },
    controls.flatMap((shape) => shape.controls),
  )
}

function join(first: Items | undefined, second: Items): Items {
  if (first === undefined) return second
  return {
    shape: union(first.shape, second.shape),
    loops: [...first.loops, ...second.loops],
    sequence: false,
  }
}

function path(node: AstNode, frame: Frame): Shape {
  let current: Shape | undefined
  for (const step of node.steps ?? []) {
    if (step.type === 'sort') current = current === undefined ? NOTHING : sorted(current, step, frame)
    else if (current === undefined) current = evaluate(step, frame)
    else if (step.type === 'name') {
      current = staged(step, member(current, String(step.value), frame.isArray), frame)
    } else current = staged(step, mapped(current, step, frame), frame)
  }
  let result = current ?? NOTHING
  if (node.group !== undefined) {
    const { shape } = element(result)
    const inner = { ...frame, context: shape }
    result = computed([
      result,
      ...node.group.lhs.flatMap(([key, value]) => [evaluate(key, inner), evaluate(value, inner)]),
    ])
  }
  if (node.keepSingletonArray === true) {
    const { shape, loops } = element(result)
    result = { ...withControls(NOTHING, result.controls), items: { shape, loops, sequence: false } }
  }
  return result
}

/** `current.(step)`: the step is evaluated for every element. */
function mapped(current: Shape, step: AstNode, frame: Frame): Shape {
  const { shape, loops } = element(current)
  const inner = { ...frame, context: shape }
  return overElements(
    evaluate({ ...step, stages: [], predicate: [] }, inner),
    loops,
    step,
    current,
    frame.scope,
  )
}

/** The sequence of what each element gives. Only an object constructor surely gives one result per element. */
function overElements(
  result: Shape,
  loops: Items['loops'],
  body: AstNode,
  whole: Shape,
  scope: Scope,
): Shape {
  const always = alwaysOne(body, scope)
  const inner = result.items
  if (!always || inner !== undefined)
    for (const loop of [...loops, ...(inner?.loops ?? [])]) loop.exact = false
  const items: Items =
    inner === undefined ? { shape: result, loops, sequence: true } : { ...inner, sequence: true }
  return withControls({ ...NOTHING, items }, [
    ...whole.controls,
    ...(inner === undefined ? [] : result.controls),
  ])
}

function alwaysOne(node: AstNode, scope: Scope): boolean {
  switch (node.type) {
    case 'string':
    case 'number':
      return true
    case 'unary':
      return node.value === '{'
    case 'block': {
      const last = node.expressions?.at(-1)
      return last !== undefined && alwaysOne(last, scope)
    }
    case 'condition':
      return (
        node.then !== undefined &&
        node.else !== undefined &&
        alwaysOne(node.then, scope) &&
        alwaysOne(node.else, scope)
      )
    case 'function': {
      const lambda = scope.get(String(node.procedure?.value))?.lambda
      return lambda?.node.body !== undefined && alwaysOne(lambda.node.body, lambda.scope)
    }
    default:
      return false
  }
}

/** Filters and indexes after a step. */
function staged(node: AstNode, shape: Shape, frame: Frame): Shape {
  let current = shape
  for (const stage of [...(node.stages ?? []), ...(node.predicate ?? [])]) {
    const test = stage.expr
    if (stage.type !== 'filter' || test === undefined) continue
    const index = numberOf(test)
    if (index !== undefined) {
      current = elementNumber(current, index)
      continue
    }
    const { shape: one, loops } = element(current)
    const looked = evaluate(test, { ...frame, context: one })
    for (const loop of loops) loop.exact = false
    current = withControls({ ...NOTHING, items: { shape: one, loops, sequence: true } }, [
      ...current.controls,
      ...allSources(looked),
      ...allControls(looked),
    ])
  }
  return current
}

function numberOf(node: AstNode): number | undefined {
  if (node.type === 'number') return Number(node.value)
  if (node.type === 'unary' && node.value === '-' && node.expression?.type === 'number') {
    return -Number(node.expression.value)
  }
  return undefined
}

function sorted(current: Shape, step: AstNode, frame: Frame): Shape {
  const { shape, loops } = element(current)
  for (const loop of loops) loop.exact = false
  const terms = (step.terms ?? []).map((term) => evaluate(term.expression, { ...frame, context: shape }))
  return withControls({ ...NOTHING, items: { shape, loops, sequence: true } }, [
    ...current.controls,
    ...terms.flatMap(allSources),
  ])
}

function argumentsOf(node: AstNode, frame: Frame): readonly Shape[] {
  const shapes = (node.arguments ?? []).map((argument) => evaluate(argument, frame))
  const offset = offsetOf(node as ExprNode)
  frame.noted.set(offset, [...(frame.noted.get(offset) ?? []), ...computed(shapes).sources])
  return shapes
}

function applied(node: AstNode, frame: Frame): Shape {
  if (node.lhs === undefined || !('type' in node.lhs) || node.rhs === undefined) return NOTHING
  const left = evaluate(node.lhs, frame)
  if (node.rhs.type === 'function') return call(node.rhs, [left, ...argumentsOf(node.rhs, frame)], frame)
  return invoke(evaluate(node.rhs, frame), [left], frame)
}

function call(node: AstNode, args: readonly Shape[], frame: Frame): Shape {
  if (node.procedure === undefined) return computed(args)
  return invoke(evaluate(node.procedure, frame), args, frame, node.arguments)
}

function invoke(target: Shape, args: readonly Shape[], frame: Frame, nodes?: readonly AstNode[]): Shape {
  if (target.lambda !== undefined) {
    if (frame.calls >= MAX_CALLS) return computed(args)
    const { node, scope, context } = target.lambda
    const inner = new Map(scope)
    // A function may call itself by the name that it was bound to after it was made.
    for (const [name, shape] of frame.scope) if (!inner.has(name)) inner.set(name, shape)
    for (const [index, parameter] of (node.arguments ?? []).entries()) {
      inner.set(String(parameter.value), args[index] ?? NOTHING)
    }
    return node.body === undefined
      ? NOTHING
      : evaluate(node.body, { ...frame, scope: inner, context, calls: frame.calls + 1 })
  }
  const name = target.builtin
  const [first = NOTHING, second = NOTHING] = args
  switch (name) {
    case undefined:
      return computed([target, ...args])
    case 'map':
    case 'filter':
    case 'single':
      return iterated(name, first, second, frame)
    case 'merge':
      return merged(first)
    case 'append':
      return appended(first, second)
    case 'lookup':
      return lookedUp(first, second, nodes?.[1])
    case 'now':
    case 'millis':
    case 'random':
      return fromSource({ root: `$${name}()`, path: [], copy: false })
    case 'exists':
      return computed(args)
    default:
      if (PASSING.has(name)) return args.length === 0 ? frame.context : first
      return computed(args.length === 0 ? [frame.context] : args)
  }
}

function iterated(name: string, list: Shape, action: Shape, frame: Frame): Shape {
  const { shape, loops } = element(list)
  const position = computed([shape])
  const result = invoke(action, [shape, position, computed([list])], frame)
  if (name === 'map') {
    const body = action.lambda?.node.body
    return overElements(result, loops, body ?? { type: 'unknown' }, list, action.lambda?.scope ?? frame.scope)
  }
  for (const loop of loops) loop.exact = false
  const controls = [...list.controls, ...allSources(result), ...allControls(result)]
  if (name === 'single') return withControls(shape, controls)
  return withControls({ ...NOTHING, items: { shape, loops, sequence: true } }, controls)
}

function merged(list: Shape): Shape {
  return list.items === undefined ? list : withControls(list.items.shape, list.controls)
}

function appended(first: Shape, second: Shape): Shape {
  const parts = [first, second]
    .filter((shape) => shape !== NOTHING && shape !== CONSTANT)
    .map((shape) => element(shape))
  for (const { loops } of parts) for (const loop of loops) loop.exact = false
  const shape = parts.reduce((joined, part) => union(joined, part.shape), NOTHING)
  return { ...NOTHING, items: { shape, loops: parts.flatMap((part) => part.loops), sequence: false } }
}

/** `$lookup(object, key)`: with a literal key a member, else any member, chosen by the key. */
function lookedUp(object: Shape, key: Shape, keyNode: AstNode | undefined): Shape {
  if (keyNode?.type === 'string') return member(object, String(keyNode.value), () => false)
  const found = anyMember(object, false)
  const chosen = computed([key])
  // A table of literals makes the key the value's only source.
  if (found.sources.length === 0) return { ...chosen, controls: [...chosen.controls, ...found.controls] }
  return withControls(found, [...chosen.sources, ...chosen.controls])
}
