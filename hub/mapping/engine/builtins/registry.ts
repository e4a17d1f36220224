import type { Builtin } from './builtin.ts'
import { collectionFunctions } from './collections.ts'
import { dateFunctions } from './dates.ts'
import { higherOrderFunctions } from './higher-order.ts'
import { matchingFunctions } from './matching.ts'
import { numberFunctions } from './numbers.ts'
import { textFunctions } from './text.ts'

/** Every builtin function by name. `$eval` is not among them: the profile forbids it. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [
    ...textFunctions,
    ...matchingFunctions,
    ...numberFunctions,
    ...collectionFunctions,
    ...higherOrderFunctions,
    ...dateFunctions,
  ].map((builtin) => [builtin.name, builtin]),
)
