import { ExpressionError } from './expression-error.ts'
import type { Limits } from './limits.ts'

/** What an evaluation is given besides its input. */
export interface Environment {
  /** What `$now()` and `$millis()` answer: epoch milliseconds, injected. */
  readonly nowMs: number
  /** Extra `$variables`: plain JSON values. */
  readonly bindings?: Readonly<Record<string, unknown>>
  /** Free slot for hub functions (code tables, fault collector); the engine only passes it on. */
  readonly context?: unknown
}

/** What a registered function learns about its call. The object is reused: read it, do not keep it. */
export interface FunctionCall {
  readonly environment: Environment
  /** Where in the source the call stands. */
  readonly offset: number
}

/** The running account of one evaluation: budget, depth and where it is. One per `evaluate()`, never shared. */
export class State {
  /** Steps left. */
  fuel: number
  /** Lambda calls inside one another. */
  depth = 0
  /** Offset of the call under way; builtins report their errors there. */
  at = -1
  /** True once an array with marks, or a function, was put inside another value: the result must be cleaned. */
  dirty = false
  readonly limits: Limits
  readonly environment: Environment
  readonly source: string
  readonly file: string | undefined
  readonly call: { environment: Environment; offset: number }

  constructor(limits: Limits, environment: Environment, source: string, file: string | undefined) {
    this.fuel = limits.steps
    this.limits = limits
    this.environment = environment
    this.source = source
    this.file = file
    this.call = { environment, offset: -1 }
  }

  /** Throws at the current call, or at `offset` when given. */
  fail(code: string, value?: unknown, fields?: Readonly<Record<string, unknown>>, offset = this.at): never {
    const message = typeof fields?.message === 'string' ? fields.message : undefined
    throw new ExpressionError({
      code,
      offset,
      source: this.source,
      file: this.file,
      value,
      fields,
      message,
    })
  }

  /** Takes `steps` from the budget. */
  spend(steps: number): void {
    this.fuel -= steps
    if (this.fuel < 0) this.outOfFuel(this.at)
  }

  outOfFuel(offset: number): never {
    this.fail('MAPPING_STEP_BUDGET', this.limits.steps, undefined, offset)
  }

  tooDeep(offset = this.at): never {
    this.fail('MAPPING_TOO_DEEP', this.limits.depth, undefined, offset)
  }

  /** To be asked before a string of `length` is allocated; counts the work of building it. */
  roomForString(length: number): void {
    if (!(length <= this.limits.stringLength)) {
      this.fail('MAPPING_STRING_TOO_LONG', length)
    }
    this.spend(length >> 4)
  }

  /** To be asked before an array grows to `length`. */
  roomForArray(length: number): void {
    if (!(length <= this.limits.arrayLength)) {
      this.fail('MAPPING_ARRAY_TOO_LONG', length)
    }
  }
}
