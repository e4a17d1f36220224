/** Types of operators with two sides, and what may go wrong with them. */
import type { BinaryNode, ExprNode } from '../../engine/ast.ts'
import type { Remark } from './finding.ts'
import { similarTo } from './suggestion.ts'
import {
  booleanType,
  type Facts,
  kindsOfType,
  lengthOf,
  listType,
  NO_NEEDS,
  numberType,
  onlyWith,
  type TextType,
  type Type,
  textType,
} from './value-type.ts'

export type Report = (remark: Remark, node: ExprNode) => void

/** The type of `left operator right`. */
export function binaryType(node: BinaryNode, left: Type, right: Type, report: Report): Type {
  switch (node.value) {
    case '&':
      checkOperand(left, node.lhs, report)
      checkOperand(right, node.rhs, report)
      return textType(joined(left, right))
    case '=':
    case '!=':
      compared(left, right, node.rhs, report)
      compared(right, left, node.lhs, report)
      // With a missing side both operators say false.
      return booleanType([true, false], { whenTrue: left.needs.union(right.needs), whenFalse: NO_NEEDS })
    case 'in':
      return booleanType([true, false], { whenTrue: left.needs.union(right.needs), whenFalse: NO_NEEDS })
    case '<':
    case '<=':
    case '>':
    case '>=':
      return {
        ...onlyWith(onlyWith(booleanType(), left), right),
        facts: { whenTrue: left.needs.union(right.needs), whenFalse: NO_NEEDS },
      }
    case 'and':
      return booleanType([true, false], {
        whenTrue: factsIn(left, 'whenTrue').union(factsIn(right, 'whenTrue')),
        whenFalse: NO_NEEDS,
      })
    case 'or':
      return booleanType([true, false], {
        whenTrue: NO_NEEDS,
        whenFalse: factsIn(left, 'whenFalse').union(factsIn(right, 'whenFalse')),
      })
    case '..':
      return onlyWith(
        onlyWith(
          listType(() => numberType({ integer: true }), false),
          left,
        ),
        right,
      )
    default:
      return onlyWith(onlyWith(numberType(), left), right)
  }
}

function factsIn(type: Type, side: keyof Facts): ReadonlySet<string> {
  return type.facts?.[side] ?? (side === 'whenTrue' ? type.needs : NO_NEEDS)
}

function checkOperand(type: Type, node: ExprNode, report: Report): void {
  if (type.any) return
  const what = type.source ?? ''
  if (type.absent) {
    report(
      {
        rule: 'CONCAT_ABSENT',
        severity: 'warning',
        reason: {
          zh: `${what || '该值'}可能不存在，& 会不声不响地拼出残缺的文本`,
          en: `${what || 'The value'} may be missing, and & would make a text without it`,
        },
        remedy: {
          zh: '先用 $exists(…) ? … 判断，或用 ?? 给出缺省值',
          en: 'Guard it with $exists(…) ? …, or give a default with ??',
        },
      },
      node,
    )
  }
  if (type.nullable) {
    report(
      {
        rule: 'CONCAT_NULL',
        severity: 'warning',
        reason: {
          zh: `${what || '该值'}可能是 null，& 会拼出文本「null」`,
          en: `${what || 'The value'} may be null, which & writes as the text "null"`,
        },
        remedy: { zh: '用 $present(…) 去掉 null', en: 'Take null away with $present(…)' },
      },
      node,
    )
  }
}

function joined(left: Type, right: Type): TextType {
  const [first, second] = [textIn(left), textIn(right)]
  if (first === undefined || second === undefined) return {}
  if (first.values !== undefined && second.values !== undefined) {
    const values = [...first.values].flatMap((one) => [...(second.values ?? [])].map((other) => one + other))
    if (values.length <= 64) return { values: new Set(values), maxLength: Math.max(...values.map(lengthOf)) }
  }
  if (first.maxLength === undefined || second.maxLength === undefined) return {}
  return { maxLength: first.maxLength + second.maxLength }
}

function textIn(type: Type): TextType | undefined {
  return kindsOfType(type).every((kind) => kind === 'string') && !type.any ? type.text : undefined
}

/** `value = literal` that can never be true, because the schema lists other values. */
function compared(value: Type, other: Type, node: ExprNode, report: Report): void {
  if (node.type !== 'string' || value.any || value.list !== undefined) return
  const wanted = String(node.value)
  const kinds = kindsOfType(value).filter((kind) => kind !== 'null')
  if (other.text?.values?.has(wanted) !== true || kinds.length === 0) return
  const listed = value.text?.values
  const never =
    !kinds.includes('string') || (kinds.length === 1 && listed !== undefined && !listed.has(wanted))
  if (!never) return
  const suggestion = listed === undefined ? undefined : similarTo(wanted, listed)
  const known = listed === undefined ? kinds.join('/') : [...listed].slice(0, 20).join(', ')
  report(
    {
      rule: 'COMPARE_NEVER',
      severity: 'warning',
      reason: {
        zh: `${value.source ?? '该值'}不会是「${wanted}」，只可能是 ${known}`,
        en: `${value.source ?? 'The value'} is never "${wanted}"; it can be ${known}`,
      },
      remedy: {
        zh: suggestion === undefined ? '改正比较的值' : `是否应为「${suggestion}」？`,
        en: suggestion === undefined ? 'Correct the value' : `Did you mean "${suggestion}"?`,
      },
      ...(suggestion === undefined ? {} : { suggestion }),
    },
    node,
  )
}
