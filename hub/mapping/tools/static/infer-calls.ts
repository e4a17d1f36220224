/** Types of calls to functions of the language and the hub. What is not listed is taken by its signature. */
import type { CodeTable } from '../../code-table.ts'
import type { ExprNode } from '../../engine/ast.ts'
import { BUILTINS } from '../../engine/builtins/registry.ts'
import { isTimeShape, writeTime } from '../../time-shape.ts'
import { checkArguments } from './arguments.ts'
import type { Remark, Words } from './finding.ts'
import {
  ANY,
  booleanType,
  elementOf,
  kindsOfType,
  lengthOf,
  listType,
  NO_NEEDS,
  NOTHING,
  numberType,
  objectType,
  onlyWith,
  present,
  SOMETHING,
  type TextType,
  type Type,
  textType,
  union,
} from './value-type.ts'

export interface CallWorld {
  readonly direction: 'in' | 'out' | 'none'
  readonly tables: ReadonlyMap<string, CodeTable>
  /** Codes that the table's declaration speaks of: they have a row, or their absence is told there. */
  judged(table: string, side: 'canonical' | 'partner'): ReadonlySet<string>
  readonly nullWords: ReadonlySet<string>
  report(remark: Remark, node: ExprNode): void
  /** Where the expression of a node starts. */
  startOf(node: ExprNode): number
}

export interface Call {
  readonly name: string
  readonly args: readonly Type[]
  readonly node: ExprNode
  /** The arguments as written; undefined for what `~>` passes. */
  readonly nodes: readonly (ExprNode | undefined)[]
  readonly context: Type
  /** Follows a function that was passed as an argument. */
  readonly run: (callback: Type, args: readonly Type[]) => Type
}

type Transfer = (call: Call, world: CallWorld) => Type

export function callType(call: Call, world: CallWorld): Type {
  const { name } = call
  checkArguments(call, (remark, node) => world.report(remark, node))
  const transfer = TRANSFERS.get(name)
  if (transfer !== undefined) return transfer(call, world)
  const signature = BUILTINS.get(name)?.signature ?? ''
  return onlyWith(returned(signature), subject(call))
}

/** The first argument, or the context where there is none. */
function subject({ args, context }: Call): Type {
  return args[0] ?? context
}

function returned(signature: string): Type {
  switch (/:(.)/.exec(signature)?.[1]) {
    case 's':
      return textType()
    case 'n':
      return numberType()
    case 'b':
      return booleanType()
    case 'a':
      return listType(() => SOMETHING, false)
    default:
      return ANY
  }
}

/** A text made of the first argument's; nothing for nothing. */
function textFrom(convert: (text: TextType) => TextType): Transfer {
  return (call) => {
    const from = subject(call)
    return onlyWith(textType(from.any || from.text === undefined ? {} : convert(from.text)), from)
  }
}

function mappedText(convert: (text: string) => string): Transfer {
  return textFrom(({ maxLength, values }) => ({
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(values === undefined ? {} : { values: new Set([...values].map(convert)) }),
  }))
}

/** Cut or tidied to the form that the target asks for, as far as one can tell. */
const tidied: Transfer = textFrom(() => ({}))

/** `$string`: scalars as text. */
const asText: Transfer = (call) => {
  const from = subject(call)
  const kinds = kindsOfType(from)
  if (from.any || kinds.some((kind) => kind !== 'string' && kind !== 'boolean'))
    return onlyWith(textType(), from)
  const flags = [...(from.boolean ?? [])].map(String)
  const text = from.text ?? { values: new Set<string>() }
  const values = text.values === undefined ? undefined : new Set([...text.values, ...flags])
  const lengths = [...flags.map(lengthOf), ...(from.text === undefined ? [] : [text.maxLength])]
  const maxLength = lengths.includes(undefined) ? undefined : Math.max(0, ...(lengths as number[]))
  return onlyWith(
    textType({
      ...(values === undefined ? {} : { values }),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(text.sample === undefined ? {} : { sample: text.sample }),
    }),
    from,
  )
}

