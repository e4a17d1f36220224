/** What mappings may not use, although JSONata has it. */
import { childrenOf, type ExprNode, offsetOf } from './ast.ts'
import { positionAt } from './position.ts'
import { refusalOf } from './regex/regex-engine.ts'

/** One thing that has to be written differently. */
export interface ProfileFault {
  /** PROFILE_EVAL, PROFILE_TUPLE or PROFILE_REGEX; stable. */
  readonly code: string
  readonly reason: string
  readonly remedy: string
  readonly offset: number
  readonly line: number
  readonly column: number
}

type Verdict = Pick<ProfileFault, 'code' | 'reason' | 'remedy'>

/** Every place where `ast` leaves the profile, in the order of the source. */
export function checkProfile(ast: ExprNode, source: string): ProfileFault[] {
  const faults: ProfileFault[] = []
  const seen = new Set<string>()
  const pending: ExprNode[] = [ast]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    pending.push(...childrenOf(node))
    const verdict = judge(node)
    if (verdict === undefined) continue
    const offset = offsetOf(node)
    const key = `${verdict.code} ${offset}`
    if (seen.has(key)) continue
    seen.add(key)
    faults.push({ ...verdict, offset, ...positionAt(source, offset) })
  }
  return faults.sort((a, b) => a.offset - b.offset)
}

const TUPLE: Verdict = {
  code: 'PROFILE_TUPLE',
  reason: '@, # and % join rows behind the scenes, which neither lineage nor the compiler can follow',
  remedy: 'Name the outer item with $map(items, function($item, $index) { … }) and use it inside',
}

const EVAL: Verdict = {
  code: 'PROFILE_EVAL',
  reason: '$eval runs text from a message as code',
  remedy: 'Write the expression out, or choose between lambdas with a condition',
}

function judge(node: ExprNode): Verdict | undefined {
  if (node.type === 'parent' || node.focus !== undefined || node.index !== undefined) return TUPLE
  if (node.stages?.some((stage) => stage.type === 'index')) return TUPLE
  if (node.type === 'variable' && node.value === 'eval') return EVAL
  if (node.type === 'regex') {
    const reason = refusalOf(node.value)
    if (reason === undefined) return undefined
    return {
      code: 'PROFILE_REGEX',
      reason: `This regular expression cannot be run in linear time: ${reason}`,
      remedy: 'Use $contains, $split, $substringBefore or a simpler pattern',
    }
  }
  return undefined
}
