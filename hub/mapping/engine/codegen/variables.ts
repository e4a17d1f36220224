/** Code for variables. */
import type { VariableNode } from '../ast.ts'
import { Base } from './base.ts'
import { literal } from './emitter.ts'
import type { Generator, Place } from './generator.ts'
import { type Operand, operand } from './operand.ts'

/** The value of `$name`, `$` or `$$`. */
export function variable(g: Generator, node: VariableNode, place: Place): Operand {
  const { emitter } = g
  if (node.value === '') {
    const { context } = place
    return context.neverArray
      ? operand(context.code, 'any', { maybeMarked: !context.plain, plain: context.plain })
      : operand(
          emitter.hold(`isArray(${context.code}) ? contextValue(${context.code}) : ${context.code}`),
          'any',
          {
            plain: context.plain,
          },
        )
  }
  const candidates = place.scope.candidates(node.value)
  const innermost = candidates[0]
  if (innermost?.definite) {
    if (innermost.lambda !== undefined) {
      const { js, arity } = innermost.lambda
      const code = emitter.hold(`makeFunction((A, I) => ${js}(${spreadArgs(arity)}I), ${arity})`)
      return operand(code, 'function', { maybeMissing: false })
    }
    // A variable may be bound again later: what is read now is kept.
    const code = innermost.binds > 1 ? emitter.hold(`unwrap(${innermost.js})`) : innermost.js
    return innermost.value === undefined ? operand(code, 'any') : { ...innermost.value, code }
  }
  let code = freeVariable(g, node.value)
  const last = candidates[candidates.length - 1]
  if (last?.definite) {
    candidates.pop()
    code =
      last.lambda === undefined
        ? last.js
        : `makeFunction((A, I) => ${last.lambda.js}(${spreadArgs(last.lambda.arity)}I), ${last.lambda.arity})`
  }
  for (const candidate of candidates.reverse()) {
    candidate.checked = true
    code = `(${candidate.js} === UNBOUND ? ${code} : ${candidate.js})`
  }
  return operand(emitter.hold(`unwrap(${code})`), 'any')
}

export function spreadArgs(arity: number): string {
  return Array.from({ length: arity }, (_, i) => `A[${i}], `).join('')
}

/** A name that no block or lambda binds: the root document, a function, or a binding of the environment. */
function freeVariable(g: Generator, name: string): string {
  if (name === '$') return 'ROOT'
  const callable = g.callable(name)
  if (callable === undefined) return `binding(S, ${literal(name)})`
  return `functionValue(S, ${g.emitter.constant(callable, `callable ${name}`)})`
}

/** What a path that starts with the variable reads its names from. */
export function variableBase(g: Generator, node: VariableNode, place: Place): Base | undefined {
  if (node.value === '') {
    return place.context.neverArray ? place.context : valueBase(g, node, place)
  }
  const innermost = place.scope.candidates(node.value)[0]
  if (innermost?.definite && innermost.base !== undefined) return innermost.base
  return valueBase(g, node, place)
}

function valueBase(g: Generator, node: VariableNode, place: Place): Base {
  const value = variable(g, node, place)
  const code = node.value === '$' ? 'ROOT' : value.code
  return new Base(code, g.emitter.slot(), { isContext: false, plain: node.value === '$' || value.plain })
}
