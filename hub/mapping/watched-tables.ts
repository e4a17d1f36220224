/** Code tables that tell which of their rows were used, for coverage. */
import type { CodeTable } from './code-table.ts'

export interface TableWatch {
  /** `code` of the side that is read was looked up, and has a row. */
  codeRead(table: string, direction: 'toCanonical' | 'toPartner', code: string): void
}

/** The same tables, with every successful look-up told to `watch`. */
export function watched(
  tables: ReadonlyMap<string, CodeTable>,
  watch: TableWatch,
): ReadonlyMap<string, CodeTable> {
  const telling = <Code>(
    table: string,
    direction: 'toCanonical' | 'toPartner',
    codes: ReadonlyMap<string, Code>,
  ): ReadonlyMap<string, Code> =>
    Object.assign(new Map(codes), {
      get(code: string): Code | undefined {
        if (codes.has(code)) watch.codeRead(table, direction, code)
        return codes.get(code)
      },
    })
  return new Map(
    [...tables].map(([name, table]) => [
      name,
      {
        ...table,
        toCanonical: telling(name, 'toCanonical', table.toCanonical),
        toPartner: telling(name, 'toPartner', table.toPartner),
      },
    ]),
  )
}
