/** One polled table: which rows wait, what one of them holds, and how its fate is written to it. */
import { createHash } from 'node:crypto'
import { columnOf, factsOf } from './catalogue.ts'
import type { Column } from './column.ts'
import type { TableFacts } from './dialect.ts'
import type { Session, Text } from './session.ts'
import { Statement } from './statement.ts'

/** A column and what is written to it when the fate of a row is known. */
export type Mark =
  | { readonly column: string; readonly value: string | null }
  | {
      readonly column: string
      readonly from: 'now' | 'words' | 'code' | 'caseNo' | 'messageId' | 'table' | 'id'
    }
  | { readonly column: string; readonly copy: string }

export interface SourceConfig {
  readonly table: string
  readonly schema?: string
  readonly key: readonly string[]
  readonly version?: string
  readonly when: readonly { readonly column: string; readonly in: readonly Text[] }[]
  readonly columns?: readonly string[]
  readonly orderBy?: readonly string[]
  readonly batch?: number
  readonly maxRowBytes?: number
  readonly taken: readonly Mark[]
  readonly refused: readonly Mark[]
  readonly errors?: { readonly table: string; readonly schema?: string; readonly columns: readonly Mark[] }
  readonly details?: readonly DetailConfig[]
}

export interface DetailConfig {
  readonly table: string
  readonly schema?: string
  /** Column of the detail table by column of the row. */
  readonly by: Readonly<Record<string, string>>
  readonly as: string
  readonly columns?: readonly string[]
  readonly orderBy?: readonly string[]
}

/** A waiting row, known by its key alone. */
export interface Waiting {
  readonly identity: ReadonlyMap<string, Text>
  /** Bytes of the columns that would be handed over. */
  readonly bytes: number
}

export interface ReadRow {
  readonly body: Uint8Array
  /** The same text for the same row and version. */
  readonly idempotencyKey: string
  /** As it was when it was read; a mark is written only where it still is. */
  readonly values: ReadonlyMap<string, Text>
}

/** What marks are made of. */
export interface Fate {
  readonly now: string
  readonly words: string
  readonly code: string
  readonly caseNo: string
  readonly messageId: string
  /** For a row of the error table. */
  readonly id: string
}

/** Details of one row; a partner that has more has another format in mind. */
const MAX_DETAILS = 1_000
const DEFAULT_BATCH = 50
const DEFAULT_ROW_BYTES = 2 ** 20
const KEY_CHARACTERS = 200

export class Source {
  readonly config: SourceConfig
  readonly #session: Session
  readonly #facts: TableFacts
  readonly #errorFacts: TableFacts | undefined
  readonly #details: readonly (DetailConfig & { readonly facts: TableFacts })[]

  private constructor(
    config: SourceConfig,
    session: Session,
    facts: TableFacts,
    errorFacts: TableFacts | undefined,
    details: readonly (DetailConfig & { readonly facts: TableFacts })[],
  ) {
    this.config = config
    this.#session = session
    this.#facts = facts
    this.#errorFacts = errorFacts
    this.#details = details
  }

  /** @throws CatalogueFault where the database does not have what the configuration names; DatabaseFault */
  static async open(config: SourceConfig, session: Session): Promise<Source> {
    const { table: name, key, version, when, columns, orderBy, taken, refused, errors } = config
    const marks = [...taken, ...refused]
    const facts = await factsOf(session, { ...config, name }, [
      ...key,
      ...(version === undefined ? [] : [version]),
      ...when.map(({ column }) => column),
      ...(columns ?? []),
      ...(orderBy ?? []),
      ...[...marks, ...(errors?.columns ?? [])].flatMap((mark) => ('copy' in mark ? [mark.copy] : [])),
      ...marks.map(({ column }) => column),
      ...(config.details ?? []).flatMap(({ by }) => Object.values(by)),
    ])
    const errorFacts =
      errors &&
      (await factsOf(
        session,
        { ...errors, name: errors.table },
        errors.columns.map(({ column }) => column),
      ))
    const details: (DetailConfig & { readonly facts: TableFacts })[] = []
    for (const detail of config.details ?? []) {
      const named = [...Object.keys(detail.by), ...(detail.columns ?? []), ...(detail.orderBy ?? [])]
      details.push({ ...detail, facts: await factsOf(session, { ...detail, name: detail.table }, named) })
    }
    return new Source(config, session, facts, errorFacts, details)
  }

  get batch(): number {
    return this.config.batch ?? DEFAULT_BATCH
  }

