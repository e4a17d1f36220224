/** The string formats of the canonical schemas: what each refuses, and in which words. */
import type { ProblemCode } from '../contract/problems.ts'
import { epochOfBeijing, FIRST_YEAR, isCalendarDate, LAST_YEAR } from './calendar-date.ts'
import { creditCodeFault } from './credit-code.ts'
import { ITEM_CODE_LENGTH, type ItemCodeKind, itemCodeFault } from './item-code.ts'
import { type ResidentIdFault, residentIdFault } from './resident-id.ts'

/** What is wrong with a value and what would be right; ends a sentence that begins with the field's name. Never the value. */
export interface FormatFault {
  readonly code: ProblemCode
  readonly zh: string
  readonly en: string
}

export type Format = (text: string) => FormatFault | undefined

const residentIdWords: Readonly<Record<ResidentIdFault, { readonly zh: string; readonly en: string }>> = {
  form: {
    zh: '应为 18 位身份号码：17 位数字加校验码',
    en: 'must have 18 characters: 17 digits and a check character',
  },
  region: { zh: '的前两位不是任何省级行政区划', en: 'begins with two digits that no province has' },
  date: { zh: '中的出生日期不存在', en: 'contains a day of birth that does not exist' },
  check: { zh: '的校验码与前 17 位不符', en: 'has a check character that does not fit its first 17 digits' },
  'not-canonical': {
    zh: '号码正确但写法不符：须换算为 18 位，末位大写 X',
    en: 'is right but not in canonical form: 18 characters, a capital X at the end',
  },
}

function residentId(text: string): FormatFault | undefined {
  const fault = residentIdFault(text)
  return fault && { code: 'RESIDENT_ID_INVALID', ...residentIdWords[fault] }
}

function creditCode(text: string): FormatFault | undefined {
  switch (creditCodeFault(text)) {
    case undefined:
      return undefined
    case 'form':
      return {
        code: 'CREDIT_CODE_INVALID',
        zh: '应为 18 位统一社会信用代码：数字和大写字母（不用 I、O、S、V、Z），第 3 至 8 位为数字',
        en: 'must be a unified social credit code: 18 digits and capital letters (no I, O, S, V, Z), digits in places 3 to 8',
      }
    case 'check':
      return {
        code: 'CREDIT_CODE_INVALID',
        zh: '的校验码与前 17 位不符',
        en: 'has a check character that does not fit its first 17 characters',
      }
  }
}

function itemCode(kind: ItemCodeKind, layout: { readonly zh: string; readonly en: string }): Format {
  const length = ITEM_CODE_LENGTH[kind]
  return (text) => {
    switch (itemCodeFault(text, kind)) {
      case undefined:
        return undefined
      case 'form':
        return {
          code: 'FIELD_FORMAT',
          zh: `应为 ${length} 位：${layout.zh}`,
          en: `must have ${length} characters: ${layout.en}`,
        }
      case 'credit-code':
        return {
          code: 'CREDIT_CODE_INVALID',
          zh: '前 18 位（实施主体统一社会信用代码）校验不通过',
          en: 'begins with a unified social credit code of the implementing body that fails its check',
        }
    }
  }
}

function form(pattern: RegExp, zh: string, en: string): Format {
  const fault: FormatFault = { code: 'FIELD_FORMAT', zh, en }
  return (text) => (pattern.test(text) ? undefined : fault)
}

function dated(isRight: (text: string) => boolean, zh: string, en: string): Format {
  const years = { zh: `${FIRST_YEAR} 至 ${LAST_YEAR} 年`, en: `years ${FIRST_YEAR} to ${LAST_YEAR}` }
  const fault: FormatFault = { code: 'DATE_INVALID', zh: `${zh}（${years.zh}）`, en: `${en} (${years.en})` }
  return (text) => (isRight(text) ? undefined : fault)
}

/** All formats by the name that the schemas use. */
export const FORMATS: Readonly<Record<string, Format>> = {
  'resident-id': residentId,
  'credit-code': creditCode,
  'item-catalog-code': itemCode('catalog', {
    zh: '适用范围 2 位、事项类型 2 位、主项 5 位、子项 3 位',
    en: 'scope 2, kind 2, main item 5, sub-item 3',
  }),
  'item-task-code': itemCode('task', {
    zh: '统一社会信用代码 18 位、层级 1 位、基本编码 12 位',
    en: 'credit code 18, level 1, catalogue code 12',
  }),
  'item-handle-code': itemCode('handle', {
    zh: '实施编码 31 位、序号 2 位',
    en: 'implementing code 31, sequence 2',
  }),
  'calendar-date': dated(
    isCalendarDate,
    '应为真实存在的日期，形如 2026-09-30',
    'must be a day that exists, such as 2026-09-30',
  ),
  'beijing-date-time': dated(
    (text) => epochOfBeijing(text) !== undefined,
    '应为真实存在的北京时间，形如 2026-09-30T10:12:05+08:00',
    'must be a Beijing time that exists, such as 2026-09-30T10:12:05+08:00',
  ),
  'region-code': form(
    /^[1-9]\d{5}$/,
    '应为 6 位行政区划代码（12 位代码取前 6 位）',
    'must be a region code of 6 digits (of a 12-digit code, the first 6)',
  ),
  mobile: form(
    /^1[3-9]\d{9}$/,
    '应为 11 位手机号码，不带 +86 和空格',
    'must be a mobile number of 11 digits, without +86 and spaces',
  ),
  phone: form(
    /^(?:(?:0\d{2,3}-?)?\d{7,8}(?:-\d{1,6})?|1[3-9]\d{9}|[48]00-?\d{3}-?\d{4}|\d{5})$/,
    '应为电话号码，形如 0371-65500000、0371-65500000-801 或 12345',
    'must be a telephone number, such as 0371-65500000, 0371-65500000-801 or 12345',
  ),
}