/** `$present`: without null and the package's words for it. Only what the schema allows counts as missing. */
const presence: Transfer = (call, { nullWords }) => {
  const { nullable, text, ...from } = subject(call)
  const { source: _source, ...without } = from
  const values =
    text?.values === undefined ? undefined : [...text.values].filter((word) => !nullWords.has(word.trim()))
  const missing = nullable || (values !== undefined && values.length < (text?.values?.size ?? 0))
  return {
    ...(missing ? { ...without, absent: true, exact: false } : from),
    nullable: false,
    ...(text === undefined
      ? {}
      : { text: values === undefined ? text : { ...text, values: new Set(values) } }),
  }
}

/** `$part`: the object where any of its members is there. */
const part: Transfer = (call) => {
  const from = subject(call)
  const [object] = from.objects
  if (object?.kind !== 'made' || from.objects.length > 1 || object.open) return from
  const made = { ...from, objects: [{ ...object, part: true }] }
  const types = [...object.fields.values()].map(({ type }) => type)
  if (types.some((type) => !type.absent)) return made
  const [first = NO_NEEDS, ...others] = types.map(({ needs }) => needs)
  return {
    ...made,
    absent: true,
    exact: false,
    needs: others.reduce((all, needs) => all.intersection(needs), first),
  }
}

/** `$toCanonical` and `$toPartner`: one of the table's codes; a code without a row stops the message. */
function translated(direction: 'toCanonical' | 'toPartner'): Transfer {
  return (call, world) => {
    const [name, value = NOTHING] = call.args
    const [tableName] = name?.text?.values ?? []
    const table = tableName === undefined ? undefined : world.tables.get(tableName)
    if (table === undefined || tableName === undefined) return onlyWith(SOMETHING, value)
    const codes: ReadonlyMap<string, string | boolean> = table[direction]
    const given = value.any ? undefined : codesOf(value)
    const side = direction === 'toCanonical' ? 'partner' : 'canonical'
    const excused = world.judged(tableName, side)
    const gone = [...(given ?? [])].filter(
      (code) => !codes.has(code) && !world.nullWords.has(code) && !excused.has(code),
    )
    if (gone.length > 0) world.report(unmapped(tableName, gone, codes.keys()), call.node)
    const found = given === undefined ? [...codes.values()] : [...given].map((code) => codes.get(code))
    const texts = found.filter((code) => typeof code === 'string')
    const flags = found.filter((code) => typeof code === 'boolean')
    const lost =
      value.nullable || [...(given ?? [])].some((code) => !codes.has(code) && world.nullWords.has(code))
    const type: Type = {
      ...SOMETHING,
      any: texts.length + flags.length === 0,
      ...(texts.length === 0
        ? {}
        : { text: { values: new Set(texts), maxLength: Math.max(...texts.map(lengthOf)) } }),
      ...(flags.length === 0 ? {} : { boolean: new Set(flags) }),
    }
    const result = onlyWith(type, value)
    return lost ? { ...result, absent: true, exact: false } : result
  }
}

/** The codes that a value can be, where its schema lists them. */
function codesOf(value: Type): ReadonlySet<string> | undefined {
  const kinds = kindsOfType(value).filter((kind) => kind !== 'null')
  const codes: string[] = []
  for (const kind of kinds) {
    if (kind === 'string' && value.text?.values !== undefined) codes.push(...value.text.values)
    else if (kind === 'boolean') codes.push(...[...(value.boolean ?? [])].map(String))
    else if (kind === 'number' && value.number?.values !== undefined)
      codes.push(...[...value.number.values].map(String))
    else return undefined
  }
  return kinds.length === 0 ? undefined : new Set(codes)
}

