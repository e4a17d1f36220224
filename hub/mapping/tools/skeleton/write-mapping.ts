/** The proposals as a mapping: one line for each canonical field, a comment where there is a gap. */
import { formKind } from './field-form.ts'
import type { Match, Scope, Target } from './propose.ts'
import type { Reached } from './sample-tree.ts'

/** A code table that the mapping needs. */
export interface TableNeed {
  readonly name: string
  /** As format.yaml writes it: a reference into the canonical schema, or true and false. */
  readonly canonical: string | readonly boolean[]
  readonly title: { readonly zh: string; readonly en: string }
  /** Canonical code → its meaning, where the schema tells. */
  readonly meanings: Readonly<Record<string, string>>
  /** Codes that the sample shows. */
  readonly seen: readonly string[]
}

export interface MappingText {
  readonly text: string
  readonly tables: readonly TableNeed[]
  /** Required canonical fields without a source, and fields of the sample that nothing reads; paths with `[]`. */
  readonly gaps: { readonly required: readonly string[]; readonly unused: readonly string[] }
  readonly proposals: readonly { readonly source: string; readonly target: string; readonly reason: string }[]
}

/** Envelope parts of the draft with the path that feeds each, where one was recognised. */
export interface EnvelopePaths {
  readonly externalId?: readonly string[]
  readonly caseExternalId?: readonly string[]
}

/** @param read paths that format.yaml reads */
export function mappingText(
  type: string,
  title: string,
  scope: Scope,
  envelope: EnvelopePaths,
  read: readonly string[],
): MappingText {
  const writer = new MappingWriter(type)
  const body = writer.object(scope, 4, [], [])
  const head = (['externalId', 'caseExternalId'] as const).map((part) => {
    const path = envelope[part]
    return path === undefined
      ? `  /* gap: "${part}": ${ENVELOPE_WORDS[part]} */`
      : `  "${part}": ${pathText(path)},`
  })
  const paths = new Set([
    ...read,
    ...Object.values(envelope).map((path: readonly string[]) => path.join('.')),
  ])
  const gaps = { required: writer.required, unused: writer.unused.filter((path) => !paths.has(path)) }
  const text = [
    `/* ${comment(title)} → ${type}: proposals from a sample; check every line. */`,
    ...gapComments(gaps),
    '{',
    ...head,
    `  "data": ${body}`,
    '}',
    '',
  ].join('\n')
  return { text, tables: [...writer.tables.values()], gaps, proposals: writer.proposals }
}

const ENVELOPE_WORDS = {
  externalId: "the partner's own id of the message, for recognising repetitions",
  caseExternalId: "the partner's own number of the case",
} as const

function gapComments({ required, unused }: MappingText['gaps']): string[] {
  return [
    ...(required.length === 0
      ? []
      : [`/* gap: required, without a source: ${comment(required.join(', '))} */`]),
    ...(unused.length === 0
      ? []
      : [`/* gap: fields of the sample that nothing reads: ${comment(unused.join(', '))} */`]),
  ]
}

/** Marks a comment among the values; no expression begins with it. */
const GAP = '\u0000'

type Entry = { readonly key: string; readonly value: string } | { readonly gap: string }

class MappingWriter {
  readonly tables = new Map<string, TableNeed>()
  readonly required: string[] = []
  readonly unused: string[] = []
  readonly proposals: { source: string; target: string; reason: string }[] = []
  readonly #type: string

  constructor(type: string) {
    this.#type = type
  }

  /** An object of the target, at `indent` spaces; the paths lead to the scope, for reports. */
  object(scope: Scope, indent: number, sourceBase: readonly string[], targetBase: readonly string[]): string {
    this.unused.push(...scope.unused.map(({ path }) => [...sourceBase, path.join('.')].join('.')))
    const entries = new Map<string, unknown>()
    const place = (path: readonly string[], value: string): void => {
      let at = entries
      for (const name of path.slice(0, -1)) {
        const inner = (at.get(name) as Map<string, unknown> | undefined) ?? new Map<string, unknown>()
        at.set(name, inner)
        at = inner
      }
      at.set(path.at(-1) ?? '', value)
    }
    const { leaves, lists, missing } = scope
    const all = [...leaves, ...lists, ...missing.map((target) => ({ target }))]
    for (const match of all.sort((one, other) => one.target.order - other.target.order)) {
      const { target } = match
      if (!('source' in match)) {
        if (!target.required) continue
        this.required.push([...targetBase, target.path.join('.')].join('.'))
        const { zh, en } = target.field.label
        place(target.path, `${GAP}"${target.path.at(-1)}": ${comment(`${zh} / ${en}`)}`)
        continue
      }
      this.#propose(match, sourceBase, targetBase)
      const list = lists.find((one) => one === match)
      const value =
        list === undefined ? this.#leaf(match, targetBase) : this.#list(list, indent, sourceBase, targetBase)
      place(target.path, value)
    }
    return written(entries, indent)
  }

