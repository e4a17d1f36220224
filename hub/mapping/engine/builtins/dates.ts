/** Dates and pictures. */
import type { State } from '../state.ts'
import { type Builtin, builtin } from './builtin.ts'

export const dateFunctions: readonly Builtin[] = [
  builtin('millis', '<:n>', 0, (state: State) => state.environment.nowMs),
]
