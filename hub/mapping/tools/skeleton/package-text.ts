/** All files of a new package, from one sample. */
import { fieldTree } from '../../../canonical/field-tree.ts'
import { readSchemas } from '../../../canonical/schema-files.ts'
import type { MessageType } from '../../../contract/message.ts'
import { propose } from './propose.ts'
import type { Sample } from './read-sample.ts'
import { guessedSchema, type Reached, reachable, type SampleNode, sampleTree } from './sample-tree.ts'
import { type MappingText, mappingText, pathText, type TableNeed } from './write-mapping.ts'

export interface NewPackage {
  /** The partner's name of the message. */
  readonly message: string
  /** Below `mappings/<format>/`. */
  readonly files: ReadonlyMap<string, string>
  /** Text of `schemas/formats/<format>/messages.schema.json`. */
  readonly schema: string
  readonly mapping: MappingText
  /** Fields of the sample: path and what it holds. */
  readonly fields: readonly { readonly path: string; readonly holds: string }[]
}

export function newPackage(format: string, type: MessageType, sample: Sample): NewPackage {
  const { parts, types } = readSchemas()
  const schema = types.get(type)
  if (schema === undefined) throw new Error(`There is no schema of ${type}.`)
  const tree = sampleTree(sample.document)
  const canonical = fieldTree(schema, parts)
  const { message, identify, read } = identified(tree, type)
  const envelope = envelopeOf(tree)
  const mapping = mappingText(
    type,
    `${message} ${canonical.label.zh}`,
    propose(tree, canonical),
    envelope,
    read,
  )
  const files = new Map([
    ['format.yaml', formatYaml({ format, type, message, identify, sample, tables: mapping.tables })],
    [`in/${message}.jsonata`, mapping.text],
    ...mapping.tables.map((table): [string, string] => [`codes/${table.name}.csv`, codesCsv(table)]),
    ['cases/样例/case.yaml', caseYaml(message)],
    inputOf(sample),
    // Nothing is expected yet, so that hub mapping test tells what the mapping makes or still lacks.
    ['cases/样例/expected.json', '{}\n'],
  ])
  return { message, files, schema: schemaText(format, message, tree), mapping, fields: fieldsOf(tree) }
}

/** Members that look like the name of a message kind. */
const KIND =
  /^(api_?code|(msg|message|biz|business|service|trans?)_?(type|code|kind)|method|action|ywdm|ywlx|jkdm|jydm|fwdm)$/i
const MESSAGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

function identified(
  tree: SampleNode,
  type: MessageType,
): { readonly message: string; readonly identify: string; readonly read: readonly string[] } {
  for (const { path, node } of reachable(tree)) {
    const value = node.kind === 'leaf' ? node.values[0] : undefined
    if (KIND.test(path.at(-1) ?? '') && typeof value === 'string' && MESSAGE_NAME.test(value))
      return { message: value, identify: pathText(path), read: [path.join('.')] }
  }
  const message = type.toUpperCase().replaceAll('.', '_')
  return { message, identify: `"${message}"`, read: [] }
}

const EXTERNAL_ID = /^((request|msg|message|trans?)_?(no|id)|bwlsh|bwbh|xxbh|serial_?(no|number))$/i
const CASE_NUMBER = /^(project_?no|case_?no|sblsh|bjbh|ywlsh|sjbh)$/i

function envelopeOf(tree: SampleNode) {
  const fields = reachable(tree).filter(({ node }) => node.kind === 'leaf')
  const named = (pattern: RegExp): Reached | undefined =>
    fields.find(({ path }) => pattern.test(path.at(-1) ?? ''))
  const externalId = named(EXTERNAL_ID)?.path
  const caseExternalId = named(CASE_NUMBER)?.path
  return {
    ...(externalId === undefined ? {} : { externalId }),
    ...(caseExternalId === undefined ? {} : { caseExternalId }),
  }
}

interface YamlParts {
  readonly format: string
  readonly type: MessageType
  readonly message: string
  readonly identify: string
  readonly sample: Sample
  readonly tables: readonly TableNeed[]
}

