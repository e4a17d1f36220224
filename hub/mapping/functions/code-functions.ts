import type { CodeTable } from '../code-table.ts'
import { FaultMarker } from '../fault-marker.ts'
import { factsOf, type HubFunction, isAbsent, refuse, showable } from './hub-function.ts'

/**
 * `$toCanonical(table, value)` and `$toPartner(table, value)` by the package's code tables. Nothing for nothing; a
 * value without a row is refused (`CODE_UNMAPPED`), never defaulted. A row may exist even for a null word.
 */
export function codeFunctions(
  tables: ReadonlyMap<string, CodeTable>,
  nullWords: ReadonlySet<string>,
): readonly HubFunction[] {
  const translator = (name: string, direction: 'toCanonical' | 'toPartner'): HubFunction => ({
    name,
    apply([tableName, value], call) {
      if (value instanceof FaultMarker) return value
      const table = tables.get(String(tableName))
      const found = isScalar(value) ? table?.[direction].get(String(value).trim()) : undefined
      if (found !== undefined) return found
      if (isAbsent(value, nullWords)) return undefined
      const why = reasonOf(table?.without?.[direction === 'toCanonical' ? 'partner' : 'canonical'], value)
      const known = [...(table?.[direction].keys() ?? [])]
      return refuse(call, {
        code: 'CODE_UNMAPPED',
        reason: {
          zh: `代码表 ${tableName} 中没有该值的对照${why && `：${why}`}`,
          en: `The value has no counterpart in code table ${tableName}${why && `: ${why}`}`,
        },
        facts: factsOf({
          table: tableName,
          value: showable(value),
          known: known.length <= 50 ? known : undefined,
        }),
      })
    },
  })
  return [translator('toCanonical', 'toCanonical'), translator('toPartner', 'toPartner')]
}

/** What the package's author says about a code that has no counterpart on purpose; empty where it was just not foreseen. */
function reasonOf(reasons: Readonly<Record<string, string>> | undefined, value: unknown): string {
  const code = String(value).trim()
  return reasons !== undefined && Object.hasOwn(reasons, code) ? (reasons[code] ?? '') : ''
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
