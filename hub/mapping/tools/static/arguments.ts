/** Arguments that a function of the language would refuse at run time, which fails the whole mapping. */
import type { ExprNode } from '../../engine/ast.ts'
import { BUILTINS } from '../../engine/builtins/registry.ts'
import type { Remark } from './finding.ts'
import { kindsOfType, type Type } from './value-type.ts'

interface Parameter {
  readonly kinds: ReadonlySet<string>
  readonly optional: boolean
}

const KINDS: Readonly<Record<string, string>> = {
  s: 'string',
  n: 'number',
  b: 'boolean',
  l: 'null',
  o: 'object',
  a: 'array',
}

/** The parameters of a signature such as `<s-(sf)n?:s>`; a parameter that takes anything lists no kinds. */
function parametersOf(signature: string): readonly Parameter[] {
  const inside = /^<([^:]*)/.exec(signature)?.[1] ?? ''
  return [...inside.matchAll(/(?:\(([a-z]+)\)|([a-zA-Z]))(?:<[^<>]*(?:<[^<>]*>)?[^<>]*>)?([-?+]?)/g)].map(
    ([, several, one, mark]): Parameter => {
      const letters = several ?? one ?? 'x'
      const open = /[xjuf]/.test(letters) && !letters.includes('s')
      // An array is also what a single value is turned into.
      const kinds = open || letters.includes('a') ? [] : [...letters].map((letter) => KINDS[letter] ?? '')
      return { kinds: new Set(kinds), optional: mark !== '' }
    },
  )
}

export function checkArguments(
  call: {
    readonly name: string
    readonly args: readonly Type[]
    readonly nodes: readonly (ExprNode | undefined)[]
    readonly node: ExprNode
  },
  report: (remark: Remark, node: ExprNode) => void,
): void {
  const signature = BUILTINS.get(call.name)?.signature
  if (signature === undefined) return
  const parameters = parametersOf(signature)
  // With fewer arguments the context may fill the first: nothing is known then.
  if (call.args.length < parameters.filter(({ optional }) => !optional).length) return
  for (const [index, type] of call.args.entries()) {
    const kinds = parameters[index]?.kinds
    if (kinds === undefined || kinds.size === 0 || type.any) continue
    const wrong = kindsOfType(type).filter((kind) => !kinds.has(kind))
    if (type.closure !== undefined || wrong.length === 0) continue
    const node = call.nodes[index] ?? call.node
    const others = wrong.filter((kind) => kind !== 'null')
    if (others.length > 0) report(unfit(call.name, type, others, kinds), node)
    else report(nullArgument(call.name, type), node)
  }
}

function unfit(name: string, type: Type, wrong: readonly string[], kinds: ReadonlySet<string>): Remark {
  const sure = !type.absent && wrong.length === kindsOfType(type).length
  const asked = [...kinds].filter((kind) => kind !== '').join('/')
  return {
    rule: 'ARGUMENT_TYPE',
    severity: sure ? 'error' : 'warning',
    reason: {
      zh: `${type.source ?? '参数'}可能是 ${wrong.join('/')}，$${name} 只收 ${asked}，整个映射会失败`,
      en: `${type.source ?? 'The argument'} may be ${wrong.join('/')}; $${name} takes ${asked} only and would fail the whole mapping`,
    },
    remedy: asked.includes('string')
      ? { zh: '先用 $string(…) 转成文本', en: 'Make it a text with $string(…) first' }
      : { zh: '先换成该类型，或先判断类型', en: 'Convert it first, or look at its type' },
  }
}

function nullArgument(name: string, type: Type): Remark {
  return {
    rule: 'NULL_ARGUMENT',
    severity: 'warning',
    reason: {
      zh: `${type.source ?? '参数'}可能是 null，$${name}(null) 会让整个映射失败`,
      en: `${type.source ?? 'The argument'} may be null, and $${name}(null) fails the whole mapping`,
    },
    remedy: { zh: '先用 $present(…) 去掉 null', en: 'Take null away with $present(…) first' },
  }
}
