/** What the database says of the configured tables, and whether the configuration fits it: names exactly as the catalogue has them. */
import type { Column } from './column.ts'
import type { TableFacts } from './dialect.ts'
import type { Session } from './session.ts'

/** The configuration names what the database does not have, or not like that. For the integrator. */
export class CatalogueFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CatalogueFault'
  }
}

export interface NamedTable {
  readonly name: string
  readonly schema?: string
}

/** Facts of one table, with a column by each name. @throws CatalogueFault, DatabaseFault */
export async function factsOf(
  session: Session,
  { schema, name }: NamedTable,
  columns: Iterable<string>,
): Promise<TableFacts> {
  const facts = await session.dialect.describe(session, schema, name)
  if (facts === undefined) {
    const near = (await session.dialect.similar(session, schema, name)).filter((other) => other !== name)
    const where = schema === undefined ? 'of the address' : schema
    const meant = near.length === 0 ? '' : ` It has ${near.join(', ')}: write the name in the same case.`
    throw new CatalogueFault(
      `There is no table ${name} in the schema ${where}, or the account may not see it.${meant}`,
    )
  }
  for (const column of columns) columnOf(facts, column)
  return facts
}

/** @throws CatalogueFault where the table has no column of exactly that name */
export function columnOf({ name: table, columns }: TableFacts, name: string): Column {
  const column = columns.get(name)
  if (column !== undefined) return column
  const near = [...columns.keys()].filter((other) => other.toLowerCase() === name.toLowerCase())
  const meant = near.length === 0 ? '' : ` It has ${near.join(', ')}: write the name in the same case.`
  throw new CatalogueFault(`Table ${table} has no column ${name}.${meant}`)
}

/**
 * What is written there can be recognised when it comes a second time, and taken back when the rest does not fit.
 *
 * @throws CatalogueFault
 */
export function assertWritable(facts: TableFacts, key: readonly string[]): void {
  if (!facts.isTransactional) {
    throw new CatalogueFault(
      `Table ${facts.name} knows no transactions; a message that is written halfway could not be taken back. Let its owner change its engine to InnoDB.`,
    )
  }
  const isUnique = facts.uniqueKeys.some((columns) => columns.every((column) => key.includes(column)))
  if (!isUnique) {
    const there = facts.uniqueKeys.map((columns) => `(${columns.join(', ')})`).join(', ') || 'none'
    throw new CatalogueFault(
      `No unique index of table ${facts.name} lies within the key (${key.join(', ')}), so a repeated row would stand there twice. Its unique indexes: ${there}.`,
    )
  }
}
