import type { ExprNode } from '../ast.ts'
import type { Builtin } from '../builtins/builtin.ts'
import type { EngineFunction } from '../engine-function.ts'
import type { Limits } from '../limits.ts'
import type { Signature } from '../runtime/signature.ts'
import type { Base } from './base.ts'
import type { Emitter } from './emitter.ts'
import type { Operand } from './operand.ts'
import type { Scope } from './scope.ts'

/** Where in the program an expression stands. */
export interface Place {
  /** What its paths start from. */
  readonly context: Base
  readonly scope: Scope
  /** Its value goes straight into the result: containers are built without marks. */
  readonly final: boolean
  /** What to do with calls in tail position: nothing special, run them here, or hand them to the caller. */
  readonly tail?: 'run' | 'return'
  /** JavaScript name of the caller's context, for tail calls that take an argument from there. */
  readonly callerInput: string
}

/** A registered function or builtin that a name stands for. */
export type Callable =
  | { readonly kind: 'builtin'; readonly builtin: Builtin; readonly signature: Signature }
  | {
      readonly kind: 'registered'
      readonly fn: EngineFunction
      readonly signature: Signature | undefined
    }

/** What may be counted by coverage. */
export type BranchKind = 'condition-then' | 'condition-else' | 'default'

/** The parts of the compiler that its node-specific parts call. */
export interface Generator {
  readonly emitter: Emitter
  readonly limits: Limits
  /** Whether the program is to be cut into several functions. */
  readonly isLarge: boolean
  /** The value of a node, unwrapped. */
  expression(node: ExprNode, place: Place): Operand
  /** A JavaScript condition: whether the value counts as true. */
  test(value: Operand): string
  /** An arrow function from an item to the value of `node` there. */
  itemFunction(node: ExprNode, place: Place): string
  /** What a free name stands for, unless the environment replaces it. */
  callable(name: string): Callable | undefined
  /** Counts one branch; no code without coverage. */
  branch(kind: BranchKind, node: ExprNode): void
}
