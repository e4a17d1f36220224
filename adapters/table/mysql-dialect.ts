/** SQL as MariaDB and MySQL write it. */

import { columnsByIndex } from './by-index.ts'
import type { Column, ColumnKind } from './column.ts'
import type { Dialect, TableFacts } from './dialect.ts'
import type { Session, Text } from './session.ts'

const KINDS: Readonly<Record<string, ColumnKind>> = {
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  enum: 'text',
  set: 'text',
  char: 'padded',
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  decimal: 'decimal',
  float: 'float',
  double: 'float',
  date: 'date',
  datetime: 'instant',
  timestamp: 'zoned',
  time: 'time',
  bit: 'bits',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
}

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``

export function mysqlDialect(server: Pick<Dialect, 'skipsLocked' | 'maxStatementBytes'>): Dialect {
  return {
    ...server,
    takesNul: true,
    quote,
    parameter: () => '?',
    shown,
    // A text beyond max_allowed_packet becomes null, with nothing but a warning.
    size: (column) =>
      `coalesce(octet_length(${shown(column)}), if(${quote(column.name)} is null, 0, ${2 ** 40}))`,
    written: ({ kind }, parameter) => {
      if (kind === 'binary') return `from_base64(${parameter})`
      // The text '1' would be the eight bits of its character.
      if (kind === 'bits') return `cast(${parameter} as unsigned)`
      return parameter
    },
    // As bytes: the collation would let case and trailing blanks go.
    isSame: (text, parameter) => `cast(${text} as binary) <=> cast(${parameter} as binary)`,
    digest: (text) => `sha2(${text}, 256)`,
    describe,
    async similar(session, schema, table) {
      const { rows } = await session.run(
        `select cast(table_name as char) from information_schema.tables
         where table_schema = coalesce(?, database()) and lower(table_name) = lower(?)`,
        [schema ?? null, table],
      )
      return rows.map(([name]) => name ?? '')
    },
  }
}

function shown({ name, kind }: Column): string {
  const column = quote(name)
  if (kind === 'binary') return `replace(to_base64(${column}), char(10 using utf8mb4), '')`
  if (kind === 'bits') return `cast(${column} + 0 as char character set utf8mb4)`
  if (kind === 'text' || kind === 'padded') return `convert(${column} using utf8mb4)`
  return `cast(${column} as char character set utf8mb4)`
}

async function describe(
  session: Session,
  schema: string | undefined,
  table: string,
): Promise<TableFacts | undefined> {
  const about = [schema ?? null, table]
  const { rows } = await session.run(
    `select cast(table_schema as char), cast(column_name as char), cast(data_type as char),
       cast(column_type as char), cast(character_maximum_length as char), cast(table_name as char)
     from information_schema.columns
     where table_schema = coalesce(?, database()) and table_name = ?
     order by ordinal_position`,
    about,
  )
  const [first] = rows
  // The catalogue compares names without regard to case; on disk they may differ in it.
  if (first === undefined || first[5] !== table) return undefined
  const unique = await session.run(
    `select cast(index_name as char), cast(column_name as char) from information_schema.statistics s
     where table_schema = coalesce(?, database()) and table_name = ? and non_unique = 0
       and not exists (select 1 from information_schema.statistics p
         where p.table_schema = s.table_schema and p.table_name = s.table_name and p.index_name = s.index_name
           and p.sub_part is not null)
     order by index_name, seq_in_index`,
    about,
  )
  const engine = await session.run(
    `select cast(e.transactions as char) from information_schema.tables t
     join information_schema.engines e on e.engine = t.engine
     where t.table_schema = coalesce(?, database()) and t.table_name = ?`,
    about,
  )
  return {
    schema: first[0] ?? '',
    name: table,
    columns: new Map(rows.map((row) => [row[1] ?? '', columnOf(row)])),
    uniqueKeys: columnsByIndex(unique.rows),
    // A view has no engine of its own.
    isTransactional: (engine.rows[0]?.[0] ?? 'YES') === 'YES',
  }
}

function columnOf([, name, type, fullType, length]: readonly Text[]): Column {
  const kind = KINDS[(type ?? '').toLowerCase()] ?? 'other'
  return {
    name: name ?? '',
    kind,
    type: fullType ?? '',
    // For the large texts the catalogue counts bytes; the server refuses those by itself.
    maxCharacters: /^(var)?char$/i.test(type ?? '') && length != null ? Number(length) : undefined,
  }
}
