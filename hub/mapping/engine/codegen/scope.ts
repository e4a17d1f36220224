import type { Base } from './base.ts'
import type { Line } from './emitter.ts'
import type { Operand } from './operand.ts'

/** A lambda that a variable is bound to once and for all, so that calls can go straight to its code. */
export interface KnownLambda {
  /** Name of the JavaScript function, which takes the arguments and then the caller's context. */
  readonly js: string
  readonly arity: number
  /** Whether it may hand back tail calls. */
  hasTailCalls: boolean
  /** What it returns, once compiled. */
  result: Operand | undefined
}

/** A variable of the expression. */
export interface Variable {
  readonly name: string
  /** Name of the JavaScript variable. */
  readonly js: string
  /** How many `:=` in its frame bind it. */
  readonly binds: number
  /** Whether it is certainly bound where the compiler stands. */
  definite: boolean
  /** What is known about its value, when bound once. */
  value: Operand | undefined
  /** For reading names off it, when bound once. */
  base: Base | undefined
  lambda: KnownLambda | undefined
  /** Where it is declared; filled when the frame is finished. */
  readonly slot: Line
  /** Whether some code has to tell unbound from undefined. */
  checked: boolean
}

/** One frame of variables: a block or a lambda. */
export class Scope {
  readonly parent: Scope | undefined
  readonly #variables = new Map<string, Variable>()

  constructor(parent: Scope | undefined) {
    this.parent = parent
  }

  add(variable: Variable): void {
    this.#variables.set(variable.name, variable)
  }

  own(name: string): Variable | undefined {
    return this.#variables.get(name)
  }

  variables(): IterableIterator<Variable> {
    return this.#variables.values()
  }

  /** The frames' variables of this name, innermost first, up to the first that is certainly bound. */
  candidates(name: string): Variable[] {
    const found: Variable[] = []
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const variable = scope.own(name)
      if (variable === undefined) continue
      found.push(variable)
      if (variable.definite) break
    }
    return found
  }
}
