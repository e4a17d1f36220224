/** Query parameters, checked: a wrong one is refused by name, never ignored. */
import type { Request } from 'express'
import { IntakeError } from '../contract/errors.ts'

function refuse(name: string, zh: string, en: string): IntakeError {
  return new IntakeError('REQUEST_PARAMETER', `${name}: ${en}`, {
    faults: [{ code: 'FIELD_VALUE', source: `?${name}`, reason: { zh, en } }],
  })
}

export function textParameter(request: Request, name: string): string | undefined {
  const value = request.query[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > 200)
    throw refuse(name, '应为一个 1–200 字符的值', 'give one value of 1 to 200 characters')
  return value
}

export function integerParameter(
  request: Request,
  name: string,
  range: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = textParameter(request, name)
  if (text === undefined) return range.otherwise
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < range.least || value > range.most) {
    throw refuse(
      name,
      `应为 ${range.least}–${range.most} 的整数`,
      `give a whole number from ${range.least} to ${range.most}`,
    )
  }
  return value
}

export function choiceParameter<Choice extends string>(
  request: Request,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = textParameter(request, name)
  if (value === undefined || (choices as readonly string[]).includes(value))
    return value as Choice | undefined
  throw refuse(name, `应为：${choices.join('、')}`, `give one of: ${choices.join(', ')}`)
}