function unmapped(table: string, codes: readonly string[], rows: Iterable<string>): Remark {
  const list = codes.map((code) => `"${code}"`).join(', ')
  return {
    rule: 'CODE_PARTIAL',
    severity: 'warning',
    reason: {
      zh: `来源模式列出的代码 ${list} 在代码表 ${table} 中没有对照；带这种代码的报文会被拒收或挂起`,
      en: `The source's schema lists ${list}, which code table ${table} has no row for; such a message is refused or parked`,
    },
    remedy: {
      zh: `在 codes/${table}.csv 中补行，或在 format.yaml 的 codes.${table}.without 下写明原因（已有：${[...rows].slice(0, 12).join(', ')}）`,
      en: `Add a row to codes/${table}.csv, or name it with the reason under codes.${table}.without in format.yaml`,
    },
  }
}

const MOMENT = '2026-10-08T09:30:05+08:00'

function dated(sample: string): Transfer {
  return (call) => onlyWith(textType({ sample, maxLength: sample.length }), subject(call))
}

const written: Transfer = (call) => {
  const [shape] = call.args[1]?.text?.values ?? []
  const sample = isTimeShape(shape) ? writeTime(MOMENT, shape) : undefined
  const type =
    typeof sample === 'string'
      ? textType({ sample, maxLength: sample.length })
      : sample === undefined
        ? SOMETHING
        : numberType({ integer: true })
  return onlyWith(type, subject(call))
}

function remarked(
  transfer: Transfer,
  remark: (call: Call, world: CallWorld) => Remark | undefined,
): Transfer {
  return (call, world) => {
    const found = remark(call, world)
    if (found !== undefined) world.report(found, call.node)
    return transfer(call, world)
  }
}

function trap(rule: string, reason: Words, remedy: Words): Remark {
  return { rule, severity: 'warning', reason, remedy }
}

const toMillis: Transfer = remarked(
  (call) => onlyWith(numberType({ integer: true }), subject(call)),
  (call) =>
    subject(call).source === undefined && !subject(call).any
      ? undefined
      : {
          ...trap(
            'DATE_ROLLOVER',
            {
              zh: '$toMillis 会把不存在的日期（如 2 月 31 日）顺延到下个月，不报错',
              en: '$toMillis rolls a date that does not exist (31 February) over to the next month without a word',
            },
            {
              zh: '改用 $readTime(值, "形式") 或 $readDate',
              en: 'Use $readTime(value, "shape") or $readDate',
            },
          ),
          severity: 'error',
        },
)

const toNumber: Transfer = remarked(
  (call) => onlyWith(numberType(), subject(call)),
  (call) => {
    const { text, source } = subject(call)
    if (
      text === undefined ||
      [...(text.values ?? [''])].every((value) => value !== '' && !Number.isNaN(Number(value)))
    )
      return undefined
    return trap(
      'NUMBER_TEXT',
      {
        zh: `${source ?? '该值'}是文本；$number 遇到「12,5」一类的文本会让整个映射失败`,
        en: `${source ?? 'The value'} is text; on a text such as "12,5" $number fails the whole mapping`,
      },
      { zh: '改用 $integer(…)，或先检查文本', en: 'Use $integer(…), or look at the text first' },
    )
  },
)

const lookup: Transfer = (call) => {
  const [object = NOTHING] = call.args
  const members = object.objects.flatMap((one) =>
    one.kind === 'made' && !one.open ? [...one.fields.values()].map(({ type }) => type) : [ANY],
  )
  const joined = members.length === 0 ? ANY : members.reduce(union)
  return { ...onlyWith(joined, object), absent: true, exact: false }
}

const mapped: Transfer = (call) => {
  const [list = NOTHING, callback = ANY] = call.args
  const element = present(elementOf(list))
  const result = present(elementOf(call.run(callback, [element, numberType({ integer: true }), list])))
  return { ...listType(() => result, true), absent: true, exact: false, needs: list.needs }
}

const filtered: Transfer = (call) => {
  const [list = NOTHING, callback = ANY] = call.args
  const element = present(elementOf(list))
  call.run(callback, [element, numberType({ integer: true }), list])
  return { ...listType(() => element, true), absent: true, exact: false, needs: list.needs }
}

