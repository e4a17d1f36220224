/** Code for paths: `a.b[c].{…}`. */
import { type ExprNode, type FilterStage, offsetOf, type PathNode } from '../ast.ts'
import { Base, read } from './base.ts'
import { literal } from './emitter.ts'
import type { Generator, Place } from './generator.ts'
import { groupBy } from './groups.ts'
import { isScalarKind, type Operand, operand } from './operand.ts'
import { variableBase } from './variables.ts'

export function path(g: Generator, node: PathNode, place: Place): Operand {
  const { steps } = node
  const isRaw = node.keepSingletonArray === true || node.keepArray === true || node.group !== undefined
  const lead = leadingNames(g, node, place)
  if (lead !== undefined && lead.rest === steps.length && !isRaw) {
    return lead.names.length === 0 ? closeValue(g, lead.base) : namesToValue(g, lead.base, lead.names)
  }
  let current: Items
  let next: number
  if (lead !== undefined && lead.rest > 0) {
    const usable = lead.rest === steps.length ? lead.rest - 1 : lead.rest
    next = Math.max(usable, lead.first)
    current = leadingItems(g, lead.base, lead.names.slice(0, next - lead.first))
  } else {
    next = 0
    current = firstItems(g, node, place)
    if (current.steps === 1) {
      next = 1
      if (steps.length === 1) return finishRaw(g, node, place, current)
      return afterConstructor(g, node, place, current, isRaw)
    }
  }
  return remainingSteps(g, node, place, current, next, isRaw)
}

/** A path that starts with an array constructor: an empty one is the result, as nothing is left to flatten. */
function afterConstructor(g: Generator, node: PathNode, place: Place, first: Items, isRaw: boolean): Operand {
  const { emitter } = g
  const result = emitter.fresh('t')
  let rest: Operand | undefined
  const body = emitter.capture(() => {
    rest = remainingSteps(g, node, place, first, 1, isRaw)
  })
  const empty = emitter.capture(() => {
    const value = isRaw ? finishRaw(g, node, place, first).code : `unwrap(${first.code})`
    emitter.line(`${result} = ${value};`)
  })
  emitter.line(`let ${result};\nif (${first.code}.length === 0) {\n${empty}\n} else {\n${body}`)
  emitter.line(`${result} = ${rest?.code ?? 'undefined'};\n}`)
  return operand(result, 'any')
}

function remainingSteps(
  g: Generator,
  node: PathNode,
  place: Place,
  start: Items,
  from: number,
  isRaw: boolean,
): Operand {
  const { steps } = node
  let current = start
  for (let next = from; next < steps.length; next++) {
    const isLast = next === steps.length - 1
    const step = steps[next] as ExprNode
    const result = emitStep(g, step, current, place, isLast && !isRaw, isLast && isRaw, node)
    if (isLast) {
      return isRaw ? finishRaw(g, node, place, result as Items) : (result as Operand)
    }
    current = result as Items
  }
  throw new Error('a path has at least one step')
}

/** The items that a step will visit: always the name of a JavaScript array. */
interface Items {
  readonly code: string
  readonly plain: boolean
  /** How many steps of the path are already in it. */
  readonly steps?: number
}

interface Lead {
  readonly base: Base
  readonly names: readonly string[]
  /** Index of the first name among the steps. */
  readonly first: number
  /** Index of the first step that is not among the names. */
  readonly rest: number
}

/** The plain names at the start of a path, and what they are read from. */
function leadingNames(g: Generator, node: PathNode, place: Place): Lead | undefined {
  const first = node.steps[0] as ExprNode
  let base: Base | undefined = place.context
  let start = 0
  if (first.type === 'variable') {
    if (!isBare(first)) return undefined
    base = variableBase(g, first, place)
    start = 1
  } else if (!isPlainName(first)) return undefined
  const names: string[] = []
  let at = start
  while (at < node.steps.length) {
    const step = node.steps[at] as ExprNode
    if (step.type !== 'name' || !isBare(step)) break
    names.push(step.value)
    at++
  }
  return base === undefined ? undefined : { base, names, first: start, rest: at }
}

function isPlainName(node: ExprNode): boolean {
  return node.type === 'name' && isBare(node)
}

function isBare(node: ExprNode): boolean {
  return node.stages === undefined && node.predicate === undefined && node.group === undefined
}