  get maxRowBytes(): number {
    return Math.min(this.config.maxRowBytes ?? DEFAULT_ROW_BYTES, this.#session.dialect.maxStatementBytes)
  }

  /**
   * Rows that wait, in order, without those that somebody has locked just now where the server can pass them over.
   *
   * @param offset rows at the head of the order that were looked at already and still wait
   */
  async waiting(offset: number): Promise<readonly Waiting[]> {
    const { dialect } = this.#session
    const statement = new Statement(dialect)
    const identity = this.#identity()
    const size = this.#handed()
      .map((column) => dialect.size(column))
      .join(' + ')
    const order = (this.config.orderBy ?? this.config.key).map((name) => dialect.quote(name))
    const passing = dialect.skipsLocked && this.#facts.isTransactional ? ' for update skip locked' : ''
    const { rows } = await statement.run(
      this.#session,
      `select ${[...identity.map((column) => dialect.shown(column)), size].join(', ')}
       from ${statement.table(this.#facts)} where ${this.#waits(statement)}
       order by ${order.join(', ')} limit ${this.batch} offset ${Math.trunc(offset)}${passing}`,
    )
    return rows.map((row) => ({
      identity: new Map(identity.map(({ name }, index) => [name, row[index] ?? null])),
      bytes: Number(row.at(-1) ?? 0),
    }))
  }

  /** The row as it is now; undefined where it waits no longer, or several answer to its key. */
  async read({ identity }: Waiting): Promise<ReadRow | 'gone' | 'ambiguous' | 'too-large'> {
    const { dialect } = this.#session
    const statement = new Statement(dialect)
    const columns = [...this.#read().values()]
    const { rows } = await statement.run(
      this.#session,
      `select ${columns.map((column) => dialect.shown(column)).join(', ')} from ${statement.table(this.#facts)}
       where ${this.#is(statement, identity)} and ${this.#waits(statement)} limit 2`,
    )
    const [row] = rows
    if (row === undefined) return 'gone'
    if (rows.length > 1) return 'ambiguous'
    const values = new Map(columns.map(({ name }, index) => [name, row[index] ?? null]))
    const details = await this.#detailsOf(values)
    if (details === 'too-large') return 'too-large'
    const body = Buffer.from(
      JSON.stringify({
        table: this.config.table,
        row: Object.fromEntries(this.#handed().map(({ name }) => [name, values.get(name) ?? null])),
        ...(this.#details.length === 0 ? {} : { details }),
      }),
    )
    return { body, idempotencyKey: this.#keyOf(identity, body), values }
  }

  /**
   * Writes the marks to the row where it is still as it was read, and its row to the error table where there is one.
   *
   * @returns false where the row has changed meanwhile: it is not marked, and waits with what it holds now
   * @throws DatabaseFault
   */
  async mark(
    { identity }: Waiting,
    values: ReadonlyMap<string, Text>,
    fate: 'taken' | 'refused',
    facts: Fate,
  ): Promise<boolean> {
    const statement = new Statement(this.#session.dialect)
    const set = this.config[fate].map((mark) => {
      const column = columnOf(this.#facts, mark.column)
      const value = this.#valueOf(mark, column, values, facts)
      return `${statement.column(column)} = ${this.#session.dialect.written(column, statement.value(value))}`
    })
    // Values are told by their place: conditions are made in the order in which they stand.
    const conditions = [
      this.#is(statement, identity),
      this.#waits(statement),
      ...[...values].map(([name, value]) => statement.same(columnOf(this.#facts, name), value)),
    ]
    const sql = `update ${statement.table(this.#facts)} set ${set.join(', ')} where ${conditions.join(' and ')}`
    if (fate === 'taken' || this.#errorFacts === undefined) {
      return (await statement.run(this.#session, sql)).changed > 0
    }
    await this.#session.run('start transaction')
    try {
      const isMarked = (await statement.run(this.#session, sql)).changed > 0
      if (isMarked) await this.#report(this.#errorFacts, values, facts)
      await this.#session.run('commit')
      return isMarked
    } catch (error) {
      await this.#session.run('rollback').catch(() => this.#session.destroy())
      throw error
    }
  }

  async #report(errorFacts: TableFacts, values: ReadonlyMap<string, Text>, facts: Fate): Promise<void> {
    const statement = new Statement(this.#session.dialect)
    const names: string[] = []
    const parameters: string[] = []
    for (const mark of this.config.errors?.columns ?? []) {
      const column = columnOf(errorFacts, mark.column)
      names.push(statement.column(column))
      const value = this.#valueOf(mark, column, values, facts)
      parameters.push(this.#session.dialect.written(column, statement.value(value)))
    }
    const into = `${statement.table(errorFacts)} (${names.join(', ')})`
    await statement.run(this.#session, `insert into ${into} values (${parameters.join(', ')})`)
  }

  #valueOf(mark: Mark, { maxCharacters }: Column, values: ReadonlyMap<string, Text>, facts: Fate): Text {
    if ('value' in mark) return mark.value
    if ('copy' in mark) return values.get(mark.copy) ?? null
    const text = mark.from === 'table' ? this.config.table : facts[mark.from]
    if (text === '') return null
    const characters = [...text]
    if (maxCharacters === undefined || characters.length <= maxCharacters) return text
    return maxCharacters < 4
      ? characters.slice(0, maxCharacters).join('')
      : `${characters.slice(0, maxCharacters - 3).join('')}...`
  }

  async #detailsOf(values: ReadonlyMap<string, Text>): Promise<object | 'too-large'> {
    const { dialect } = this.#session
    const details: Record<string, object[]> = {}
    let bytes = 0
    for (const { facts, by, as, columns: wanted, orderBy } of this.#details) {
      const columns = wanted?.map((name) => columnOf(facts, name)) ?? [...facts.columns.values()]
      const conditions = (statement: Statement): string =>
        Object.entries(by)
          .map(([child, parent]) => statement.equal(columnOf(facts, child), values.get(parent) ?? null))
          .join(' and ')
      const counting = new Statement(dialect)
      const size = columns.map((column) => dialect.size(column)).join(' + ')
      const counted = await counting.run(
        this.#session,
        `select concat(count(*), ''), concat(coalesce(sum(${size}), 0), '') from ${counting.table(facts)} where ${conditions(counting)}`,
      )
      bytes += Number(counted.rows[0]?.[1] ?? 0)
      if (Number(counted.rows[0]?.[0] ?? 0) > MAX_DETAILS || bytes > this.maxRowBytes) return 'too-large'
      const statement = new Statement(dialect)
      const order =
        orderBy === undefined ? '' : ` order by ${orderBy.map((name) => dialect.quote(name)).join(', ')}`
      const { rows } = await statement.run(
        this.#session,
        `select ${columns.map((column) => dialect.shown(column)).join(', ')} from ${statement.table(facts)}
         where ${conditions(statement)}${order} limit ${MAX_DETAILS}`,
      )
      details[as] = rows.map((row) =>
        Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])),
      )
    }
    return details
  }

  /** Key and version: what tells one row from another. */
  #identity(): readonly Column[] {
    const { key, version } = this.config
    const names = new Set([...key, ...(version === undefined ? [] : [version])])
    return [...names].map((name) => columnOf(this.#facts, name))
  }

  /** Columns that are handed over: those listed, else all that are not ours to write. */
  #handed(): readonly Column[] {
    const { columns, taken, refused } = this.config
    if (columns !== undefined) return columns.map((name) => columnOf(this.#facts, name))
    const ours = new Set([...taken, ...refused].map(({ column }) => column))
    return [...this.#facts.columns.values()].filter(({ name }) => !ours.has(name))
  }

  /** Columns that are read: handed over, or needed to find, copy and compare. */
  #read(): ReadonlyMap<string, Column> {
    const { when, taken, refused, errors } = this.config
    const names = [
      ...when.map(({ column }) => column),
      ...[...taken, ...refused, ...(errors?.columns ?? [])].flatMap((mark) =>
        'copy' in mark ? [mark.copy] : [],
      ),
      ...this.#details.flatMap(({ by }) => Object.values(by)),
    ].map((name) => columnOf(this.#facts, name))
    return new Map([...this.#handed(), ...this.#identity(), ...names].map((column) => [column.name, column]))
  }

  #waits(statement: Statement): string {
    return this.config.when
      .map(({ column, in: values }) => {
        const facts = columnOf(this.#facts, column)
        return `(${values.map((value) => statement.equal(facts, value)).join(' or ')})`
      })
      .join(' and ')
  }

  /** By the index first, then to the letter: the collation may hold two keys for one. */
  #is(statement: Statement, identity: ReadonlyMap<string, Text>): string {
    return [...identity]
      .flatMap(([name, value]) => {
        const column = columnOf(this.#facts, name)
        const equal = statement.equal(column, value)
        return value === null ? [equal] : [equal, statement.same(column, value)]
      })
      .join(' and ')
  }

  /** Table, key and version; without a version the content itself, so that a changed row is another document. */
  #keyOf(identity: ReadonlyMap<string, Text>, body: Uint8Array): string {
    const digest = (data: Uint8Array | string): string => createHash('sm3').update(data).digest('hex')
    const parts = [this.config.table, ...[...identity.values()].map((value) => value ?? '')]
    if (this.config.version === undefined) parts.push(`sm3-${digest(body).slice(0, 32)}`)
    const key = parts.map(encodeURIComponent).join(':')
    return key.length <= KEY_CHARACTERS ? key : `sm3-${digest(key)}`
  }
}