const merged: Transfer = (call) => {
  const object = elementOf(subject(call))
  const fields = new Map(
    object.objects
      .flatMap((one) => (one.kind === 'made' ? [...one.fields] : []))
      .map(([name, field]) => [name, { ...field, type: { ...field.type, absent: true, exact: false } }]),
  )
  return objectType({ kind: 'made', fields, open: true, offset: 0, part: false })
}

const appended: Transfer = ({ args: [first = NOTHING, second = NOTHING] }) => {
  const element = present(union(elementOf(first), elementOf(second)))
  return listType(() => element, false)
}

const same: Transfer = (call) => subject(call)

const TRANSFERS: ReadonlyMap<string, Transfer> = new Map<string, Transfer>([
  ['present', presence],
  ['part', part],
  ['toCanonical', translated('toCanonical')],
  ['toPartner', translated('toPartner')],
  ['readTime', dated('2026-10-08T09:30:05+08:00')],
  ['readDate', dated('2026-10-08')],
  ['writeTime', written],
  ['writeDate', written],
  ['residentId', tidied],
  ['creditCode', tidied],
  ['mobile', tidied],
  ['region6', tidied],
  ['integer', (call) => onlyWith(numberType({ integer: true }), subject(call))],
  ['string', asText],
  ['uppercase', mappedText((text) => text.toUpperCase())],
  ['lowercase', mappedText((text) => text.toLowerCase())],
  ['trim', mappedText((text) => text.trim().replace(/\s+/g, ' '))],
  ['substringBefore', tidied],
  ['substringAfter', tidied],
  [
    'substring',
    (call) => {
      const [limit] = call.args[2]?.number?.values ?? []
      return textFrom(({ maxLength }) => {
        const length = Math.min(limit ?? Number.POSITIVE_INFINITY, maxLength ?? Number.POSITIVE_INFINITY)
        return Number.isFinite(length) ? { maxLength: length } : {}
      })(call, UNUSED)
    },
  ],
  [
    'split',
    (call) =>
      onlyWith(
        listType(() => textType(), false),
        subject(call),
      ),
  ],
  ['toMillis', toMillis],
  ['number', toNumber],
  ['lookup', lookup],
  ['map', mapped],
  ['filter', filtered],
  ['single', (call) => ({ ...elementOf(filtered(call, UNUSED)), absent: true, exact: false })],
  ['merge', merged],
  ['append', appended],
  ['reverse', same],
  ['shuffle', same],
  ['distinct', same],
  ['sort', same],
  [
    'reduce',
    (call) => {
      const [list = NOTHING, callback = ANY] = call.args
      call.run(callback, [ANY, present(elementOf(list)), numberType({ integer: true }), list])
      return ANY
    },
  ],
  [
    'exists',
    ({ args: [value = NOTHING] }) =>
      booleanType(value.absent || value.any ? [true, false] : [true], {
        whenTrue: value.needs,
        whenFalse: NO_NEEDS,
      }),
  ],
  [
    'boolean',
    (call) => {
      const { needs, facts } = subject(call)
      return {
        ...onlyWith(booleanType(), subject(call)),
        facts: facts ?? { whenTrue: needs, whenFalse: NO_NEEDS },
      }
    },
  ],
  [
    'not',
    (call) => {
      const { needs, facts } = subject(call)
      return booleanType([true, false], {
        whenTrue: facts?.whenFalse ?? NO_NEEDS,
        whenFalse: facts?.whenTrue ?? needs,
      })
    },
  ],
  ['count', () => numberType({ integer: true })],
  ['length', (call) => onlyWith(numberType({ integer: true }), subject(call))],
  ['now', () => textType()],
  ['millis', () => numberType({ integer: true })],
  ['random', () => numberType()],
  ['error', () => NOTHING],
])

/** For transfers that ask nothing of the world. */
const UNUSED: CallWorld = {
  direction: 'none',
  tables: new Map(),
  judged: () => NO_NEEDS,
  nullWords: NO_NEEDS,
  report: () => undefined,
  startOf: () => 0,
}
