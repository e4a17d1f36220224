/** What a call to a function is, to those who tell the type of its result. */
import type { CodeTable } from '../../code-table.ts'
import type { ExprNode } from '../../engine/ast.ts'
import type { Remark } from './finding.ts'
import { onlyWith, type TextType, type Type, textType } from './value-type.ts'

export interface CallWorld {
  readonly direction: 'in' | 'out' | 'none'
  readonly tables: ReadonlyMap<string, CodeTable>
  /** Codes that the table's declaration speaks of: they have a row, or their absence is told there. */
  judged(table: string, side: 'canonical' | 'partner'): ReadonlySet<string>
  readonly nullWords: ReadonlySet<string>
  report(remark: Remark, node: ExprNode): void
  /** Where the expression of a node starts. */
  startOf(node: ExprNode): number
}

export interface Call {
  readonly name: string
  readonly args: readonly Type[]
  readonly node: ExprNode
  /** The arguments as written; undefined for what `~>` passes. */
  readonly nodes: readonly (ExprNode | undefined)[]
  readonly context: Type
  /** Follows a function that was passed as an argument. */
  readonly run: (callback: Type, args: readonly Type[]) => Type
}

export type Transfer = (call: Call, world: CallWorld) => Type

/** The first argument, or the context where there is none. */
export function subject({ args, context }: Call): Type {
  return args[0] ?? context
}

/** A text made of the first argument's; nothing for nothing. */
export function textFrom(convert: (text: TextType) => TextType): Transfer {
  return (call) => {
    const from = subject(call)
    return onlyWith(textType(from.any || from.text === undefined ? {} : convert(from.text)), from)
  }
}

/** Cut or tidied to the form that the target asks for, as far as one can tell. */
export const tidied: Transfer = textFrom(() => ({}))