/** A whole path of names. */
function namesToValue(g: Generator, base: Base, names: readonly string[]): Operand {
  const { emitter } = g
  const { object, irregular } = base.node(emitter, names.slice(0, -1))
  const direct = read(object, names[names.length - 1] as string)
  const inner = base.plain
    ? direct
    : `(S.dirty ? nameOf(S, ${object}, ${literal(names[names.length - 1])}) : ${direct})`
  const list = emitter.constant(Object.freeze([...names]), `names ${JSON.stringify(names)}`)
  const code =
    irregular === 'false'
      ? inner
      : `${irregular} ? namePath(S, ${base.code}, ${list}, ${base.isContext}) : ${inner}`
  return operand(emitter.hold(code), 'any', {
    maybeMarked: irregular !== 'false' || !base.plain,
    plain: base.plain,
  })
}

/** A path that is only a variable. */
function closeValue(g: Generator, base: Base): Operand {
  return operand(g.emitter.hold(`collect(S, [${base.code}], false)`), 'any', { plain: base.plain })
}

/** The items after some leading names. */
function leadingItems(g: Generator, base: Base, names: readonly string[]): Items {
  const { emitter } = g
  if (names.length === 0) {
    const items = base.isContext ? `itemsOfContext(${base.code})` : `itemsOf(${base.code})`
    return { code: emitter.hold(items, 'q'), plain: base.plain }
  }
  const { object, irregular } = base.node(emitter, names.slice(0, -1))
  const direct = `itemsOf(${read(object, names[names.length - 1] as string)})`
  const list = emitter.constant(Object.freeze([...names]), `names ${JSON.stringify(names)}`)
  const slow = `nameItems(S, ${base.code}, ${list}, ${base.isContext})`
  const regular = base.plain ? direct : `S.dirty ? ${slow} : ${direct}`
  const code = irregular === 'false' ? regular : `${irregular} ? ${slow} : ${regular}`
  return { code: emitter.hold(code, 'q'), plain: base.plain }
}

/** The items that the first step visits, or what it yields when it is special. */
function firstItems(g: Generator, node: PathNode, place: Place): Items {
  const { emitter } = g
  const first = node.steps[0] as ExprNode
  const { context } = place
  if ('consarray' in first && first.consarray === true) {
    // An array constructor at the start sees all items at once.
    const input = emitter.hold(
      context.neverArray
        ? `asSequence([${context.code}])`
        : `isArray(${context.code}) ? ${context.code} : asSequence([${context.code}])`,
      'c',
    )
    const base = new Base(input, emitter.slot(), { isContext: true, plain: context.plain })
    const value = g.expression(first, { ...place, context: base, final: false })
    return { code: emitter.hold(`constructedItems(${value.code})`, 'q'), plain: value.plain, steps: 1 }
  }
  const items =
    first.type === 'variable' || context.neverArray ? `[${context.code}]` : `itemsOfContext(${context.code})`
  return { code: emitter.hold(items, 'q'), plain: context.plain }
}

/** One step. Gives the items for the next one, or the value of the path (raw when it is still to be looked at). */
function emitStep(
  g: Generator,
  step: ExprNode,
  items: Items,
  place: Place,
  isLast: boolean,
  isLastRaw: boolean,
  node: PathNode,
): Items | Operand {
  const { emitter } = g
  if (step.type === 'sort') {
    const sorted = sortStep(g, step, items, place)
    if (isLastRaw || !isLast) return { code: sorted, plain: items.plain }
    return operand(emitter.hold(`settleSorted(${sorted})`), 'any', { plain: items.plain })
  }
  if (step.type === 'name' && isBare(step)) {
    const key = literal(step.value)
    if (isLast)
      return operand(emitter.hold(`lastName(S, ${items.code}, ${key})`), 'any', { plain: items.plain })
    if (!isLastRaw)
      return { code: emitter.hold(`nameStep(S, ${items.code}, ${key})`, 'q'), plain: items.plain }
  }
  const results = emitter.fresh('r')
  const count = emitter.fresh('n')
  const firstOne = emitter.fresh('f')
  const closes = isLast || isLastRaw
  emitter.line(`const ${results} = []; let ${count} = 0, ${firstOne};`)
  emitter.line(`if ((S.fuel -= ${items.code}.length) < 0) S.outOfFuel(${offsetOf(step)});`)
  const index = emitter.fresh('i')
  let plain = true
  let isFlat = false
  const isFinal = place.final && isLast && (step.stages === undefined || step.stages.length === 0)
  emitter.block(`for (let ${index} = 0; ${index} < ${items.code}.length; ${index}++)`, () => {
    const item = emitter.fresh('c')
    emitter.line(`const ${item} = ${items.code}[${index}];`)
    const context = new Base(item, emitter.slot(), { isContext: true, plain: items.plain })
    let value = g.expression(step, { ...place, context, final: isFinal, callerInput: place.callerInput })
    for (const stage of step.stages ?? []) value = filter(g, value, stage, place)
    plain = value.plain
    isFlat = isScalarKind(value.kind) || value.kind === 'object'
    const push = isFlat
      ? `${results}.push(${value.code});`
      : `{ ${closes ? `if (${count}++ === 0) ${firstOne} = ${value.code}; ` : ''}pushFlat(S, ${results}, ${value.code}); }`
    emitter.line(value.maybeMissing ? `if (${value.code} !== undefined) ${push}` : push)
  })
  void node
  if (isFlat)
    emitter.line(`if (${results}.length > ${g.limits.arrayLength}) S.roomForArray(${results}.length);`)
  if (isLastRaw) {
    const raw = isFlat ? `asSequence(${results})` : `closePathRaw(${count}, ${firstOne}, ${results})`
    return { code: emitter.hold(raw, 'q'), plain }
  }
  if (!isLast) return { code: results, plain }
  if (isFlat) {
    const code = isFinal ? `${results}.length > 1 ? ${results} : ${results}[0]` : `settle(${results})`
    return operand(emitter.hold(code), 'any', { maybeMarked: !isFinal, plain })
  }
  return operand(emitter.hold(`closePath(${count}, ${firstOne}, ${results})`), 'any', { plain })
}

