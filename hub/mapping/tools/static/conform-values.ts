/** Scalars and lists against the schema of the place that they go to. */
import { FORMATS } from '../../../canonical/formats.ts'
import type { Remark } from './finding.ts'
import type { JsonSchema } from './schema-tree.ts'
import { kindsOf } from './schema-tree.ts'
import { DATE_SAMPLES } from './schema-type.ts'
import { similarTo } from './suggestion.ts'
import { lengthOf, type NumberType, type TextType, type Type } from './value-type.ts'

/** Undefined where the text fits, or where too little is known to say. */
export function unfitText(
  text: TextType,
  node: JsonSchema,
  path: string,
  { source }: Type,
  direction: 'in' | 'out',
): Remark | undefined {
  const allowed = kindsOf(node)
  if (allowed !== undefined && !allowed.has('string')) return undefined
  const listed = node.const === undefined ? node.enum : [node.const]
  if (listed !== undefined) return unlisted(text, listed, path, source, direction)
  const values = [...(text.values ?? [])]
  const { maxLength, pattern } = node
  if (maxLength !== undefined) {
    const long = values.filter((value) => lengthOf(value) > maxLength)
    if (long.length > 0) return tooLong(path, maxLength, Math.max(...long.map(lengthOf)), source, 'error')
    if (text.values === undefined && text.maxLength !== undefined && text.maxLength > maxLength)
      return tooLong(path, maxLength, text.maxLength, source, 'warning')
  }
  if (pattern !== undefined) {
    const form = new RegExp(pattern, 'u')
    const examples = text.values === undefined ? [text.sample].filter((one) => one !== undefined) : values
    const wrong = examples.find((value) => !form.test(value))
    if (wrong !== undefined) return wrongForm(path, pattern, wrong)
  }
  if (node.format !== undefined && DATE_SAMPLES[node.format] !== undefined) {
    const example = text.sample ?? values[0]
    if (example === undefined) return source === undefined ? undefined : rawDate(path, source)
    const fault = FORMATS[node.format]?.(example)
    if (fault !== undefined) return wrongForm(path, node.format, example)
  }
  return undefined
}

