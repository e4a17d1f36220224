/** Turns a syntax tree into the text of one synchronous JavaScript function. */
import { type ExprNode, offsetOf, type TransformNode } from '../ast.ts'
import type { BranchCounter } from '../coverage.ts'
import type { Limits } from '../limits.ts'
import { LinearRegex } from '../regex/regex-engine.ts'
import { Base } from './base.ts'
import { bind, block, closeFrame, lambda, openFrame } from './blocks.ts'
import { applyTo, call, partialCall, tailCall } from './calls.ts'
import { Emitter, literal } from './emitter.ts'
import type { BranchKind, Callable, Generator, Place } from './generator.ts'
import { cleaned, groupBy, objectConstructor } from './groups.ts'
import { type Operand, operand } from './operand.ts'
import { arrayConstructor, binary, condition, literalNode, minus } from './operations.ts'
import { filter, path } from './paths.ts'
import { variable } from './variables.ts'

export interface Program {
  /** Body of a function with the parameters that `link` gives it. */
  readonly text: string
  /** Values that the text refers to as K0, K1… */
  readonly constants: readonly unknown[]
}

export interface ProgramOptions {
  readonly limits: Limits
  /** What a free name stands for. */
  readonly callable: (name: string) => Callable | undefined
  /** Whether the input is known not to be an array. */
  readonly neverArray: boolean
  readonly coverage: BranchCounter | undefined
  /** Whether to cut the program into several functions. */
  readonly isLarge: boolean
}

export function compileProgram(ast: ExprNode, options: ProgramOptions): Program {
  const compiler = new Compiler(options)
  return compiler.program(ast)
}

class Compiler implements Generator {
  readonly emitter = new Emitter()
  readonly limits: Limits
  readonly isLarge: boolean
  readonly #options: ProgramOptions

  constructor(options: ProgramOptions) {
    this.#options = options
    this.limits = options.limits
    this.isLarge = options.isLarge
  }

  program(ast: ExprNode): Program {
    const { emitter } = this
    const context = new Base('C', emitter.slot(), {
      isContext: true,
      plain: true,
      neverArray: this.#options.neverArray,
    })
    const scope = openFrame(this, undefined, [ast])
    const value = this.expression(ast, { context, scope, final: true, callerInput: 'C' })
    closeFrame(scope)
    emitter.line(`return ${cleaned(this, value).code};`)
    return { text: emitter.text(), constants: emitter.constants }
  }

  expression(node: ExprNode, place: Place): Operand {
    const { predicate, group } = node
    if (node.type === 'path' || (predicate === undefined && group === undefined && node.keepArray !== true)) {
      const value = this.#core(node, place)
      if (value.raw === true) return this.#unwrapped(value, 'unwrap')
      return value.maybeMarked && place.tail === undefined && PASSING.has(node.type)
        ? {
            ...value,
            maybeMissing: true,
            code: this.emitter.hold(`S.dirty ? unwrap(${value.code}) : ${value.code}`),
          }
        : value
    }
    const { tail: _, ...rest } = place
    let value = this.#core(node, { ...rest, final: false })
    for (const stage of predicate ?? []) value = filter(this, value, stage, place)
    if (group !== undefined) value = groupBy(this, group, value.code, place)
    return this.#unwrapped({ ...value, kind: 'any' }, node.keepArray === true ? 'unwrapKept' : 'unwrap')
  }

