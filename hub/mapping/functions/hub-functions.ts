/** All functions that a format package may call besides the language's own. */
import type { CodeTable } from '../code-table.ts'
import { codeFunctions } from './code-functions.ts'
import { fileFunctions } from './file-functions.ts'
import type { HubFunction } from './hub-function.ts'
import { textFunctions } from './text-functions.ts'
import { timeFunctions } from './time-functions.ts'

export function hubFunctions(
  tables: ReadonlyMap<string, CodeTable>,
  nullWords: ReadonlySet<string>,
): readonly HubFunction[] {
  return [
    ...codeFunctions(tables, nullWords),
    ...timeFunctions(nullWords),
    ...textFunctions(nullWords),
    ...fileFunctions(nullWords),
  ]
}
