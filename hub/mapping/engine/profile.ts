import type { ExprNode } from './ast.ts'
export interface ProfileFault {
  readonly code: string
  readonly reason: string
  readonly remedy: string
  readonly line: number
  readonly column: number
  readonly offset: number
}
export function checkProfile(_ast: ExprNode, _source: string): ProfileFault[] {
  return []
}
