/**
 * The option tables of a kind's README, printed from its schemas so that the two cannot differ: one for `outbound`, one for
 * `inbound`. `node scripts/run.mjs adapters/option-table.ts` writes the tables of all kinds into their READMEs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { AdapterKind } from '../hub/contract/adapter.ts'
import { adapterKinds } from './index.ts'

const START = {
  outbound: '<!-- options: printed from config.schema.json -->',
  inbound: '<!-- listener options: printed from listen.schema.json -->',
} as const
const END = '<!-- end of options -->'

export type Half = keyof typeof START

interface Schema {
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly oneOf?: readonly Schema[]
}

/** The README text with its table replaced. Throws where the README has no place for it. */
export function withOptionTable(readme: string, schema: object, half: Half): string {
  const [start, end] = placeOf(readme, half)
  return `${readme.slice(0, start)}\n\n${optionTable(schema)}\n${readme.slice(end)}`
}

/** The rows of the table in a README, without the padding that formatters put into Markdown tables. */
export function optionRows(readme: string, half: Half): readonly string[] {
  return readme
    .slice(...placeOf(readme, half))
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.replace(/ +/g, ' ').replace(/\| ?-+ ?(?=\|)/g, '|---'))
}

function placeOf(readme: string, half: Half): [number, number] {
  const start = readme.indexOf(START[half])
  const end = readme.indexOf(END, start)
  if (start < 0 || end < start) throw new Error(`The README needs the lines ${START[half]} and ${END}`)
  return [start + START[half].length, end]
}

/** The halves that a kind has, each with the schema of its options. */
export function schemasOf({ open, configSchema, listenSchema }: AdapterKind): [Half, object][] {
  return [
    ...(open === undefined ? [] : [['outbound', configSchema] as [Half, object]]),
    ...(listenSchema === undefined ? [] : [['inbound', listenSchema] as [Half, object]]),
  ]
}

/** A Markdown table, one row an option, nested ones with a dotted name. */
function optionTable(schema: Schema): string {
  const rows = rowsOf(schema, '').map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  )
  return ['| option | values | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n')
}

function rowsOf(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    [
      `\`${prefix}${name}\``,
      valuesOf(property),
      defaultOf(property, schema.required?.includes(name) === true),
      property.description ?? '',
    ],
    ...rowsOf(property, `${prefix}${name}.`),
    ...(property.oneOf ?? []).flatMap((branch) => branchRows(branch, `${prefix}${name}`)),
  ])
}

/** Options of one alternative; the property whose value chooses it stands in the name. */
function branchRows(branch: Schema, name: string): string[][] {
  const choice = Object.entries(branch.properties ?? {}).find(([, property]) => property.const !== undefined)
  const rest = Object.fromEntries(
    Object.entries(branch.properties ?? {}).filter(([key]) => key !== choice?.[0]),
  )
  const heading = choice
    ? [[`\`${name}.${choice[0]}\``, `\`${choice[1].const}\``, 'required', choice[1].description ?? '']]
    : []
  return [...heading, ...rowsOf({ ...branch, properties: rest }, `${name}.`)]
}

function valuesOf({ type, enum: values, items, minimum, maximum }: Schema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ')
  const range = minimum !== undefined && maximum !== undefined ? ` ${minimum}–${maximum}` : ''
  return items ? `list of ${items.type}` : `${[type ?? []].flat().join(' or ')}${range}`
}

function defaultOf({ default: value }: Schema, required: boolean): string {
  if (required) return 'required'
  return value === undefined ? '–' : `\`${JSON.stringify(value)}\``
}

if (import.meta.main) {
  for (const kind of adapterKinds) {
    const file = new URL(`./${kind.name}/README.md`, import.meta.url)
    for (const [half, schema] of schemasOf(kind))
      writeFileSync(file, withOptionTable(readFileSync(file, 'utf8'), schema, half))
  }
}
