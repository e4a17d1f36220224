/** Code for operators, conditions and array constructors. */
import {
  type ArrayNode,
  type BinaryNode,
  type ConditionNode,
  type ExprNode,
  type MinusNode,
  offsetOf,
} from '../ast.ts'
import { literal } from './emitter.ts'
import type { Generator, Place } from './generator.ts'
import { inContainer } from './groups.ts'
import { eitherOf, isScalarKind, type Operand, operand } from './operand.ts'
import { sameExpression } from './same-expression.ts'

export function binary(g: Generator, node: BinaryNode, place: Place): Operand {
  const inner = { ...place, final: false }
  const offset = offsetOf(node)
  if (node.value === 'and' || node.value === 'or') return logical(g, node, inner)
  const left = g.expression(node.lhs, inner)
  const right = g.expression(node.rhs, inner)
  const a = left.code
  const b = right.code
  const { emitter } = g
  switch (node.value) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      const result = emitter.fresh('t')
      const finite = node.value === '/' || node.value === '%' ? ` && ${b} - ${b} === 0` : ''
      emitter.line(`let ${result};`)
      emitter.line(
        `if (!(${isType(left, 'number')} && ${isType(right, 'number')}${finite} && (${result} = ${a} ${node.value} ${b}, ${result} - ${result} === 0))) ${result} = arithmetic(S, "${node.value}", ${a}, ${b}, ${offset});`,
      )
      return operand(result, 'number')
    }
    case '=':
    case '!=':
      return operand(emitter.hold(equality(left, right, node.value)), 'boolean', { maybeMissing: false })
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const numbers = `${isType(left, 'number')} && ${isType(right, 'number')}`
      const texts = `${isType(left, 'string')} && ${isType(right, 'string')}`
      const code = `(${numbers}) || (${texts}) ? ${a} ${node.value} ${b} : compare(S, "${node.value}", ${a}, ${b}, ${offset})`
      return operand(emitter.hold(code), 'boolean')
    }
    case '&':
      return concat(g, left, right, offset)
    case '..':
      return operand(emitter.hold(`unwrap(range(S, ${a}, ${b}, ${offset}))`), 'any', { plain: true })
    case 'in':
      return operand(emitter.hold(`includes(${a}, ${b})`), 'boolean', { maybeMissing: false })
    default:
      throw new Error(`unknown operator ${node.value}`)
  }
}

/** JavaScript that is true when the value certainly has the type. */
function isType(value: Operand, type: 'string' | 'number'): string {
  if (value.kind === type) return value.maybeMissing ? `${value.code} !== undefined` : 'true'
  return value.kind === 'any' ? `typeof ${value.code} === "${type}"` : 'false'
}

function equality(left: Operand, right: Operand, operator: '=' | '!='): string {
  const a = left.code
  const b = right.code
  if (isScalarKind(left.kind) || isScalarKind(right.kind)) {
    // With a scalar on either side identity decides.
    const present = [left, right]
      .filter((side) => side.maybeMissing)
      .map((side) => `${side.code} !== undefined`)
    if (operator === '!=') return [...present, `${a} !== ${b}`].join(' && ')
    return left.maybeMissing && right.maybeMissing ? `${a} !== undefined && ${a} === ${b}` : `${a} === ${b}`
  }
  return operator === '=' ? `equals(S, ${a}, ${b})` : `differs(S, ${a}, ${b})`
}

function concat(g: Generator, left: Operand, right: Operand, offset: number): Operand {
  const { emitter } = g
  const result = emitter.fresh('t')
  const check = `if (${result}.length > ${g.limits.stringLength}) { S.at = ${offset}; S.roomForString(${result}.length); }`
  const a = textOf(g, left, offset)
  const b = textOf(g, right, offset)
  emitter.line(`const ${result} = ${a} + ${b};`)
  emitter.line(check)
  return operand(result, 'string', { maybeMissing: false })
}

/** A JavaScript string expression for one side of `&`. */
function textOf(g: Generator, side: Operand, offset: number): string {
  const { code } = side
  if (side.kind === 'string') return side.maybeMissing ? `(${code} === undefined ? "" : ${code})` : code
  const name = g.emitter.hold(
    `typeof ${code} === "string" ? ${code} : ${code} === undefined ? "" : concat(S, ${code}, undefined, ${offset})`,
  )
  return name
}

function logical(g: Generator, node: BinaryNode, place: Place): Operand {
  const { emitter } = g
  const left = g.test(g.expression(node.lhs, place))
  const result = emitter.fresh('t')
  let right = ''
  const body = emitter.capture(() => {
    right = g.test(g.expression(node.rhs, place))
  })
  if (body === '') {
    emitter.line(`const ${result} = (${left}) ${node.value === 'and' ? '&&' : '||'} (${right});`)
  } else {
    emitter.line(`let ${result} = ${left};`)
    emitter.line(`if (${node.value === 'and' ? '' : '!'}${result}) {`)
    emitter.line(body)
    emitter.line(`${result} = ${right}; }`)
  }
  return operand(result, 'boolean', { maybeMissing: false })
}

export function minus(g: Generator, node: MinusNode, place: Place): Operand {
  const value = g.expression(node.expression, { ...place, final: false })
  const code = `typeof ${value.code} === "number" && ${value.code} - ${value.code} === 0 ? -${value.code} : negate(S, ${value.code}, ${offsetOf(node)})`
  return operand(g.emitter.hold(code), 'number')
}

