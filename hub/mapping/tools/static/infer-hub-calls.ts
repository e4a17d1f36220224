/** Types of calls to the hub's own functions (hub/mapping/functions). */
import { isTimeShape, writeTime } from '../../time-shape.ts'
import { subject, type Transfer, tidied } from './call.ts'
import type { Remark } from './finding.ts'
import { SAMPLE_DAY, SAMPLE_TIME } from './schema-type.ts'
import {
  kindsOfType,
  lengthOf,
  NO_NEEDS,
  NOTHING,
  numberType,
  onlyWith,
  SOMETHING,
  type Type,
  textType,
} from './value-type.ts'

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

function dated(sample: string): Transfer {
  return (call) => onlyWith(textType({ sample, maxLength: sample.length }), subject(call))
}

const written: Transfer = (call) => {
  const [shape] = call.args[1]?.text?.values ?? []
  const sample = isTimeShape(shape) ? writeTime(SAMPLE_TIME, shape) : undefined
  const type =
    typeof sample === 'string'
      ? textType({ sample, maxLength: sample.length })
      : sample === undefined
        ? SOMETHING
        : numberType({ integer: true })
  return onlyWith(type, subject(call))
}

export const HUB_TRANSFERS: ReadonlyMap<string, Transfer> = new Map<string, Transfer>([
  ['present', presence],
  ['part', part],
  ['toCanonical', translated('toCanonical')],
  ['toPartner', translated('toPartner')],
  ['readTime', dated(SAMPLE_TIME)],
  ['readDate', dated(SAMPLE_DAY)],
  ['writeTime', written],
  ['writeDate', written],
  ['residentId', tidied],
  ['creditCode', tidied],
  ['mobile', tidied],
  ['region6', tidied],
  // An address or a content is there for files of the hub only.
  [
    'fileUrl',
    (call) => ({ ...onlyWith(textType({ maxLength: 2000 }), subject(call)), absent: true, exact: false }),
  ],
  ['fileBase64', (call) => ({ ...onlyWith(textType({}), subject(call)), absent: true, exact: false })],
  ['integer', (call) => onlyWith(numberType({ integer: true }), subject(call))],
])