  #list(
    { source, target, inner }: Scope['lists'][number],
    indent: number,
    sourceBase: readonly string[],
    targetBase: readonly string[],
  ): string {
    if (inner.leaves.length + inner.lists.length === 0) return `[${pathText(source.path)}]`
    const element = this.object(
      inner,
      indent + 2 * target.path.length,
      [...sourceBase, `${source.path.join('.')}[]`],
      [...targetBase, `${target.path.join('.')}[]`],
    )
    return `[${pathText(source.path)}.${element}]`
  }

  #propose(
    { source, target, reason }: Match,
    sourceBase: readonly string[],
    targetBase: readonly string[],
  ): void {
    this.proposals.push({
      source: [...sourceBase, source.path.join('.')].join('.'),
      target: [...targetBase, target.path.join('.')].join('.'),
      reason,
    })
  }

  #leaf({ source, target }: Match, targetBase: readonly string[]): string {
    const path = pathText(source.path)
    const form = formKind(target.field, source.node)
    switch (form.kind) {
      case 'code':
        return `$toCanonical("${this.#table(target, source, targetBase)}", ${path})`
      case 'time':
        return `$${form.reader}(${path}, "${form.shape}")`
      case 'call':
        return `$${form.name}(${path})`
    }
  }

  #table({ field, path }: Target, { node }: Reached, targetBase: readonly string[]): string {
    const whole = [...targetBase, ...path].map((step) => step.replace('[]', ''))
    const name = kebab(whole.slice(-2).join('-'))
    const { enum: codes } = field.schema
    const values = node.kind === 'leaf' ? node.values : []
    this.tables.set(name, {
      name,
      canonical: codes === undefined ? [true, false] : `${this.#type}#${whole.join('.')}`,
      title: field.label,
      meanings:
        codes === undefined
          ? { true: '是 / yes', false: '否 / no' }
          : Object.fromEntries(codes.map((code) => [code, field.schema['x-values']?.[code] ?? ''])),
      seen: [...new Set(values.filter((value) => value !== null && value !== '').map(String))],
    })
    return name
  }
}

function written(entries: ReadonlyMap<string, unknown>, indent: number): string {
  const space = ' '.repeat(indent)
  const flat: Entry[] = [...entries].map(([key, value]) => {
    if (value instanceof Map) return { key, value: written(value, indent + 2) }
    const text = String(value)
    return text.startsWith(GAP) ? { gap: `gap: ${text.slice(1)}` } : { key, value: text }
  })
  // Gaps come first: what replaces them ends with a comma like the line after it.
  const gaps = flat.flatMap((entry) => ('gap' in entry ? [`${space}/* ${entry.gap} */`] : []))
  const members = flat.flatMap((entry) =>
    'key' in entry ? [`${space}${JSON.stringify(entry.key)}: ${entry.value}`] : [],
  )
  const lines = [...gaps, ...(members.length === 0 ? [] : [members.join(',\n')])]
  return `{\n${lines.join('\n')}\n${' '.repeat(indent - 2)}}`
}

/** A path of the language; names that are no words stand between backticks, and those that cannot are looked up. */
export function pathText(path: readonly string[]): string {
  return path.reduce((before, name) => {
    if (name === '' || name.includes('`'))
      return `$lookup(${before === '' ? '$' : before}, ${JSON.stringify(name)})`
    const step = WORD.test(name) && !RESERVED.has(name) ? name : `\`${name}\``
    return before === '' ? step : `${before}.${step}`
  }, '')
}

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/
const RESERVED = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])

/** Text that cannot end the comment it stands in. */
function comment(text: string): string {
  return text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')
}

function kebab(text: string): string {
  const name = text
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '')
  return name.slice(0, 40)
}
