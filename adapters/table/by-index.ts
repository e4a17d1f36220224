import type { Text } from './session.ts'

/** Names of columns, in order, by the index that they stand in: rows of (index, column). */
export function columnsByIndex(rows: readonly (readonly Text[])[]): string[][] {
  return [...Map.groupBy(rows, ([index]) => index).values()].map((group) =>
    group.map(([, name]) => name ?? ''),
  )
}
