/** Turns what the schema compiler says into faults that the sender's developer can act on: one for each thing wrong. */
import type { ErrorObject } from 'ajv'
import type { Fault } from '../contract/errors.ts'
import type { ProblemCode } from '../contract/problems.ts'
import { bilingual, type Field, fieldAt, nearestField, type Words } from './field-tree.ts'
import { FORMATS } from './formats.ts'
import type { Schema } from './schema-files.ts'

/** The error as it comes from a compiler run with `verbose`. */
type SchemaError = ErrorObject<string, Record<string, unknown>, unknown>

interface Judgement {
  readonly code: ProblemCode
  readonly pointer: string
  /** Ends the sentence that begins with the field's label. */
  readonly zh: string
  readonly en: string
  /** Whether what the schema adds to the label belongs to the reason. */
  readonly withNote?: boolean
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Where several keywords refuse one value, the earliest of these says it best. */
const precedence = ['type', 'enum', 'const', 'minLength', 'pattern', 'format', 'maxLength']

/**
 * The faults of the errors, in their order. Errors that only wrap others are dropped, and a value is faulted once.
 * Reasons and facts never hold a value of the message.
 */
export function faultsOf(errors: readonly SchemaError[], root: Field): readonly Fault[] {
  const wrappers = errors.filter((error) => error.keyword === 'anyOf')
  const isWrapped = (error: SchemaError) =>
    wrappers.some(
      (wrapper) =>
        error.instancePath === wrapper.instancePath && error.schemaPath.startsWith(`${wrapper.schemaPath}/`),
    )
  const best = new Map<string, SchemaError>()
  for (const error of errors) {
    if (error.keyword === 'if' || isWrapped(error)) continue
    const rank = precedence.indexOf(error.keyword)
    // Required and unknown properties are reported at their object, many of them side by side.
    const key = rank < 0 ? `${error.instancePath} ${JSON.stringify(error.params)}` : error.instancePath
    const known = best.get(key)
    if (known === undefined || precedence.indexOf(known.keyword) > rank) best.set(key, error)
  }
  return [...best.values()].map((error) => toFault(judge(error, root), root))
}

function toFault(judgement: Judgement, root: Field): Fault {
  const field = nearestField(root, judgement.pointer)
  const label = field.label
  const note = judgement.withNote ? field.note : undefined
  return {
    code: judgement.code,
    pointer: judgement.pointer,
    reason: {
      zh: `“${label.zh}”${judgement.zh}${note ? `（${note.zh}）` : ''}。`,
      en: `“${label.en}” ${judgement.en}${note ? ` (${note.en})` : ''}.`,
    },
    ...(judgement.facts && { facts: judgement.facts }),
  }
}

function judge(error: SchemaError, root: Field): Judgement {
  const { keyword, params, instancePath: pointer, data } = error
  switch (keyword) {
    case 'required': {
      const missing = `${pointer}/${params.missingProperty as string}`
      return {
        code: 'FIELD_REQUIRED',
        pointer: missing,
        zh: '为必填项，未填写',
        en: 'is required, but missing',
        withNote: true,
      }
    }
    case 'anyOf':
      return noneOf(error, root)
    case 'additionalProperties':
      return unknownField(error, root)
    case 'false schema':
      return { code: 'FIELD_VALUE', pointer, zh: '此时不应填写', en: 'must be left out here', withNote: true }
    case 'type':
      return wrongType(pointer, params.type as string, data)
    case 'enum':
    case 'const':
      return notAllowed(pointer, (params.allowedValues ?? [params.allowedValue]) as readonly string[], error)
    case 'minLength':
      return blank(pointer)
    case 'maxLength':
      return tooMany(pointer, '个字符', 'characters', params.limit as number, [...(data as string)].length)
    case 'maxItems':
      return tooMany(pointer, '项', 'elements', params.limit as number, (data as readonly unknown[]).length)
    case 'maxProperties':
      return tooMany(pointer, '个字段', 'fields', params.limit as number, Object.keys(data as object).length)
    case 'minItems':
      return {
        code: 'FIELD_LENGTH',
        pointer,
        zh: `至少需要 ${params.limit} 项`,
        en: `needs at least ${params.limit} and has ${(data as readonly unknown[]).length}`,
        facts: { minimum: params.limit, actual: (data as readonly unknown[]).length },
      }
    case 'minimum':
    case 'maximum':
      return outOfRange(
        pointer,
        error.parentSchema as { readonly minimum?: number; readonly maximum?: number },
      )
    case 'pattern':
      return wrongPattern(pointer, error.parentSchema as Schema)
    case 'format':
      return wrongFormat(pointer, params.format as string, data as string)
    default:
      throw new Error(`The canonical schemas use ${keyword}, for which no fault is worded.`)
  }
}

function noneOf(error: SchemaError, root: Field): Judgement {
  const names = (error.schema as readonly Schema[]).flatMap((choice) => choice.required ?? [])
  const labels = names.map(
    (name) => fieldAt(root, `${error.instancePath}/${name}`)?.label ?? { zh: name, en: name },
  )
  return {
    code: 'FIELD_REQUIRED',
    pointer: `${error.instancePath}/${names[0]}`,
    zh: `未填写：${labels.map(({ zh }) => zh).join('、')}至少需要一个`,
    en: `is missing; at least one is needed of ${labels.map(({ en }) => en).join(', ')}`,
    facts: { anyOf: names },
  }
}

function unknownField(error: SchemaError, root: Field): Judgement {
  const name = error.params.additionalProperty as string
  const allowed = [...(fieldAt(root, error.instancePath)?.properties.keys() ?? [])]
  // A name that is itself a kilobyte of somebody's text helps nobody: then the object is named.
  const isName = name.length <= 60
  return {
    code: 'FIELD_UNKNOWN',
    pointer: isName
      ? `${error.instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      : error.instancePath,
    zh: `中没有字段 ${isName ? JSON.stringify(name) : '（名称过长）'}`,
    en: `has no field ${isName ? JSON.stringify(name) : 'of a name that long'}`,
    facts: { allowed },
  }
}

const typeWords: Readonly<Record<string, Words>> = {
  string: { zh: '字符串', en: 'text' },
  integer: { zh: '整数', en: 'a whole number' },
  number: { zh: '数字', en: 'a number' },
  boolean: { zh: '布尔值', en: 'true or false' },
  array: { zh: '数组', en: 'an array' },
  object: { zh: '对象', en: 'an object' },
}

function wrongType(pointer: string, expected: string, data: unknown): Judgement {
  const actual = data === null ? 'null' : Array.isArray(data) ? 'array' : typeof data
  const wanted = typeWords[expected] as Words
  const facts = { expected, actual }
  if (data === null) {
    return {
      code: 'FIELD_TYPE',
      pointer,
      zh: `应为${wanted.zh}，不能为 null；没有值时不要填写`,
      en: `must be ${wanted.en}, not null; leave it out where there is no value`,
      facts,
    }
  }
  const found = typeWords[actual]
  return {
    code: 'FIELD_TYPE',
    pointer,
    zh: `应为${wanted.zh}${found && found !== wanted ? `，不能是${found.zh}` : ''}`,
    en: `must be ${wanted.en}${found && found !== wanted ? `, not ${found.en}` : ''}`,
    facts,
  }
}

function notAllowed(pointer: string, allowed: readonly string[], error: SchemaError): Judgement {
  const meanings = (error.parentSchema as Schema)['x-values']
  const list = allowed.map((value) => ({
    value,
    meaning: meanings?.[value] === undefined ? undefined : bilingual(meanings[value]),
  }))
  return {
    code: 'FIELD_VALUE',
    pointer,
    zh: `的取值不在允许范围，可用：${list.map(({ value, meaning }) => (meaning ? `${value} ${meaning.zh}` : value)).join('、')}`,
    en: `has a value that is not allowed; allowed: ${list.map(({ value, meaning }) => (meaning ? `${value} (${meaning.en})` : value)).join(', ')}`,
    facts: { allowed },
  }
}

function blank(pointer: string): Judgement {
  return { code: 'FIELD_LENGTH', pointer, zh: '不能为空', en: 'must not be empty', facts: { minimum: 1 } }
}

function tooMany(pointer: string, zh: string, en: string, maximum: number, actual: number): Judgement {
  return {
    code: 'FIELD_LENGTH',
    pointer,
    zh: `最多 ${maximum} ${zh}，现有 ${actual} ${zh}`,
    en: `may have at most ${maximum} ${en} and has ${actual}`,
    facts: { maximum, actual },
  }
}

function outOfRange(
  pointer: string,
  { minimum, maximum }: { readonly minimum?: number; readonly maximum?: number },
): Judgement {
  return {
    code: 'FIELD_VALUE',
    pointer,
    zh: `应在 ${minimum} 到 ${maximum} 之间`,
    en: `must be between ${minimum} and ${maximum}`,
    facts: { minimum, maximum },
  }
}

function wrongPattern(pointer: string, schema: Schema): Judgement {
  const form = schema['x-form']
  if (form === undefined) return blank(pointer)
  const words = bilingual(form)
  return {
    code: 'FIELD_FORMAT',
    pointer,
    zh: `格式不符，应为：${words.zh}`,
    en: `must be ${words.en}`,
    facts: { pattern: schema.pattern },
  }
}

function wrongFormat(pointer: string, format: string, text: string): Judgement {
  const fault = FORMATS[format]?.(text)
  if (fault === undefined) throw new Error(`Format ${format} refuses a value and cannot say why.`)
  return { ...fault, pointer, facts: { format } }
}
