/**
 * Made-up canonical messages that keep to the schemas: for round trips and for what no hand-written case shows. All
 * personal data is synthetic; numbers have right check digits.
 */
import { creditCodeCheck } from '../canonical/credit-code.ts'
import { residentIdCheck } from '../canonical/resident-id.ts'
import { beijingTime } from '../contract/clock.ts'
import type { Message, MessageType } from '../contract/message.ts'
import type { CanonicalSchemas } from './canonical-schemas.ts'

/** Uniform in [0, 1). */
export type Random = () => number

interface Node {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Node>>
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Node | false>>
  readonly items?: Node
  readonly allOf?: readonly Node[]
  readonly anyOf?: readonly Node[]
  readonly if?: Node
  readonly then?: Node
}

const TEXTS = [
  '测试甲',
  '测试乙有限公司',
  '扫描件不清晰，请重新扫描',
  'TEST-0001',
  '〔2026〕3号',
  'A;B',
  '引号"与\\斜线',
  '𠮷测试',
  '第一行\n第二行',
]
/** Texts for each pattern that the canonical schemas use. */
const PATTERN_SAMPLES: Readonly<Record<string, readonly string[]>> = {
  '^[0-9]{6}$': ['450000', '456400'],
  '^[0-9]{4}-(0[1-9]|1[0-2])$': ['2026-09'],
  '^[0-9a-f]{64}$': ['66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
  '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$': ['01993a1e-7c00-7abc-8def-0123456789ab'],
  '^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$': ['application/pdf', 'application/ofd', 'image/jpeg'],
  '^[a-z][a-z0-9-]{0,39}$': ['renewal'],
  '^[a-z][a-z0-9-]{0,59}$': ['case-accepted'],
  '^[a-z][a-z0-9-]{1,39}$': ['city-411300'],
  '^[A-Z][A-Z0-9_]{1,59}$': ['MESSAGE_NOT_VALID'],
  '^T[1-9][a-z]?$': ['T1', 'T3b'],
}

const START_MS = Date.UTC(2026, 0, 1)
const YEAR_MS = 365 * 86_400_000

/** A message of that type. The same sequence of random numbers gives the same message. */
export function sampleMessage(type: MessageType, schemas: CanonicalSchemas, random: Random): Message {
  const schema = schemas.get(type) as Node & { readonly $id: string }
  const data = objectOf(schema, schemas, random)
  return {
    specversion: '1.0',
    id: '01993a1e-7c00-7abc-8def-0123456789ab',
    source: '/systems/city-411300',
    type,
    subject: '41130020260930000017',
    time: timeAt(random),
    datacontenttype: 'application/json',
    dataschema: schema.$id,
    data,
    sequence: 1 + Math.floor(random() * 9),
    recordedat: beijingTime(START_MS + YEAR_MS),
  } as unknown as Message
}

function sampleOf(node: Node, schemas: CanonicalSchemas, random: Random): unknown {
  const resolved = resolve(node, schemas)
  if (resolved.const !== undefined) return resolved.const
  if (resolved.enum !== undefined) return pick(resolved.enum, random)
  switch (resolved.type) {
    case 'object':
      return resolved.properties === undefined
        ? { 项目: pick(TEXTS, random), 数量: 3 }
        : objectOf(resolved, schemas, random)
    case 'array': {
      const length = (resolved.minItems ?? 0) + Math.floor(random() * 3)
      return Array.from({ length }, () => sampleOf(resolved.items ?? {}, schemas, random))
    }
    case 'integer': {
      const least = resolved.minimum ?? 0
      return least + Math.floor(random() * Math.min(50, (resolved.maximum ?? 50) - least))
    }
    case 'boolean':
      return random() < 0.5
    case 'string':
      return textOf(resolved, random)
    default:
      throw new Error(`No sample for ${JSON.stringify(resolved)}.`)
  }
}

function objectOf(node: Node, schemas: CanonicalSchemas, random: Random): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  // Of several sets of required members one is enough.
  const chosen = node.anyOf === undefined ? [] : (pick(node.anyOf, random).required ?? [])
  const required = new Set([...(node.required ?? []), ...chosen])
  for (const [name, member] of Object.entries(node.properties ?? {})) {
    if (member !== false && (required.has(name) || random() < 0.6))
      made[name] = sampleOf(member, schemas, random)
  }
  for (const rule of [node, ...(node.allOf ?? [])]) {
    if (rule.if === undefined || rule.then === undefined || !holds(rule.if, made)) continue
    for (const [name, member] of Object.entries(rule.then.properties ?? {})) {
      if (member === false) delete made[name]
      else if (Object.hasOwn(made, name))
        made[name] = sampleOf({ type: 'string', ...member }, schemas, random)
    }
  }
  return made
}

/** Conditions in the canonical schemas compare members with constants. */
function holds({ properties = {}, required = [] }: Node, value: Readonly<Record<string, unknown>>): boolean {
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(properties).every(([name, member]) => member !== false && value[name] === member.const)
  )
}

function textOf({ format, pattern, maxLength = 100 }: Node, random: Random): string {
  if (format !== undefined) return formatted(format, random)
  if (pattern === undefined || pattern === '\\S') return pick(TEXTS, random).slice(0, maxLength)
  const samples = PATTERN_SAMPLES[pattern]
  if (samples === undefined) throw new Error(`No sample for the pattern ${pattern}.`)
  return pick(samples, random)
}

function formatted(format: string, random: Random): string {
  switch (format) {
    case 'beijing-date-time':
      return timeAt(random)
    case 'calendar-date':
      return timeAt(random).slice(0, 10)
    case 'resident-id': {
      const seventeen = `4101011990${pick(['01', '06', '12'], random)}01${digits(3, random)}`
      return seventeen + residentIdCheck(seventeen)
    }
    case 'credit-code': {
      const seventeen = `91410100MA9T${digits(5, random)}`
      return seventeen + creditCodeCheck(seventeen)
    }
    case 'region-code':
      return pick(['411300', '410526', '419001', '410000'], random)
    case 'mobile':
      return `138${digits(8, random)}`
    case 'phone':
      return `0371-${6 + Math.floor(random() * 3)}${digits(7, random)}`
    case 'item-task-code':
      return '1141000000000901362410190001000'
    case 'item-handle-code':
      return '114100000000090136241019000100001'
    case 'item-catalog-code':
      return '410190001000'
    default:
      throw new Error(`No sample for the format ${format}.`)
  }
}

/** Whole seconds: no partner's shape but the epoch carries fractions. */
function timeAt(random: Random): string {
  return beijingTime(START_MS + Math.floor((random() * YEAR_MS) / 1000) * 1000)
}

function digits(count: number, random: Random): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
}

function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)] as Value
}

function resolve(node: Node, schemas: CanonicalSchemas): Node {
  if (node.$ref === undefined) return node
  const [, name = '', definition = ''] =
    /^urn:hub:canonical:([a-z.]+):\d+#\/\$defs\/(\w+)$/.exec(node.$ref) ?? []
  const target = (schemas.get(name) as Node | undefined)?.$defs?.[definition]
  if (target === undefined) throw new Error(`${node.$ref} leads nowhere.`)
  return resolve(target, schemas)
}
