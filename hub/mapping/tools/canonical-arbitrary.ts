/**
 * Arbitrary canonical messages, built from the schemas in schemas/canonical/: every value of a list, texts of one
 * character and of the longest permitted, numbers with right check digits. All of it is made up. fast-check is a
 * development dependency, so it is loaded when it is asked for.
 */
import type { Arbitrary } from 'fast-check'
import { creditCodeCheck } from '../../canonical/credit-code.ts'
import { residentIdCheck } from '../../canonical/resident-id.ts'
import { beijingTime } from '../../contract/clock.ts'
import type { Message, MessageType } from '../../contract/message.ts'
import type { CanonicalSchemas } from '../canonical-schemas.ts'
import { completed } from '../round-trip.ts'
import { UsageError } from './tool-host.ts'

export type FastCheck = typeof import('fast-check').default

/** @throws UsageError where fast-check is not installed */
export async function loadFastCheck(): Promise<FastCheck> {
  try {
    return (await import('fast-check')).default
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError(
      'Made-up messages need fast-check, a development dependency that is not installed here. Install with development dependencies (npm ci), or pass --runs 0 to use the stored cases only.',
    )
  }
}

export interface Generation {
  /** Messages of each type. */
  readonly runs: number
  /** The same seed gives the same messages. */
  readonly seed: number
}

/** `runs` messages of a type, from the seed. */
export function generateMessages(
  fc: FastCheck,
  type: MessageType,
  schemas: CanonicalSchemas,
  { runs, seed }: Generation,
): readonly Message[] {
  return runs === 0 ? [] : fc.sample(canonicalMessage(fc, type, schemas), { numRuns: runs, seed })
}

/** A message of that type as the hub stores it, valid by its schema. */
export function canonicalMessage(
  fc: FastCheck,
  type: MessageType,
  schemas: CanonicalSchemas,
): Arbitrary<Message> {
  const schema = schemas.get(type) as Node & { readonly $id: string }
  const build = new ArbitraryBuilder(fc, schemas)
  return fc
    .record({ data: build.object(schema), time: build.time(), sequence: fc.integer({ min: 1, max: 20 }) })
    .map(({ data, time, sequence }) =>
      completed({
        specversion: '1.0',
        id: '01993a1e-7c00-7abc-8def-0123456789ab',
        source: '/systems/city-411300',
        type,
        subject: '41130020260930000017',
        time,
        datacontenttype: 'application/json',
        dataschema: schema.$id,
        data,
        sequence,
        recordedat: beijingTime(END_MS),
      } as unknown as Message),
    )
}

/** What the canonical schemas use of JSON Schema. */
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
  readonly maxItems?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Node | false>>
  readonly items?: Node
  readonly allOf?: readonly Node[]
  readonly anyOf?: readonly Node[]
  readonly if?: Node
  readonly then?: Node
}

type Made = Record<string, unknown>

const START_MS = Date.UTC(2026, 0, 1)
const END_MS = Date.UTC(2027, 0, 1)
/** Forms whose values come from the item catalogue: others have no counterpart in anybody's code table. */
const CATALOGUE: Readonly<Record<string, string>> = { '^[a-z][a-z0-9-]{0,39}$': 'renewal' }
/** What texts are made of: what breaks escaping, splitting and character sets, and plain letters. */
const LETTERS = [...'测试甲乙丙𠮷\nAa0.-/ ;,"\'\\&<#（）']
const MOST_ITEMS = 3
/** Longer texts than this are cut by nobody on purpose and only cost time. */
const LONGEST_TEXT = 300

class ArbitraryBuilder {
  readonly #fc: FastCheck
  readonly #schemas: CanonicalSchemas

  constructor(fc: FastCheck, schemas: CanonicalSchemas) {
    this.#fc = fc
    this.#schemas = schemas
  }

  time(): Arbitrary<string> {
    // Whole seconds: no partner's shape but the epoch carries fractions.
    return this.#fc
      .integer({ min: START_MS / 1000, max: END_MS / 1000 - 1 })
      .map((seconds) => beijingTime(seconds * 1000))
  }

  object(node: Node): Arbitrary<Made> {
    const fc = this.#fc
    const members = Object.entries(node.properties ?? {}).flatMap(([name, member]) =>
      member === false ? [] : [[name, this.value(member)] as const],
    )
    // Of several sets of required members one is enough.
    const sets = node.anyOf?.map(({ required = [] }) => required) ?? [[]]
    return fc
      .constantFrom(...sets)
      .chain((chosen) =>
        fc.record(Object.fromEntries(members), {
          requiredKeys: [...new Set([...(node.required ?? []), ...chosen])],
        }),
      )
      .map((made) => ({ ...made }) as Made)
      .chain((made) => this.#conditioned(node, made))
  }

