/**
 * Follows an expression with types instead of values (value-type.ts), node by node, and remarks on what it meets. A
 * function of the mapping is followed anew at every call, with the types of that call's arguments.
 */
import type {
  BinaryNode,
  CallNode,
  ConditionNode,
  ExprNode,
  FilterStage,
  LambdaNode,
  ObjectNode,
  PathNode,
} from '../../engine/ast.ts'
import { sameExpression } from '../../engine/codegen/same-expression.ts'
import type { CallWorld } from './call.ts'
import type { Remark } from './finding.ts'
import { binaryType } from './infer-binary.ts'
import { callType } from './infer-calls.ts'
import { memberOfSource } from './schema-type.ts'
import { tokenStart } from './source-text.ts'
import { similarTo } from './suggestion.ts'
import {
  ANY,
  elementOf,
  type Facts,
  isNothing,
  kindsOfType,
  listType,
  literal,
  type MadeField,
  NO_NEEDS,
  NOTHING,
  numberType,
  type ObjectType,
  objectType,
  onlyWith,
  present,
  SOMETHING,
  settle,
  type Type,
  union,
} from './value-type.ts'

export interface World extends CallWorld {
  readonly text: string
  /** Variables from outside: `sender`, `receiver`, `case`. */
  readonly bindings: ReadonlyMap<string, Type>
  /** Names of all functions. */
  readonly functions: ReadonlySet<string>
  /** Paths that are there although the schema does not say so. */
  readonly promised: ReadonlySet<string>
  /** A field of the source is read at this offset. */
  read(path: string, offset: number): void
}

interface Frame {
  readonly scope: Map<string, Type>
  readonly context: Type
  readonly root: Type
  /** What is known to be there. */
  readonly known: ReadonlySet<string>
  readonly calls: number
}

/** Calls inside calls that are followed; deeper ones (recursion) may be anything. */
const MAX_CALLS = 24

/** Nodes that are looked at; a function that calls itself twice would double them at every depth. */
const MAX_STEPS = 200_000

/** The type of what the expression makes of `document`. */
export function inferType(ast: ExprNode, document: Type, world: World): Type {
  const frame = {
    scope: new Map(world.bindings),
    context: document,
    root: document,
    known: world.promised,
    calls: 0,
  }
  return new Inference(world).evaluate(ast, frame)
}

class Inference {
  readonly #world: World
  #steps = 0

  constructor(world: World) {
    this.#world = world
  }

  evaluate(node: ExprNode, frame: Frame): Type {
    if (++this.#steps > MAX_STEPS) return SOMETHING
    return settle(this.#staged(node, this.#bare(node, frame), frame), frame.known)
  }

  #bare(node: ExprNode, frame: Frame): Type {
    switch (node.type) {
      case 'string':
      case 'number':
      case 'value':
        return literal(node.value)
      case 'name':
        return this.#member(frame.context, node.value, node, frame)
      case 'variable':
        return this.#variable(node.value, frame)
      case 'path':
        return this.#path(node, frame)
      case 'block':
        return this.#block(node.expressions, frame)
      case 'condition':
        return this.#condition(node, frame)
      case 'lambda':
        return node.thunk === true
          ? this.evaluate(node.body, frame)
          : { ...SOMETHING, any: false, closure: { node, scope: frame.scope, context: frame.context } }
      case 'function':
        return this.#call(node, [], frame)
      case 'partial':
        for (const argument of node.arguments)
          if (argument.type !== 'operator') this.evaluate(argument, frame)
        return ANY
      case 'apply': {
        const left = this.evaluate(node.lhs, frame)
        if (node.rhs.type === 'function') return this.#call(node.rhs, [left], frame)
        return this.#invoke(this.evaluate(node.rhs, frame), [left], node, [node.lhs], frame)
      }
      case 'unary':
        if (node.value === '{') return this.#object(node, frame)
        if (node.value === '[') return this.#array(node.expressions, frame)
        return onlyWith(numberType(), this.evaluate(node.expression, frame))
      case 'binary':
        return this.#binary(node, frame)
      case 'bind': {
        const type = named(this.evaluate(node.rhs, frame), `$${node.lhs.value}@${node.position ?? 0}`)
        frame.scope.set(node.lhs.value, type)
        return type
      }
      default:
        return ANY
    }
  }

  #variable(name: string, frame: Frame): Type {
    if (name === '') return frame.context
    if (name === '$') return frame.root
    const bound = frame.scope.get(name)
    if (bound !== undefined) return bound
    return this.#world.functions.has(name) ? { ...SOMETHING, any: false, builtin: name } : ANY
  }

