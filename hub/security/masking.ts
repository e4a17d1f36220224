/**
 * Personal data made unreadable for lists, logs, exports and dead letters (个人信息保护法 art. 51; the shapes follow the
 * usual local standards, DB34/T 4631.2-2023 for phones). Masking cannot be undone; when in doubt it hides more.
 */
import type { PersonalField } from '../canonical/field-tree.ts'

export type MaskedKind = 'id' | 'name' | 'phone' | 'address'

/** What stands for a value of which nothing may be seen, its length included. */
const HIDDEN = '***'

/**
 * The masked text. Length counts characters as people see code points, so that a rare surname stays whole.
 *
 *     maskValue('id', '410101190001010015')               // 410***********0015
 *     maskValue('name', '测试甲')                           // 测*
 *     maskValue('phone', '13800000001')                   // 138****0001
 *     maskValue('address', '河南省郑州市金水区测试路1号')     // 河南省郑州市金水区***
 */
export function maskValue(kind: MaskedKind, value: string): string {
  switch (kind) {
    case 'id':
      return maskId(value)
    case 'name':
      return `${Array.from(value.trim())[1] === undefined ? '' : Array.from(value.trim())[0]}*`
    case 'phone':
      return maskPhone(value)
    case 'address':
      return maskAddress(value)
  }
}

/**
 * A copy of `document` with its personal fields masked; the original is untouched and shares what was not masked. A
 * field whose `unless` holds stays readable: the name of a company. What is not a text where a text belongs is hidden
 * whole; absent and `null` stay.
 */
export function maskDocument(document: unknown, fields: readonly PersonalField[]): unknown {
  return fields.reduce(
    (masked, field) => maskAt(masked, field.pointer.split('/').slice(1), field, undefined),
    document,
  )
}

function maskAt(
  value: unknown,
  segments: readonly string[],
  field: PersonalField,
  parent: Readonly<Record<string, unknown>> | undefined,
): unknown {
  if (value === undefined || value === null) return value
  const [segment, ...rest] = segments
  if (segment === undefined) {
    if (field.unless !== undefined && parent !== undefined && isExcepted(parent, field.unless)) return value
    return typeof value === 'string' && field.kind !== 'form' ? maskValue(field.kind, value) : HIDDEN
  }
  if (Array.isArray(value)) {
    return segment === '*' ? value.map((element) => maskAt(element, rest, field, undefined)) : value
  }
  if (typeof value !== 'object') return value
  const record = value as Readonly<Record<string, unknown>>
  const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
  if (!Object.hasOwn(record, key)) return value
  return { ...record, [key]: maskAt(record[key], rest, field, record) }
}

function isExcepted(
  parent: Readonly<Record<string, unknown>>,
  { sibling, values }: NonNullable<PersonalField['unless']>,
): boolean {
  const value = Object.hasOwn(parent, sibling) ? parent[sibling] : undefined
  return typeof value === 'string' && values.includes(value)
}

/** First 3 and last 4 of a resident id, old or new; of a shorter number a quarter at each end. */
function maskId(value: string): string {
  const characters = Array.from(value.trim())
  const quarter = Math.floor(characters.length / 4)
  return characters.length >= 15
    ? masked(characters, 3, 4)
    : masked(characters, Math.min(quarter, 3), Math.min(quarter, 4))
}

/** First 3 and last 4 of a mobile or long-distance number, the last 4 of a local one, nothing of a short one. */
function maskPhone(value: string): string {
  const characters = Array.from(value.trim())
  if (characters.length >= 11) return masked(characters, 3, 4)
  return masked(characters, 0, characters.length >= 8 ? 4 : 0)
}

function masked(characters: readonly string[], head: number, tail: number): string {
  const hidden = characters.length - head - tail
  return [...characters.slice(0, head), '*'.repeat(hidden), ...characters.slice(head + hidden)].join('')
}

/**
 * Province, prefecture and county as they stand at the start. A name of a division holds no character that ends the name
 * of a road, a house or an estate, so that `花园路市场` or `阳光小区` is not taken for one.
 */
const DIVISIONS = new RegExp(
  [
    '^(?:[\\p{Script=Han}--[路街巷弄号楼栋村]]{2,8}?(?:省|自治区|特别行政区))?',
    '(?:[\\p{Script=Han}--[路街巷弄号楼栋村]]{1,10}?(?:市|自治州|地区|盟))?',
    '(?:[\\p{Script=Han}--[路街巷弄号楼栋村]]{1,10}?(?:县|(?<![小社园校库住片])区|市|旗))?',
  ].join(''),
  'v',
)

function maskAddress(value: string): string {
  const text = value.trim()
  const divisions = DIVISIONS.exec(text)?.[0] ?? ''
  return divisions === text ? text : `${divisions}${HIDDEN}`
}
