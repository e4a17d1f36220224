/** Variables and functions that nothing is called: the language takes each for "no value" without a word. */
import { childrenOf, type ExprNode } from '../../engine/ast.ts'
import type { Remark } from './finding.ts'
import { similarTo } from './suggestion.ts'

export interface NodeRemark {
  readonly remark: Remark
  readonly node: ExprNode
}

/** Every node of a tree, parents first. */
export function* nodesOf(node: ExprNode): Generator<ExprNode> {
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}

/** @param variables bound from outside · @param functions names of all that can be called by name */
export function unknownNames(
  ast: ExprNode,
  variables: Iterable<string>,
  functions: ReadonlySet<string>,
): readonly NodeRemark[] {
  const bound = new Set([...variables, ...functions])
  const called = new Set<ExprNode>()
  const nodes = [...nodesOf(ast)]
  for (const node of nodes) {
    if (node.type === 'bind') bound.add(node.lhs.value)
    if (node.type === 'lambda') for (const { value } of node.arguments) bound.add(value)
    if (node.type === 'function' || node.type === 'partial') called.add(node.procedure)
  }
  return nodes.flatMap((node): NodeRemark[] => {
    if (node.type === 'function' && node.procedure.type === 'path') {
      const [step, ...others] = node.procedure.steps
      if (step?.type === 'name' && others.length === 0 && bound.has(step.value))
        return [{ remark: unknown(step.value, true, [step.value]), node: step }]
    }
    if (node.type !== 'variable' || node.value === '' || node.value === '$' || bound.has(node.value))
      return []
    return [{ remark: unknown(node.value, called.has(node), bound), node }]
  })
}

function unknown(name: string, isCalled: boolean, names: Iterable<string>): Remark {
  const similar = similarTo(name, names)
  const suggestion = similar === undefined ? undefined : `$${similar}`
  return {
    rule: isCalled ? 'UNKNOWN_FUNCTION' : 'UNKNOWN_VARIABLE',
    severity: 'error',
    reason: isCalled
      ? { zh: `没有名为 $${name} 的函数`, en: `No function is called $${name}` }
      : { zh: `没有名为 $${name} 的变量`, en: `No variable is called $${name}` },
    remedy:
      suggestion === undefined
        ? {
            zh: isCalled ? '改正函数名，或在 shared/ 中定义它' : '改正变量名，或先用 := 定义它',
            en: isCalled
              ? 'Correct the name, or define it in shared/'
              : 'Correct the name, or bind it before with :=',
          }
        : { zh: `是否应为 ${suggestion}？`, en: `Did you mean ${suggestion}?` },
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}
