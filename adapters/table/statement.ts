/** A statement in the making: text of ours, quoted names that the catalogue knows, and values apart from both. */
import { createHash } from 'node:crypto'
import type { Column } from './column.ts'
import type { Dialect, TableFacts } from './dialect.ts'
import type { Answer, Session, Text } from './session.ts'

const LONG_TEXT = 200

export class Statement {
  readonly #dialect: Dialect
  readonly values: Text[] = []

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** The parameter that stands for this value; call in the order in which parameters stand in the text. */
  value(value: Text): string {
    this.values.push(value)
    return this.#dialect.parameter(this.values.length)
  }

  table({ schema, name }: Pick<TableFacts, 'schema' | 'name'>): string {
    return `${this.#dialect.quote(schema)}.${this.#dialect.quote(name)}`
  }

  column({ name }: Pick<Column, 'name'>): string {
    return this.#dialect.quote(name)
  }

  /** The column has this value by its own rules of equality, which its index knows. */
  equal(column: Column, value: Text): string {
    if (value === null) return `${this.column(column)} is null`
    return `${this.column(column)} = ${this.#dialect.written(column, this.value(value))}`
  }

  /** The column shows exactly this text; a long one is told by its digest, so that the statement stays small. */
  same(column: Column, value: Text): string {
    const shown = this.#dialect.shown(column)
    if (value === null || value.length <= LONG_TEXT) return this.#dialect.isSame(shown, this.value(value))
    const digest = createHash('sha256').update(value).digest('hex')
    return `${this.#dialect.digest(shown)} = ${this.value(digest)}`
  }

  run(session: Session, sql: string): Promise<Answer> {
    return session.run(sql, this.values)
  }
}
