/** SQL as PostgreSQL (≥ 11) writes it. */
import { columnsByIndex } from './by-index.ts'
import type { Column, ColumnKind } from './column.ts'
import type { Dialect, TableFacts } from './dialect.ts'
import type { Session, Text } from './session.ts'

const KINDS: Readonly<Record<string, ColumnKind>> = {
  varchar: 'text',
  text: 'text',
  name: 'text',
  bpchar: 'padded',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'decimal',
  float4: 'float',
  float8: 'float',
  date: 'date',
  timestamp: 'instant',
  timestamptz: 'zoned',
  time: 'time',
  bool: 'boolean',
  bit: 'bits',
  varbit: 'bits',
  bytea: 'binary',
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const postgresDialect: Dialect = {
  skipsLocked: true,
  takesNul: false,
  // A message is at most 1 GB; half of it leaves room for what the server makes of it.
  maxStatementBytes: 2 ** 29,
  quote,
  parameter: (position) => `$${position}`,
  shown,
  size: (column) => `coalesce(octet_length(convert_to(${shown(column)}, 'UTF8')), 0)`,
  written: ({ kind }, parameter) => (kind === 'binary' ? `decode(${parameter}, 'base64')` : parameter),
  isSame: (text, parameter) => `(${text} collate "C") is not distinct from (${parameter}::text collate "C")`,
  digest: (text) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`,
  conversion: ({ kind, type }) =>
    kind === 'binary' ? `select decode($1, 'base64')` : `select cast($1::text as ${type})`,
  describe,
  async similar(session, schema, table) {
    const { rows } = await session.run(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = coalesce($1::text, current_schema()) and lower(c.relname) = lower($2::text)
         and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
      [schema ?? null, table],
    )
    return rows.map(([name]) => name ?? '')
  },
}

function shown({ name, kind }: Column): string {
  const column = quote(name)
  if (kind === 'zoned') return `(${column} at time zone 'Asia/Shanghai')::text`
  if (kind === 'binary') return `replace(encode(${column}, 'base64'), chr(10), '')`
  return `${column}::text`
}

async function describe(
  session: Session,
  schema: string | undefined,
  table: string,
): Promise<TableFacts | undefined> {
  const about = [schema ?? null, table]
  const { rows } = await session.run(
    `select n.nspname, a.attname, t.typname, format_type(a.atttypid, a.atttypmod),
       case when t.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then (a.atttypmod - 4)::text end
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     join pg_type t on t.oid = a.atttypid
     where n.nspname = coalesce($1::text, current_schema()) and c.relname = $2::text
       and c.relkind in ('r', 'p', 'v', 'm', 'f')
     order by a.attnum`,
    about,
  )
  const [first] = rows
  if (first === undefined) return undefined
  const unique = await session.run(
    `select i.indexrelid::text, a.attname
     from pg_index i
     join pg_class c on c.oid = i.indrelid
     join pg_namespace n on n.oid = c.relnamespace
     join lateral unnest(i.indkey::int[]) with ordinality as k (attnum, position) on position <= i.indnkeyatts
     join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
     where n.nspname = coalesce($1::text, current_schema()) and c.relname = $2::text
       and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
     order by i.indexrelid, k.position`,
    about,
  )
  return {
    schema: first[0] ?? '',
    name: table,
    columns: new Map(rows.map((row) => [row[1] ?? '', columnOf(row)])),
    uniqueKeys: columnsByIndex(unique.rows),
    isTransactional: true,
  }
}

function columnOf([, name, type, fullType, length]: readonly Text[]): Column {
  return {
    name: name ?? '',
    kind: KINDS[type ?? ''] ?? 'other',
    type: fullType ?? 'text',
    maxCharacters: length == null ? undefined : Number(length),
  }
}