  #block(expressions: readonly ExprNode[], frame: Frame): Type {
    const inner = { ...frame, scope: new Map(frame.scope) }
    let result = NOTHING
    for (const expression of expressions) result = this.evaluate(expression, inner)
    return result
  }

  #condition(node: ConditionNode, frame: Frame): Type {
    const test = this.evaluate(node.condition, frame)
    const { whenTrue, whenFalse } = factsOf(test)
    let first = this.evaluate(node.then, { ...frame, known: frame.known.union(whenTrue) })
    if (isTestedItself(node)) first = present(first)
    const second =
      node.else === undefined
        ? NOTHING
        : this.evaluate(node.else, { ...frame, known: frame.known.union(whenFalse) })
    // A branch that is never taken is looked at all the same, but nothing comes of it.
    const sure = test.boolean?.size === 1 && kindsOfType(test).length === 1 && !test.absent && !test.any
    if (sure) return test.boolean?.has(true) === true ? first : second
    const { source: _source, ...either } = union(
      { ...first, needs: first.needs.union(isNothing(second) ? whenTrue : NO_NEEDS) },
      second,
    )
    return either
  }

  #binary(node: BinaryNode, frame: Frame): Type {
    const left = this.evaluate(node.lhs, frame)
    const facts = factsOf(left)
    const known = node.value === 'and' ? facts.whenTrue : node.value === 'or' ? facts.whenFalse : NO_NEEDS
    const right = this.evaluate(node.rhs, { ...frame, known: frame.known.union(known) })
    return binaryType(node, left, right, (remark, at) => this.#world.report(remark, at))
  }

  #object(node: ObjectNode, frame: Frame): Type {
    const { text } = this.#world
    const fields = new Map<string, MadeField>()
    let open = false
    for (const [key, value] of node.lhs) {
      const type = this.evaluate(value, frame)
      if (key.type !== 'string') {
        this.evaluate(key, frame)
        open = true
        continue
      }
      fields.set(String(key.value), {
        type,
        keyOffset: tokenStart(key, text),
        valueOffset: this.#world.startOf(value),
      })
    }
    return objectType({ kind: 'made', fields, open, offset: tokenStart(node, text), part: false })
  }

  #array(expressions: readonly ExprNode[], frame: Frame): Type {
    let inside = NOTHING
    let filled = false
    for (const expression of expressions) {
      const type = this.evaluate(expression, frame)
      const nested = expression.type === 'unary' && expression.value === '['
      inside = union(inside, present(nested ? type : elementOf(type)))
      filled ||= nested || (!type.absent && (type.list === undefined || type.list.filled === true))
    }
    const element = isNothing(inside) ? SOMETHING : present(inside)
    return listType(() => element, false, filled)
  }

  #path(node: PathNode, frame: Frame): Type {
    let current: Type | undefined
    for (const step of node.steps) {
      if (current === undefined) current = this.evaluate(step, frame)
      else if (step.type === 'sort') current = this.#sorted(current, step.terms, frame)
      else if (step.type === 'name') {
        current = this.#staged(step, this.#member(current, step.value, step, frame), frame)
      } else current = this.#staged(step, this.#mapped(current, step, frame), frame)
      current = settle(current, frame.known)
    }
    const result = current ?? NOTHING
    if (node.group !== undefined) return { ...ANY, absent: result.absent }
    if (node.keepSingletonArray !== true) return result
    const element = present(elementOf(result))
    const kept: Type = {
      ...SOMETHING,
      any: false,
      list: { of: () => element, sequence: false, vanishes: true },
    }
    return onlyWith(kept, result)
  }

  /** `current.(step)`: the step is evaluated for every element. */
  #mapped(current: Type, step: ExprNode, frame: Frame): Type {
    const known = frame.known.union(current.needs)
    const context = settle(present(elementOf(current)), known)
    const body = this.#bare(step, { ...frame, context, known: known.union(context.needs) })
    if (current.list === undefined) return onlyWith(body, current)
    const element = present(elementOf(body))
    const filled = current.list.filled === true && !body.absent
    const result = onlyWith(
      listType(() => element, true, filled),
      current,
    )
    return filled ? result : { ...result, absent: true, exact: false }
  }

  #member(type: Type, name: string, node: ExprNode, frame: Frame): Type {
    let found: Type | undefined
    for (const object of type.objects) {
      const member = this.#memberOf(object, name, node)
      const settled = settle(member ?? SOMETHING, frame.known.union(type.needs))
      found = found === undefined ? settled : union(found, settled)
    }
    if (type.list !== undefined) {
      const element = present(elementOf(type.list.of()))
      const inner = this.#member(element, name, node, frame)
      const one = present(elementOf(inner))
      const filled = type.list.filled === true && !inner.absent
      const each = listType(() => one, true, filled)
      const some = filled ? each : { ...each, absent: true, exact: false }
      found = found === undefined ? some : union(found, some)
    }
    let result = found ?? NOTHING
    if (type.any) result = { ...SOMETHING, ...(type.source === undefined ? {} : { source: type.source }) }
    const only = type.objects.length === 1 && type.list === undefined && !type.any
    return only ? { ...onlyWith(result, type), ...sourceIn(result) } : onlyWith(result, type)
  }

  #memberOf(object: ObjectType, name: string, node: ExprNode): Type | undefined {
    if (object.kind === 'made') return object.fields.get(name)?.type ?? (object.open ? ANY : NOTHING)
    const member = memberOfSource(object, name)
    const path = object.path === '' ? name : `${object.path}.${name}`
    if (member === undefined) {
      this.#world.report(unknownSource(object.path, name, Object.keys(object.node.properties ?? {})), node)
      return undefined
    }
    this.#world.read(path, tokenStart(node, this.#world.text))
    return member
  }

  /** Filters and indexes after an expression. */
  #staged(node: ExprNode, type: Type, frame: Frame): Type {
    let current = type
    const stages: readonly FilterStage[] = [...(node.stages ?? []), ...(node.predicate ?? [])]
    for (const { type: kind, expr } of stages) {
      if (kind !== 'filter') continue
      const element = present(elementOf(current))
      const inner = { ...frame, context: element, known: frame.known.union(current.needs) }
      const test = this.evaluate(expr, inner)
      const index = test.number !== undefined
      const { source: _source, ...kept } = index ? element : current
      // The first and the last of what surely has any are there.
      const ends = [...(test.number?.values ?? [])]
      const sure = ends.length > 0 && ends.every((end) => end === 0 || end === -1)
      const there = sure && (current.list === undefined || current.list.filled === true)
      current = {
        ...kept,
        absent: there ? current.absent : true,
        exact: there ? current.exact : false,
        needs: current.needs,
        ...(index || current.list === undefined
          ? {}
          : { list: { of: current.list.of, sequence: true, filled: false } }),
      }
    }
    return current
  }

  #sorted(current: Type, terms: readonly { readonly expression: ExprNode }[], frame: Frame): Type {
    const context = present(elementOf(current))
    for (const { expression } of terms) this.evaluate(expression, { ...frame, context })
    return current.list === undefined ? current : { ...current, list: { ...current.list, sequence: true } }
  }

  #call(node: CallNode, before: readonly Type[], frame: Frame): Type {
    const args = [...before, ...node.arguments.map((argument) => this.evaluate(argument, frame))]
    const nodes = [...before.map(() => undefined), ...node.arguments]
    return this.#invoke(this.evaluate(node.procedure, frame), args, node, nodes, frame)
  }

  #invoke(
    target: Type,
    args: readonly Type[],
    node: ExprNode,
    nodes: readonly (ExprNode | undefined)[],
    frame: Frame,
  ): Type {
    if (target.closure !== undefined) {
      const { node: lambda, scope, context } = target.closure
      return this.#apply(lambda, scope, context, args, frame)
    }
    // Not a function at all: told elsewhere, and nothing follows from it.
    if (target.builtin === undefined) return SOMETHING
    const run = (callback: Type, values: readonly Type[]): Type =>
      this.#invoke(callback, values, node, [], frame)
    return callType({ name: target.builtin, args, node, nodes, context: frame.context, run }, this.#world)
  }

  #apply(
    lambda: LambdaNode,
    outer: ReadonlyMap<string, Type>,
    context: Type,
    args: readonly Type[],
    frame: Frame,
  ): Type {
    if (frame.calls >= MAX_CALLS) return ANY
    const scope = new Map(outer)
    // A function may call itself by the name that it was bound to after it was made.
    for (const [name, type] of frame.scope) if (!scope.has(name)) scope.set(name, type)
    for (const [index, { value }] of lambda.arguments.entries()) {
      scope.set(value, named(args[index] ?? NOTHING, `$${value}@${lambda.position ?? 0}/${frame.calls}`))
    }
    return this.evaluate(lambda.body, { ...frame, scope, context, calls: frame.calls + 1 })
  }
}