function unlisted(
  text: TextType,
  listed: readonly unknown[],
  path: string,
  source: string | undefined,
  direction: 'in' | 'out',
): Remark | undefined {
  if (text.values === undefined) {
    // Coming in, the canonical schema refuses the odd value and names the sender's field.
    if (direction === 'in') return undefined
    return {
      rule: 'TARGET_ENUM',
      severity: 'warning',
      reason: {
        zh: `${path} 只收 ${listOf(listed)}，${source ?? '该值'}可以是任何文本`,
        en: `${path} takes ${listOf(listed)} only; ${source ?? 'the value'} can be any text`,
      },
      remedy: { zh: '用代码表 $toPartner(…) 转换', en: 'Translate it by a code table with $toPartner(…)' },
    }
  }
  const odd = [...text.values].filter((value) => !listed.includes(value))
  const [first] = odd
  if (first === undefined) return undefined
  const suggestion = similarTo(
    first,
    listed.filter((value) => typeof value === 'string'),
  )
  return {
    rule: 'TARGET_ENUM',
    severity: 'error',
    reason: {
      zh: `${path} 只收 ${listOf(listed)}，不收 ${listOf(odd)}`,
      en: `${path} takes ${listOf(listed)}, not ${listOf(odd)}`,
    },
    remedy: {
      zh: suggestion === undefined ? '改用目标模式列出的值' : `是否应为「${suggestion}」？`,
      en: suggestion === undefined ? 'Use a value that the target lists' : `Did you mean "${suggestion}"?`,
    },
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

function listOf(values: readonly unknown[]): string {
  const shown = values.slice(0, 12).map((value) => JSON.stringify(value))
  return shown.join(', ') + (values.length > shown.length ? ' …' : '')
}

function tooLong(
  path: string,
  maxLength: number,
  length: number,
  source: string | undefined,
  severity: 'error' | 'warning',
): Remark {
  return {
    rule: 'TARGET_LENGTH',
    severity,
    reason: {
      zh: `${path} 最长 ${maxLength} 字，${source ?? '该值'}可长达 ${length} 字`,
      en: `${path} takes ${maxLength} characters; ${source ?? 'the value'} can have ${length}`,
    },
    remedy: {
      zh: '换一个来源，与对方商定加长，或说明为何可以（lint-ok）；不要截断',
      en: 'Take another source, agree on a longer field, or say why it is fine (lint-ok); never cut it off',
    },
  }
}

function wrongForm(path: string, pattern: string, example: string): Remark {
  return {
    rule: 'TARGET_PATTERN',
    severity: 'error',
    reason: {
      zh: `${path} 的形式应为 ${pattern}，「${example}」不符`,
      en: `${path} has the form ${pattern}, which "${example}" has not`,
    },
    remedy: { zh: '改正值或日期形式', en: 'Correct the value, or the date shape' },
  }
}

function rawDate(path: string, source: string): Remark {
  return {
    rule: 'TARGET_FORMAT',
    severity: 'warning',
    reason: {
      zh: `${path} 是日期，${source} 原样抄来，形式和真伪都没有查过`,
      en: `${path} is a date; ${source} is copied as it stands, whatever its form`,
    },
    remedy: {
      zh: '用 $readTime(值, "形式") 或 $readDate 读入',
      en: 'Read it with $readTime(value, "shape") or $readDate',
    },
  }
}

/** Undefined where the number fits, or where too little is known to say. */
export function unfitNumber(number: NumberType, node: JsonSchema, path: string): Remark | undefined {
  const allowed = kindsOf(node)
  const whole = allowed?.has('integer') === true && !allowed.has('number')
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = node
  const values = [...(number.values ?? [])]
  const wrong = values.find(
    (value) => value < minimum || value > maximum || (whole && !Number.isInteger(value)),
  )
  if (wrong === undefined && !(whole && number.integer === false)) return undefined
  const got = wrong ?? '1.5'
  return {
    rule: 'TARGET_TYPE',
    severity: wrong === undefined ? 'warning' : 'error',
    reason: {
      zh: `${path} 收${whole ? '整数' : '数'} ${rangeOf(minimum, maximum)}，不收 ${got}`,
      en: `${path} takes ${whole ? 'whole numbers' : 'numbers'} ${rangeOf(minimum, maximum)}, not ${got}`,
    },
    remedy: { zh: '改正值', en: 'Correct the value' },
  }
}

function rangeOf(minimum: number, maximum: number): string {
  return Number.isFinite(minimum) || Number.isFinite(maximum) ? `${minimum}…${maximum}` : ''
}

/** How a list does not fit its place. */
export type ListFault = 'single' | 'several' | 'vanishes'

/** A path result at a place for a list (`single`, `vanishes`), or at a place for one value (`several`). */
export function unfitList(path: string, how: ListFault): Remark {
  const { severity, reason, remedy } = LIST_WORDS[how]
  return {
    rule: 'SINGLETON',
    severity,
    reason: { zh: `${path} ${reason.zh}`, en: `${path} ${reason.en}` },
    remedy,
  }
}

const BRACKETS = {
  zh: '写成 […]：把整个表达式放进方括号',
  en: 'Put the whole expression into square brackets: […]',
}

const LIST_WORDS: Readonly<Record<ListFault, Omit<Remark, 'rule'>>> = {
  single: {
    severity: 'error',
    reason: {
      zh: '应为数组：路径的结果只有一项时不是数组，没有时整个消失',
      en: "takes an array: a path's result of one is no array, and of none it vanishes",
    },
    remedy: BRACKETS,
  },
  vanishes: {
    severity: 'warning',
    reason: {
      zh: '应为数组：来源没有项时，x[] 整个消失，不是空数组',
      en: 'takes an array: where there is nothing, x[] vanishes instead of being empty',
    },
    remedy: BRACKETS,
  },
  several: {
    severity: 'warning',
    reason: {
      zh: '只收一个值，路径的结果有多项时是数组',
      en: "takes one value; a path's result of several is an array",
    },
    remedy: {
      zh: '用 [0] 取一项，或用 $join(…) 合并',
      en: 'Take one with [0], or put them together with $join(…)',
    },
  },
}
