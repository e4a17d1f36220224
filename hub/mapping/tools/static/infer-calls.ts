/** Types of calls to functions of the language. What is not listed is taken by its signature. */
import { BUILTINS } from '../../engine/builtins/registry.ts'
import { checkArguments } from './arguments.ts'
import { type Call, type CallWorld, subject, type Transfer, textFrom, tidied } from './call.ts'
import type { Remark, Words } from './finding.ts'
import { HUB_TRANSFERS } from './infer-hub-calls.ts'
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
  type Type,
  textType,
  union,
} from './value-type.ts'

export function callType(call: Call, world: CallWorld): Type {
  const { name } = call
  checkArguments(call, (remark, node) => world.report(remark, node))
  const transfer = TRANSFERS.get(name)
  if (transfer !== undefined) return transfer(call, world)
  const signature = BUILTINS.get(name)?.signature ?? ''
  return onlyWith(returned(signature), subject(call))
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

function mappedText(convert: (text: string) => string): Transfer {
  return textFrom(({ maxLength, values }) => ({
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(values === undefined ? {} : { values: new Set([...values].map(convert)) }),
  }))
}

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
  ...HUB_TRANSFERS,
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
        listType(() => textType(), false, true),
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
      return SOMETHING
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