/** A computed value under a name: a test of the name tells that the value is there. */
function named(type: Type, name: string): Type {
  if (!type.absent || type.exact) return type
  return { ...type, exact: true, needs: new Set([...type.needs, name]) }
}

function sourceIn(type: Type): { readonly source?: string } {
  return type.source === undefined ? {} : { source: type.source }
}

/** What is known where a value was tested. */
export function factsOf(type: Type): Facts {
  return type.facts ?? { whenTrue: type.needs, whenFalse: NO_NEEDS }
}

/** `a ?? b`, `a ?: b` and `$exists(a) ? a : b`. */
function isTestedItself({ condition, then }: ConditionNode): boolean {
  if (sameExpression(condition, then)) return true
  return (
    condition.type === 'function' &&
    condition.procedure.type === 'variable' &&
    condition.procedure.value === 'exists' &&
    sameExpression(condition.arguments[0], then)
  )
}

function unknownSource(at: string, name: string, names: readonly string[]): Remark {
  const suggestion = similarTo(name, names)
  const where = at === '' ? '' : `${at}.`
  return {
    rule: 'SOURCE_PATH',
    severity: 'error',
    reason: {
      zh: `来源模式中没有字段 ${where}${name}`,
      en: `The source's schema has no field ${where}${name}`,
    },
    remedy:
      suggestion === undefined
        ? {
            zh: '改正字段名，或在来源模式中补上该字段',
            en: 'Correct the name, or add the field to the schema',
          }
        : { zh: `是否应为 ${suggestion}？`, en: `Did you mean ${suggestion}?` },
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}