function formatYaml({ format, type, message, identify, sample, tables }: YamlParts): string {
  const codes = tables.flatMap(({ name, canonical, title }) => [
    `  ${name}:`,
    `    title: { zh: ${JSON.stringify(title.zh)}, en: ${JSON.stringify(title.en)} }`,
    // For reading only until out/ has a mapping: then every canonical code needs a row.
    '    direction: in',
    `    canonical: ${JSON.stringify(canonical)}`,
  ])
  return `${[
    '# yaml-language-server: $schema=../../schemas/mapping/format.schema.json',
    `id: ${format}`,
    'version: 0.1.0',
    '# gap: what the partner and its interface are called',
    `title: { zh: ${JSON.stringify(format)}, en: ${JSON.stringify(format)} }`,
    `media: ${sample.media}`,
    `charset: ${sample.charset}`,
    ...layoutLines(sample),
    "nullWords: ['', 'null', 'NULL', '无']",
    ...(identify.startsWith('"')
      ? ['# gap: what tells the messages of this partner apart; now every document is taken for this one']
      : []),
    `identify: ${JSON.stringify(identify)}`,
    '',
    'in:',
    `  ${JSON.stringify(message)}: { type: ${type}, schema: ${JSON.stringify(message)} }`,
    '',
    '# gap: what is written to this partner, one out/<message type>.jsonata each',
    'out: {}',
    '',
    '# gap: how this partner answers a delivery; body is its answer as a document',
    'answer:',
    '  taken: status = 200',
    '',
    tables.length === 0 ? 'codes: {}' : 'codes:',
    ...codes,
  ].join('\n')}\n`
}

/** The sample as the partner wrote it, where JSON would not show that. */
function inputOf({ media, text, document }: Sample): [string, string] {
  if (text === undefined) return ['cases/样例/input.json', `${JSON.stringify(document, null, 2)}\n`]
  return [`cases/样例/input.${media === 'xml' ? 'xml' : 'txt'}`, `${text}\n`]
}

function layoutLines({ lists, embedded, delimited, gap }: Sample): string[] {
  return [
    ...(lists.length === 0 ? [] : ['lists:', ...lists.map((path) => `  - ${JSON.stringify(path)}`)]),
    ...(embedded.length === 0
      ? []
      : [
          '# gap: what else may stand as a document in a field',
          'embedded:',
          ...embedded.map((one) => `  - ${JSON.stringify(one)}`),
        ]),
    ...(delimited === undefined
      ? []
      : [
          `# gap: ${gap ?? 'the columns'}`,
          'delimited:',
          `  delimiter: ${JSON.stringify(delimited.delimiter)}`,
          '  records:',
          ...Object.entries(delimited.records).map(
            ([kind, columns]) => `    ${kind}: ${JSON.stringify(columns)}`,
          ),
        ]),
  ]
}

function codesCsv({ meanings, seen }: TableNeed): string {
  return [
    'partner,canonical,label,note',
    `# gap: one row for each code of the partner; the sample has: ${seen.map(oneLine).join(' ') || 'none'}`,
    ...Object.entries(meanings).map(([code, meaning]) => `# canonical ${oneLine(code)}: ${oneLine(meaning)}`),
    '',
  ].join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100)
}

function caseYaml(message: string): string {
  return `about: 对接方给的样例；个人信息须先换成编造的\ndirection: in\nmessage: ${JSON.stringify(message)}\n`
}

function schemaText(format: string, message: string, tree: SampleNode): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:hub:format:${format}`,
    title: format,
    description:
      '由样例推测，须按对方接口文档更正 / Guessed from a sample; correct it by the partner’s documents',
    $defs: { [message]: guessedSchema(tree) },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

function fieldsOf(node: SampleNode, path = ''): NewPackage['fields'][number][] {
  switch (node.kind) {
    case 'object':
      return [...node.members].flatMap(([name, member]) =>
        fieldsOf(member, path === '' ? name : `${path}.${name}`),
      )
    case 'array':
      return node.items === undefined
        ? [{ path: `${path}[]`, holds: 'nothing' }]
        : fieldsOf(node.items, `${path}[]`)
    case 'leaf':
      return [
        {
          path,
          holds: [...new Set(node.values.map((value) => (value === null ? 'null' : typeof value)))].join(
            ' or ',
          ),
        },
      ]
  }
}
