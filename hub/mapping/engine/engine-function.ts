import type { FunctionCall } from './state.ts'

/** A function of the hub that mappings can call. */
export interface EngineFunction {
  /** JSONata name without the `$`. */
  readonly name: string
  /** JSONata signature such as `<s-s:s>`, checked as JSONata does; omitted means unchecked. */
  readonly signature?: string
  /**
   * Called with the evaluated arguments, free of marks and functions. Must be synchronous and must not change its
   * arguments, which may be parts of the input. What it throws reaches the caller as the `cause` of an
   * ExpressionError, whose code is that of the thrown error when it has one.
   */
  readonly apply: (args: readonly unknown[], call: FunctionCall) => unknown
}
