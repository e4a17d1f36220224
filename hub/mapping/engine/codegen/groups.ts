/** Code for object constructors and `{..}` grouping. */
import { type ExprNode, type GroupClause, type ObjectNode, offsetOf } from '../ast.ts'
import { Base } from './base.ts'
import { literal, property } from './emitter.ts'
import type { Generator, Place } from './generator.ts'
import { isScalarKind, MISSING, type Operand, operand } from './operand.ts'

type Pairs = readonly (readonly [ExprNode, ExprNode])[]

/** `{..}` applied to the items of a value. */
export function groupBy(g: Generator, group: GroupClause, items: string, place: Place): Operand {
  return generalGroup(g, group.lhs, items, place, group.position - 1)
}

/** The general form: keys are computed per item, values per group. */
function generalGroup(g: Generator, pairs: Pairs, items: string, place: Place, offset: number): Operand {
  const inner = { ...place, final: false }
  const list = pairs.map(
    ([key, value]) => `{ key: ${g.itemFunction(key, inner)}, value: ${g.itemFunction(value, inner)} }`,
  )
  const code = `group(S, ${items}, [${list.join(', ')}], ${offset})`
  return operand(g.emitter.hold(code), 'object', { maybeMissing: false, plain: false, maybeMarked: false })
}

/** Characters of generated code from which an object of a large program gets a function of its own. */
const PART_LENGTH = 3000

/**
 * `{..}` on its own. V8 does not optimize functions beyond a certain size, so that large programs are cut at their
 * objects.
 */
export function objectConstructor(g: Generator, node: ObjectNode, place: Place): Operand {
  if (!g.isLarge) return constructObject(g, node, place)
  const { emitter } = g
  let result: Operand = MISSING
  const text = emitter.capture(() => {
    result = constructObject(g, node, place)
  })
  if (text.length < PART_LENGTH) {
    emitter.line(text)
    return result
  }
  const name = emitter.fresh('t')
  emitter.line(`const ${name} = (() => {\n${text}\nreturn ${result.code};\n})();`)
  return { ...result, code: name }
}

function constructObject(g: Generator, node: ObjectNode, place: Place): Operand {
  const keys = literalKeys(node.lhs)
  if (keys === undefined) return generalGroup(g, node.lhs, place.context.code, place, offsetOf(node))
  const inner = { ...place, context: joinedContext(g, place.context) }
  const values = node.lhs.map(([, valueNode]) => pairValue(g, valueNode, inner))
  const plain = place.final || values.every((value) => value.plain && !value.maybeMarked)
  return operand(buildObject(g, keys, values), 'object', { maybeMissing: false, maybeMarked: false, plain })
}

function buildObject(g: Generator, keys: readonly string[], values: readonly Operand[]): string {
  const { emitter } = g
  const name = emitter.fresh('t')
  const present = keys.map((key, i) => [key, values[i] as Operand] as const)
  const entry = ([key, value]: readonly [string, Operand]): string => `${literal(key)}: ${value.code}`
  const missing = present.filter(([, value]) => value.maybeMissing)
  if (missing.length === 0) {
    emitter.line(`const ${name} = { ${present.map(entry).join(', ')} };`)
  } else {
    const all = missing.map(([, value]) => `${value.code} !== undefined`).join(' && ')
    emitter.line(`let ${name};`)
    emitter.line(`if (${all}) ${name} = { ${present.map(entry).join(', ')} };`)
    emitter.block('else', () => {
      const sure = present.findIndex(([, value]) => value.maybeMissing)
      emitter.line(`${name} = { ${present.slice(0, sure).map(entry).join(', ')} };`)
      for (const [key, value] of present.slice(sure)) {
        const set = `${name}${property(key)} = ${value.code};`
        emitter.line(value.maybeMissing ? `if (${value.code} !== undefined) ${set}` : set)
      }
    })
  }
  return name
}

/** Keys that are known beforehand and cannot clash; undefined when the general form is needed. */
function literalKeys(pairs: Pairs): string[] | undefined {
  const keys: string[] = []
  for (const [key] of pairs) {
    if (key.type !== 'string' || key.predicate !== undefined || key.group !== undefined) return undefined
    const text = String(key.value)
    if (keys.includes(text) || text === '__proto__' || text.startsWith('_jsonata_')) return undefined
    keys.push(text)
  }
  return keys
}

/** An object constructor sees an array of items as one: they are joined first. */
function joinedContext(g: Generator, context: Base): Base {
  if (context.neverArray) return context
  const { emitter } = g
  const joined = emitter.hold(
    `isArray(${context.code}) ? joinItems(S, ${context.code}) : ${context.code}`,
    'c',
  )
  return new Base(joined, emitter.slot(), { isContext: true, plain: context.plain })
}

function pairValue(g: Generator, node: ExprNode, place: Place): Operand {
  return inContainer(g, g.expression(node, place), place)
}

/** A value on its way into an object or array: cleaned if that is part of the result, noted otherwise. */
export function inContainer(g: Generator, value: Operand, place: Place): Operand {
  if (isScalarKind(value.kind)) return value
  const { emitter } = g
  const { code } = value
  if (place.final) return cleaned(g, value)
  if (value.maybeMarked)
    emitter.line(`if (typeof ${code} === "object" || typeof ${code} === "function") noteInside(S, ${code});`)
  return value
}

/** A value as it may leave the engine. */
export function cleaned(g: Generator, value: Operand): Operand {
  if (isScalarKind(value.kind) || (value.plain && !value.maybeMarked)) return value
  const { code } = value
  const needs = value.maybeMarked
    ? `typeof ${code} === "object" || typeof ${code} === "function"`
    : `S.dirty && typeof ${code} === "object"`
  const name = g.emitter.hold(`${needs} ? clean(S, ${code}) : ${code}`)
  return {
    ...value,
    code: name,
    maybeMarked: false,
    plain: true,
    maybeMissing: value.maybeMissing || value.maybeMarked,
  }
}
