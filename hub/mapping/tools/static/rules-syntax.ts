/** Ways of writing that mean something else than they look like. */
import type { BinaryNode, ConditionNode, ExprNode } from '../../engine/ast.ts'
import { sameExpression } from '../../engine/codegen/same-expression.ts'
import { type NodeRemark, nodesOf } from './rules-names.ts'

export function syntaxTraps(ast: ExprNode): readonly NodeRemark[] {
  return [...nodesOf(ast)].flatMap((node) => {
    const operator = defaultOf(node)
    if (operator === undefined || node.type !== 'condition') return []
    return [...mixed(node, operator), ...regexLeft(node, operator)]
  })
}

/** `??` and `?:` reach us as conditions with the left side copied. */
function defaultOf(node: ExprNode): '??' | '?:' | undefined {
  if (node.type !== 'condition' || node.else === undefined) return undefined
  const { condition, then } = node
  if (sameExpression(condition, then)) return '?:'
  const made = condition.type === 'function' && condition.position === undefined
  return made && sameExpression(condition.arguments[0], then) ? '??' : undefined
}

function mixed(node: ConditionNode, operator: string): NodeRemark[] {
  const left = isConcatenation(node.then) ? node.then : undefined
  const right = node.else !== undefined && isConcatenation(node.else) ? node.else : undefined
  return [left, right]
    .filter((side) => side !== undefined)
    .map((side) => {
      const meant = side === left ? `(a & b) ${operator} c` : `a ${operator} (b & c)`
      return {
        node: side,
        remark: {
          rule: 'PRECEDENCE',
          severity: 'warning',
          reason: {
            zh: `& 比 ${operator} 结合得紧，这里读作 ${meant}`,
            en: `& binds tighter than ${operator}: this reads as ${meant}`,
          },
          remedy: { zh: '加上括号，写明本意', en: 'Put brackets where they are meant' },
        },
      }
    })
}

function isConcatenation(node: ExprNode): node is BinaryNode {
  return node.type === 'binary' && node.value === '&'
}

function regexLeft(node: ConditionNode, operator: string): NodeRemark[] {
  const regex = [...nodesOf(node.then)].find(({ type }) => type === 'regex')
  if (regex === undefined) return []
  return [
    {
      node: regex,
      remark: {
        rule: 'REGEX_DEFAULT',
        severity: 'warning',
        reason: {
          zh: `正则表达式在 ${operator} 左边：官方解析器会弄坏它，别的 JSONata 工具会得出错误结果或死循环`,
          en: `A regular expression left of ${operator}: the language's own parser spoils it, and other JSONata tools give wrong results or never end`,
        },
        remedy: {
          zh: `先绑定到变量：($x := …; $x ${operator} …)`,
          en: `Bind the left side to a variable first: ($x := …; $x ${operator} …)`,
        },
      },
    },
  ]
}
