import type { State } from '../state.ts'

/** Code of a builtin. Arguments arrive validated against the signature; a missing one is undefined. */
export type BuiltinRun = (state: State, ...args: never[]) => unknown

/** A function of the language. */
export interface Builtin {
  readonly name: string
  readonly signature: string
  /** How many arguments `$map` and its like may pass; the reference counts its own implementation's parameters. */
  readonly arity: number
  readonly run: BuiltinRun
}

export function builtin(name: string, signature: string, arity: number, run: BuiltinRun): Builtin {
  return { name, signature, arity, run }
}