function sortStep(g: Generator, step: ExprNode, items: Items, place: Place): string {
  const { emitter } = g
  if (step.type !== 'sort') throw new Error('not a sort step')
  const terms = step.terms.map(
    (term) =>
      `{ key: ${g.itemFunction(term.expression, { ...place, final: false })}, descending: ${term.descending} }`,
  )
  let sorted = emitter.hold(`orderBy(S, ${items.code}, [${terms.join(', ')}], ${offsetOf(step)})`, 'q')
  for (const stage of step.stages ?? []) {
    sorted = filter(
      g,
      operand(sorted, 'array', { maybeMissing: false, plain: items.plain }),
      stage,
      place,
    ).code
  }
  return sorted
}

/** `[predicate]` on a value; gives a raw sequence (or an array element of the value). */
export function filter(g: Generator, value: Operand, stage: FilterStage, place: Place): Operand {
  const { emitter } = g
  const predicate = stage.expr
  if (predicate.type === 'number' && predicate.predicate === undefined && predicate.group === undefined) {
    const code = emitter.hold(`elementAt(${value.code}, ${literal(predicate.value)})`)
    return operand(code, 'array', { maybeMissing: false, maybeMarked: true, plain: value.plain })
  }
  const items = emitter.hold(`isArray(${value.code}) ? ${value.code} : [${value.code}]`, 'q')
  const results = emitter.fresh('r')
  const index = emitter.fresh('i')
  emitter.line(`const ${results} = asSequence([]);`)
  emitter.line(`if ((S.fuel -= ${items}.length) < 0) S.outOfFuel(${stage.position});`)
  emitter.block(`for (let ${index} = 0; ${index} < ${items}.length; ${index}++)`, () => {
    const item = emitter.fresh('c')
    emitter.line(`const ${item} = ${items}[${index}];`)
    const context = new Base(item, emitter.slot(), { isContext: true, plain: value.plain })
    const verdict = g.expression(predicate, { ...place, context, final: false })
    if (verdict.kind === 'boolean' || verdict.kind === 'string' || verdict.kind === 'null') {
      emitter.line(`if (${g.test(verdict)}) ${results}.push(${item});`)
    } else {
      emitter.line(`select(S, ${results}, ${verdict.code}, ${index}, ${items}.length, ${item});`)
    }
  })
  return operand(results, 'array', { maybeMissing: false, maybeMarked: true, plain: value.plain })
}

/** Ends a path that has `[]` or a group clause, which look at its items before they are unwrapped. */
function finishRaw(g: Generator, node: PathNode, place: Place, items: Items): Operand {
  const { emitter } = g
  let code = items.code
  if (node.keepSingletonArray === true) code = emitter.hold(`keepArray(${code})`)
  if (node.group !== undefined) return groupBy(g, node.group, code, place)
  const unwrap = node.keepArray === true ? 'unwrapKept' : 'unwrap'
  const closed = node.keepSingletonArray === true ? code : emitter.hold(`${unwrap}(${code})`)
  return operand(closed, 'any', { plain: items.plain })
}