  /** Members that a condition on their neighbours changes: the number of a resident identity card, say. */
  #conditioned(node: Node, made: Made): Arbitrary<Made> {
    const changed: Record<string, Arbitrary<unknown>> = {}
    const kept = { ...made }
    for (const rule of [node, ...(node.allOf ?? [])]) {
      if (rule.if === undefined || rule.then === undefined || !holds(rule.if, made)) continue
      for (const [name, member] of Object.entries(rule.then.properties ?? {})) {
        if (member === false) delete kept[name]
        else if (Object.hasOwn(kept, name)) changed[name] = this.value({ type: 'string', ...member })
      }
      for (const name of rule.then.required ?? []) {
        const member = node.properties?.[name]
        if (!Object.hasOwn(kept, name) && member) changed[name] = this.value(member)
      }
    }
    return this.#fc.record(changed).map((values) => ({ ...kept, ...values }))
  }

  value(node: Node): Arbitrary<unknown> {
    const fc = this.#fc
    const resolved = this.#resolve(node)
    if (resolved.const !== undefined) return fc.constant(resolved.const)
    if (resolved.enum !== undefined) return fc.constantFrom(...resolved.enum)
    switch (resolved.type) {
      case 'object':
        return resolved.properties === undefined
          ? fc.constant({ 项目: '测试甲', 数量: 3 })
          : this.object(resolved)
      case 'array':
        return fc.array(this.value(resolved.items ?? {}), {
          minLength: resolved.minItems ?? 0,
          maxLength: Math.min(resolved.maxItems ?? MOST_ITEMS, (resolved.minItems ?? 0) + MOST_ITEMS),
        })
      case 'integer':
        return fc.integer({ min: resolved.minimum ?? 0, max: resolved.maximum ?? 1_000_000 })
      case 'boolean':
        return fc.boolean()
      case 'string':
        return this.#text(resolved)
      default:
        throw new Error(`No arbitrary for ${JSON.stringify(resolved)}.`)
    }
  }

  #text({ format, pattern, minLength = 1, maxLength = 100 }: Node): Arbitrary<string> {
    const fc = this.#fc
    if (format !== undefined) return this.#formatted(format)
    const known = CATALOGUE[pattern ?? '']
    if (known !== undefined) return fc.constant(known)
    if (pattern !== undefined && pattern !== '\\S') return fc.stringMatching(new RegExp(pattern))
    const longest = Math.min(maxLength, LONGEST_TEXT)
    const texts = (least: number, most: number): Arbitrary<string> =>
      fc
        .string({ unit: fc.constantFrom(...LETTERS), minLength: least, maxLength: most })
        // A space at either end is nobody's to keep, and "-" or "0" alone is a null word somewhere.
        .map((text) =>
          /\p{L}/u.test(text) ? text.trim().padEnd(least, '测') : '测'.repeat(Math.max(1, least)),
        )
    return fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .constantFrom('测试甲', '测试乙有限公司', 'TEST-0001')
          .map((text) => [...text].slice(0, longest).join('')),
      },
      { weight: 3, arbitrary: texts(Math.max(1, minLength), Math.min(longest, 20)) },
      { weight: 1, arbitrary: texts(longest, longest) },
    )
  }

  #formatted(format: string): Arbitrary<string> {
    const fc = this.#fc
    const digits = (length: number) =>
      fc
        .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
        .map((all) => all.join(''))
    switch (format) {
      case 'beijing-date-time':
        return this.time()
      case 'calendar-date':
        return this.time().map((time) => time.slice(0, 10))
      case 'resident-id':
        return digits(3).map((serial) => {
          const seventeen = `41010119900101${serial}`
          return seventeen + residentIdCheck(seventeen)
        })
      case 'credit-code':
        return digits(5).map((serial) => {
          const seventeen = `91410100MA9T${serial}`
          return seventeen + creditCodeCheck(seventeen)
        })
      case 'region-code':
        return fc.constantFrom('411300', '410526', '419001', '410000')
      case 'mobile':
        return digits(8).map((rest) => `138${rest}`)
      case 'phone':
        return digits(7).map((rest) => `0371-6${rest}`)
      case 'item-task-code':
        return fc.constant('1141000000000901362410190001000')
      case 'item-handle-code':
        return fc.constant('114100000000090136241019000100001')
      case 'item-catalog-code':
        return fc.constant('410190001000')
      default:
        throw new Error(`No arbitrary for the format ${format}.`)
    }
  }

  #resolve(node: Node): Node {
    if (node.$ref === undefined) return node
    const [, name = '', definition = ''] =
      /^urn:hub:canonical:([a-z.]+):\d+#\/\$defs\/(\w+)$/.exec(node.$ref) ?? []
    const target = (this.#schemas.get(name) as Node | undefined)?.$defs?.[definition]
    if (target === undefined) throw new Error(`${node.$ref} leads nowhere.`)
    return this.#resolve(target)
  }
}

/** Conditions in the canonical schemas compare members with constants and least values. */
function holds({ properties = {}, required = [] }: Node, value: Made): boolean {
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(properties).every(([name, member]) => member !== false && fits(member, value[name]))
  )
}

function fits({ const: only, minimum }: Node, value: unknown): boolean {
  return minimum === undefined ? value === only : typeof value === 'number' && value >= minimum
}