  #unwrapped(value: Operand, how: 'unwrap' | 'unwrapKept'): Operand {
    const { raw: _, ...facts } = value
    return { ...facts, maybeMissing: true, code: this.emitter.hold(`${how}(${value.code})`) }
  }

  /** The value of a node without its predicates and group clause. */
  #core(node: ExprNode, place: Place): Operand {
    const { emitter } = this
    switch (node.type) {
      case 'string':
      case 'number':
      case 'value':
        return literalNode(node.value)
      case 'path':
        return path(this, node, place)
      case 'name':
        return operand(emitter.hold(`nameOf(S, ${place.context.code}, ${literal(node.value)})`), 'any', {
          plain: place.context.plain,
        })
      case 'variable':
        return variable(this, node, place)
      case 'wildcard':
        return {
          ...operand(emitter.hold(`wildcard(S, ${place.context.code})`), 'any', {
            plain: place.context.plain,
          }),
          raw: true,
        }
      case 'descendant':
        return {
          ...operand(emitter.hold(`descendants(S, ${place.context.code})`), 'any', {
            plain: place.context.plain,
          }),
          raw: true,
        }
      case 'binary':
        return binary(this, node, withoutTail(place))
      case 'unary':
        if (node.value === '{') return objectConstructor(this, node, withoutTail(place))
        if (node.value === '[') return arrayConstructor(this, node, withoutTail(place))
        return minus(this, node, withoutTail(place))
      case 'condition':
        return condition(this, node, place)
      case 'block':
        return block(this, node, place)
      case 'bind':
        return bind(this, node, place, false)
      case 'function':
        return call(this, node, place)
      case 'partial':
        return partialCall(this, node, place)
      case 'apply':
        return applyTo(this, node, place)
      case 'lambda':
        return node.thunk === true && place.tail !== undefined
          ? tailCall(this, node, place)
          : lambda(this, node, place)
      case 'regex': {
        const regex = emitter.constant(new LinearRegex(node.value))
        const code = `regexValue(S, ${regex}, ${offsetOf(node)})`
        return { ...operand(code, 'function', { maybeMissing: false }), regex }
      }
      case 'transform':
        return this.#transform(node, withoutTail(place))
      default:
        throw new Error(`a ${node.type} cannot stand here`)
    }
  }

  #transform(node: TransformNode, place: Place): Operand {
    const inner = { ...place, final: false }
    const clone = variable(this, { type: 'variable', value: 'clone' }, inner).code
    const parts = [
      `pattern: ${this.itemFunction(node.pattern, inner)}`,
      `update: ${this.itemFunction(node.update, inner)}`,
      `deletion: ${node.delete === undefined ? 'undefined' : this.itemFunction(node.delete, inner)}`,
      `clone: ${clone}`,
      `offset: ${offsetOf(node)}`,
      `updateOffset: ${offsetOf(node.update)}`,
    ]
    return operand(this.emitter.hold(`transformer(S, { ${parts.join(', ')} })`), 'function', {
      maybeMissing: false,
    })
  }

  test(value: Operand): string {
    const { code } = value
    switch (value.kind) {
      case 'boolean':
        return value.maybeMissing ? `${code} === true` : code
      case 'string':
        return value.maybeMissing ? `(${code} !== undefined && ${code} !== "")` : `${code} !== ""`
      case 'null':
      case 'function':
        return 'false'
      default:
        return `(typeof ${code} === "boolean" ? ${code} : ${code} !== undefined && truthy(S, ${code}))`
    }
  }

  itemFunction(node: ExprNode, place: Place): string {
    const { emitter } = this
    const item = emitter.fresh('c')
    const { tail: _, ...rest } = place
    const body = emitter.capture(() => {
      const context = new Base(item, emitter.slot(), { isContext: true, plain: false })
      const value = this.expression(node, { ...rest, context, final: false })
      emitter.line(`return ${value.code};`)
    })
    return `(${item}) => {\n${body}\n}`
  }

  callable(name: string): Callable | undefined {
    return this.#options.callable(name)
  }

  branch(kind: BranchKind, node: ExprNode): void {
    const { coverage } = this.#options
    if (coverage === undefined) return
    const target = kind === 'condition-then' || node.type !== 'condition' ? node : (node.else ?? node)
    const index = coverage.add(kind, offsetOf(target))
    this.emitter.line(`COUNTS[${index}]++;`)
  }
}

/**
 * Nodes that pass on the value of another one. Each of them unwraps once more, which shows only when a sequence holds
 * a function's result as returned.
 */
const PASSING: ReadonlySet<string> = new Set(['condition', 'block', 'bind', 'variable'])

function withoutTail(place: Place): Place {
  const { tail: _, ...rest } = place
  return rest
}