/** `? :`, and `??` and `?:` which the parser writes as conditions on a copy of their left side. */
export function condition(g: Generator, node: ConditionNode, place: Place): Operand {
  const { emitter } = g
  const kind = defaultKind(g, node, place)
  let then: Operand | undefined
  let test: string
  if (kind !== undefined) {
    then = g.expression(node.then, place)
    test = kind === 'exists' ? (then.maybeMissing ? `${then.code} !== undefined` : 'true') : g.test(then)
  } else {
    test = g.test(g.expression(node.condition, { ...withoutTail(place), final: false }))
  }
  const result = emitter.fresh('t')
  let thenValue: Operand | undefined = then
  const thenBody = emitter.capture(() => {
    g.branch('condition-then', node)
    thenValue ??= g.expression(node.then, place)
  })
  let elseValue: Operand | undefined
  const elseBody = emitter.capture(() => {
    g.branch(kind === undefined ? 'condition-else' : 'default', node)
    if (node.else !== undefined) elseValue = g.expression(node.else, place)
  })
  const a = (thenValue as Operand | undefined)?.code ?? 'undefined'
  const b = (elseValue as Operand | undefined)?.code ?? 'undefined'
  if (thenBody === '' && elseBody === '') {
    emitter.line(`const ${result} = ${test} ? ${a} : ${b};`)
  } else {
    emitter.line(`let ${result};`)
    emitter.line(`if (${test}) {`)
    emitter.line(thenBody)
    emitter.line(`${result} = ${a};\n} else {`)
    emitter.line(elseBody)
    emitter.line(`${result} = ${b};\n}`)
  }
  const merged = eitherOf(result, thenValue, elseValue)
  // With `??` a missing left side is never the result.
  return kind === 'exists' && elseValue !== undefined && !elseValue.maybeMissing && thenValue !== undefined
    ? { ...eitherOf(result, { ...thenValue, maybeMissing: false }, elseValue), code: result }
    : merged
}

function withoutTail(place: Place): Place {
  const { tail: _, ...rest } = place
  return rest
}

/** Whether the condition only asks for the value that the then-branch gives. */
function defaultKind(g: Generator, node: ConditionNode, place: Place): 'exists' | 'truthy' | undefined {
  const { condition: asked, then } = node
  const value = then.type === 'lambda' && then.thunk === true ? then.body : then
  if (value !== then) return undefined
  if (sameExpression(asked, value)) return 'truthy'
  if (
    asked.type === 'function' &&
    asked.procedure.type === 'variable' &&
    asked.procedure.value === 'exists' &&
    asked.arguments.length === 1 &&
    asked.predicate === undefined &&
    asked.group === undefined &&
    place.scope.candidates('exists').length === 0 &&
    g.callable('exists')?.kind === 'builtin' &&
    sameExpression(asked.arguments[0] as ExprNode, value)
  ) {
    return 'exists'
  }
  return undefined
}

/** `[a, b]` */
export function arrayConstructor(g: Generator, node: ArrayNode, place: Place): Operand {
  const { emitter } = g
  const result = emitter.fresh('a')
  const values = node.expressions.map((item) => ({ item, value: arrayItem(g, item, place) }))
  const simple = values.every(
    ({ value }) => !value.maybeMissing && (isScalarKind(value.kind) || value.kind === 'object'),
  )
  if (simple) {
    emitter.line(`const ${result} = [${values.map(({ value }) => value.code).join(', ')}];`)
  } else {
    emitter.line(`const ${result} = [];`)
    for (const { item, value } of values) {
      const { code } = value
      const push = `${result}.push(${code});`
      const add =
        isScalarKind(value.kind) || value.kind === 'object' || isNestedArray(item)
          ? push
          : `if (isArray(${code})) pushAll(S, ${result}, ${code}); else ${push}`
      emitter.line(value.maybeMissing ? `if (${code} !== undefined) { ${add} }` : add)
    }
  }
  if (node.consarray === true) emitter.line(`${result}.cons = true; S.dirty = true;`)
  const plain = place.final || values.every(({ value }) => value.plain && !(value.kind === 'function'))
  return operand(result, 'array', { maybeMissing: false, maybeMarked: node.consarray === true, plain })
}

function isNestedArray(node: ExprNode): boolean {
  return 'value' in node && node.value === '['
}

function arrayItem(g: Generator, item: ExprNode, place: Place): Operand {
  const { emitter } = g
  if (item.type === 'binary' && item.value === '..' && item.predicate === undefined) {
    const inner = { ...place, final: false }
    const left = g.expression(item.lhs, inner).code
    const right = g.expression(item.rhs, inner).code
    return operand(emitter.hold(`range(S, ${left}, ${right}, ${offsetOf(item)})`), 'any', {
      plain: true,
      maybeMarked: false,
    })
  }
  const value = g.expression(item, place)
  if (isScalarKind(value.kind)) return value
  if (place.final || isNestedArray(item)) return inContainer(g, value, place)
  // Elements are added one by one, so that only a function, or a marked array among them, is a mark inside.
  if (value.maybeMarked && value.kind !== 'array') {
    emitter.line(`if (typeof ${value.code} === "function") S.dirty = true;`)
  }
  return value
}

export function literalNode(value: unknown): Operand {
  const kind = value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean')
  return operand(literal(value), kind, { maybeMissing: false })
}
