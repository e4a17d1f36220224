/** `$map`, `$filter`, `$reduce` and `$single` with a lambda written in place become loops. */
import { type CallNode, type ExprNode, type LambdaNode, offsetOf } from '../ast.ts'
import { Base } from './base.ts'
import { closeFrame, openFrame } from './blocks.ts'
import type { Generator, Place } from './generator.ts'
import { cleaned } from './groups.ts'
import { isScalarKind, type Operand, operand } from './operand.ts'

interface Inlined {
  readonly value: Operand
  readonly isRaw: boolean
}

/** The call as a loop, or undefined when it has another form. */
export function inlineHigherOrder(
  g: Generator,
  name: string,
  node: CallNode,
  place: Place,
  first: Operand | undefined,
): Inlined | undefined {
  if (name !== 'map' && name !== 'filter' && name !== 'reduce') return undefined
  const args = node.arguments
  const fn = args[first === undefined ? 1 : 0]
  const count = args.length + (first === undefined ? 0 : 1)
  if (fn === undefined || !isInlinable(fn)) return undefined
  const arity = fn.arguments.length
  if (name === 'reduce' ? count < 2 || count > 3 || arity < 2 || arity > 4 : count !== 2 || arity > 3)
    return undefined
  const inner = { ...place, final: false }
  const source = first ?? g.expression(args[0] as ExprNode, inner)
  if (name === 'reduce') return reduce(g, fn, source, args[first === undefined ? 2 : 1], node, inner)
  return loop(g, name, fn, source, node, place)
}

function isInlinable(node: ExprNode): node is LambdaNode {
  if (node.type !== 'lambda' || node.thunk === true || node.signature !== undefined) return false
  const names = node.arguments.map((argument) => argument.value)
  return node.predicate === undefined && node.group === undefined && new Set(names).size === names.length
}

/** The array to go through: a single value counts as one element. */
function arrayOf(g: Generator, source: Operand): string {
  const { code } = source
  return g.emitter.hold(`${code} === undefined || isArray(${code}) ? ${code} : [${code}]`, 'q')
}

function loop(
  g: Generator,
  name: 'map' | 'filter',
  fn: LambdaNode,
  source: Operand,
  node: CallNode,
  place: Place,
): Inlined {
  const { emitter } = g
  const items = arrayOf(g, source)
  const results = emitter.fresh('r')
  const index = emitter.fresh('i')
  const isFinal = place.final && name === 'map'
  emitter.line(`let ${results};`)
  emitter.line(`if (${items} !== undefined) {\n${results} = [];`)
  emitter.line(`if ((S.fuel -= ${items}.length) < 0) S.outOfFuel(${offsetOf(node)});`)
  let plain = source.plain
  emitter.block(`for (let ${index} = 0; ${index} < ${items}.length; ${index}++)`, () => {
    const item = emitter.fresh('e')
    emitter.line(`const ${item} = ${items}[${index}];`)
    const element = operand(item, 'any', { maybeMarked: !source.plain, plain: source.plain })
    const value = body(
      g,
      fn,
      [element, operand(index, 'number', { maybeMissing: false }), wholeArray(items, source)],
      {
        ...place,
        final: isFinal,
      },
    )
    if (name === 'filter') {
      emitter.line(`if (${g.test(value)}) ${results}.push(${item});`)
      return
    }
    const kept = isFinal ? cleaned(g, value) : value
    plain = kept.plain && !kept.maybeMarked
    if (!isFinal && value.maybeMarked && !isScalarKind(value.kind)) {
      emitter.line(`noteInside(S, ${kept.code});`)
    }
    const push = `${results}.push(${kept.code});`
    emitter.line(kept.maybeMissing ? `if (${kept.code} !== undefined) ${push}` : push)
  })
  if (isFinal) {
    emitter.line(`if (${results}.length < 2) ${results} = ${results}[0];\n}`)
    return { value: operand(results, 'any', { maybeMarked: false, plain: true }), isRaw: false }
  }
  emitter.line(`${results}.sequence = true;\n}`)
  return { value: operand(results, 'any', { plain }), isRaw: true }
}

function wholeArray(items: string, source: Operand): Operand {
  return operand(items, 'any', { maybeMissing: false, maybeMarked: true, plain: source.plain })
}

function reduce(
  g: Generator,
  fn: LambdaNode,
  source: Operand,
  start: ExprNode | undefined,
  node: CallNode,
  place: Place,
): Inlined | undefined {
  const { emitter } = g
  const initial = start === undefined ? undefined : g.expression(start, place)
  const items = arrayOf(g, source)
  const result = emitter.fresh('t')
  const index = emitter.fresh('i')
  emitter.line(`let ${result};`)
  emitter.line(
    `if (${items} !== undefined) {\n${result} = ${initial?.code ?? 'undefined'}; let ${index} = 0;`,
  )
  emitter.line(`if ((S.fuel -= ${items}.length) < 0) S.outOfFuel(${offsetOf(node)});`)
  if (initial === undefined || initial.maybeMissing) {
    emitter.line(
      `if (${result} === undefined && ${items}.length > 0) { ${result} = ${items}[0]; ${index} = 1; }`,
    )
  }
  emitter.block(`for (; ${index} < ${items}.length; ${index}++)`, () => {
    const accumulated = emitter.hold(`(${result})`, 'e')
    const item = emitter.fresh('e')
    emitter.line(`const ${item} = ${items}[${index}];`)
    const value = body(
      g,
      fn,
      [
        operand(accumulated, 'any'),
        operand(item, 'any', { maybeMarked: !source.plain, plain: source.plain }),
        operand(index, 'number', { maybeMissing: false }),
        wholeArray(items, source),
      ],
      place,
    )
    emitter.line(`${result} = ${value.code};`)
  })
  emitter.line('}')
  return { value: operand(result, 'any'), isRaw: true }
}

/** The lambda's body with its parameters bound to `values`. */
function body(g: Generator, fn: LambdaNode, values: readonly Operand[], place: Place): Operand {
  const { emitter } = g
  const params = fn.arguments.map((argument, index) => {
    const value = values[index] as Operand
    const js = emitter.fresh('v')
    emitter.line(`let ${js} = ${value.maybeMarked ? `unwrap(${value.code})` : value.code};`)
    return { name: argument.value, js, value }
  })
  const scope = openFrame(
    g,
    place.scope,
    [fn.body],
    params.map(({ name, js }) => [name, js]),
  )
  for (const { name, value } of params) {
    const variable = scope.own(name)
    if (variable === undefined || variable.binds !== 1) continue
    variable.value = value
    variable.base = new Base(variable.js, emitter.slot(), {
      isContext: false,
      plain: value.plain && !value.maybeMarked,
    })
  }
  const result = g.expression(fn.body, { ...place, scope, tail: 'run', callerInput: 'null' })
  closeFrame(scope)
  return result
}
