/** Where the two engines' SQL differs. Names come from the configuration, and only after the catalogue knew them. */
import type { Column } from './column.ts'
import type { Session } from './session.ts'

export interface TableFacts {
  readonly schema: string
  readonly name: string
  readonly columns: ReadonlyMap<string, Column>
  /** Columns of each unique index that holds for all rows. */
  readonly uniqueKeys: readonly (readonly string[])[]
  /** False where what was written stays although the transaction failed (MyISAM, Aria). */
  readonly isTransactional: boolean
}

export interface Dialect {
  /** Rows that another transaction has locked can be passed over. */
  readonly skipsLocked: boolean
  /** U+0000 fits into text. */
  readonly takesNul: boolean
  /** Most bytes of a statement with its values. */
  readonly maxStatementBytes: number
  quote(name: string): string
  /** The text of the nth parameter of a statement, from 1. */
  parameter(position: number): string
  /** The column's value as text; times in Beijing time, binary values in base64. */
  shown(column: Column): string
  /** Bytes of the column's value as text; a number beyond every limit where the server cannot make that text. */
  size(column: Column): string
  /** The value as the column's own type, from a parameter that holds text. */
  written(column: Column, parameter: string): string
  /** Null-safe, byte for byte. */
  isSame(shown: string, parameter: string): string
  /** SHA-256 of a text in UTF-8, in lower-case hex. */
  digest(shown: string): string
  /** A statement that fails where the text cannot become the column's type; undefined where the engine names the column itself. */
  conversion?(column: Column): string
  /** Facts of the table, or undefined where it is not there for this account. `schema` undefined: the session's own. */
  describe(session: Session, schema: string | undefined, table: string): Promise<TableFacts | undefined>
  /** Names of tables that differ from `table` in case only. */
  similar(session: Session, schema: string | undefined, table: string): Promise<readonly string[]>
}
