/**
 * Which field of a sample probably feeds which canonical field: by the national column name, the canonical name, the
 * Chinese label, or the pinyin initials of the label. Proposals for a person to check, never more.
 */
import type { Field } from '../../../canonical/field-tree.ts'
import { FORMATS } from '../../../canonical/formats.ts'
import { isTimeShape, readTime, TIME_SHAPES, type TimeShape } from '../../time-shape.ts'
import { pinyinInitials } from './pinyin-initials.ts'
import { type Reached, reachable, type SampleNode } from './sample-tree.ts'

export type Reason = 'national name' | 'canonical name' | 'label' | 'pinyin'

/** A canonical field without further fields, or a list, as seen from the list or message around it. */
export interface Target {
  readonly path: readonly string[]
  readonly field: Field
  /** Labels of the objects around it within the same list, outermost first. */
  readonly around: readonly Field[]
  readonly required: boolean
  /** Canonical name of the list it stands in; empty where it stands in none. */
  readonly list: string
  /** Its place in the canonical schema. */
  readonly order: number
}

export interface Match {
  readonly target: Target
  readonly source: Reached
  readonly reason: Reason
}

/** What was found between one object of the sample and one canonical object; lists carry a scope of their own. */
export interface Scope {
  readonly leaves: readonly Match[]
  readonly lists: readonly (Match & { readonly inner: Scope })[]
  readonly missing: readonly Target[]
  readonly unused: readonly Reached[]
}

const LEAST_SCORE = 0.5

/** @param list canonical name of the list whose elements these are; `materialCode` is the `code` of `materials` */
export function propose(sample: SampleNode, canonical: Field, list = ''): Scope {
  const sources = reachable(sample)
  const targets = targetsOf(canonical).map((target, order) => ({ ...target, list, order }))
  const leafMatches = best(
    sources.filter(({ node }) => node.kind !== 'array'),
    targets.filter(({ field }) => field.items === undefined),
    leafScore,
  )
  const listMatches = best(
    sources.filter(({ node }) => node.kind === 'array'),
    targets.filter(({ field }) => field.items !== undefined),
    listScore,
  )
  const lists = listMatches.map((match) => ({ ...match, inner: innerScope(match) }))
  const used = new Set([...leafMatches, ...lists].map(({ source }) => source))
  const met = new Set([...leafMatches, ...lists].map(({ target }) => target))
  return {
    leaves: leafMatches,
    lists,
    missing: targets.filter((target) => !met.has(target)),
    unused: sources.filter((source) => !used.has(source) && source.node.kind !== 'object'),
  }
}

function innerScope({ source, target }: Match): Scope {
  const items = source.node.kind === 'array' ? source.node.items : undefined
  const field = target.field.items
  if (items === undefined || field === undefined) return { leaves: [], lists: [], missing: [], unused: [] }
  return propose(items, field, target.path.at(-1))
}

function targetsOf(
  field: Field,
  path: readonly string[] = [],
  around: readonly Field[] = [],
  required = true,
): Target[] {
  if (field.properties.size === 0) return [{ path, field, around, required, list: '', order: 0 }]
  return [...field.properties].flatMap(([name, member]) =>
    targetsOf(
      member,
      [...path, name],
      path.length === 0 ? around : [...around, field],
      required && (field.schema.required ?? []).includes(name),
    ),
  )
}

interface Scored extends Match {
  readonly score: number
}

type Score = (
  source: Reached,
  target: Target,
) => { readonly score: number; readonly reason: Reason } | undefined

/** Each target and each source once, the surest first. */
function best(sources: readonly Reached[], targets: readonly Target[], score: Score): Match[] {
  const all: Scored[] = sources.flatMap((source) =>
    targets.flatMap((target) => {
      const found = score(source, target)
      return found === undefined || found.score < LEAST_SCORE ? [] : [{ source, target, ...found }]
    }),
  )
  all.sort((one, other) => other.score - one.score)
  const matches: Match[] = []
  for (const { source, target, reason } of all) {
    if (matches.some((match) => match.source === source || match.target === target)) continue
    matches.push({ source, target, reason })
  }
  return matches
}

function leafScore(source: Reached, target: Target): ReturnType<Score> {
  const isForm = target.field.schema.type === 'object'
  if ((source.node.kind === 'object') !== isForm) return undefined
  const named = nameScore(source.path, target)
  if (named === undefined || source.node.kind !== 'leaf') return named
  return {
    ...named,
    score: named.score + valueScore(source.node.values, target.field) - target.path.length / 100,
  }
}

function listScore(source: Reached, target: Target): ReturnType<Score> {
  const alike = singular(source.path.at(-1) ?? '') === singular(target.path.at(-1) ?? '')
  const named = nameScore(source.path, target) ?? {
    score: alike ? 0.8 : 0,
    reason: 'canonical name' as const,
  }
  const items = source.node.kind === 'array' ? source.node.items : undefined
  if (items === undefined || target.field.items === undefined) return named
  const { leaves } = propose(items, target.field.items)
  return { ...named, score: named.score + leaves.length / 5 }
}

function nameScore(
  path: readonly string[],
  { field, path: canonical, around, list }: Target,
): ReturnType<Score> {
  const name = path.at(-1) ?? ''
  const short = plain(name)
  const long = plain(path.slice(-2).join(''))
  const own = canonical.at(-1) ?? ''
  const national = field.schema['x-national']
  if (national !== undefined && short === plain(national)) return { score: 1, reason: 'national name' }
  const labels = labelsOf(field)
  const fullLabels = labels.flatMap((label) => around.map((outer) => labelsOf(outer)[0] + label))
  if ([...labels, ...fullLabels].includes(name)) return { score: 0.95, reason: 'label' }
  const compound = around.length === 0 ? '' : plain(canonical.slice(-2).join(''))
  if (compound !== '' && (short === compound || long === compound))
    return { score: 0.9, reason: 'canonical name' }
  if (list !== '' && short === plain(list.replace(/s$/, '') + own))
    return { score: 0.85, reason: 'canonical name' }
  if (short === plain(own) && (short.length > 3 || path.length === canonical.length))
    return { score: 0.8, reason: 'canonical name' }
  return pinyinScore(name, labels, fullLabels)
}

function pinyinScore(
  name: string,
  labels: readonly string[],
  fullLabels: readonly string[],
): ReturnType<Score> {
  if (!/^[A-Za-z]{2,}$/.test(name)) return undefined
  const letters = name.toUpperCase()
  const scores = [
    ...labels.map((label) => likeness(letters, pinyinInitials(label))),
    ...fullLabels.map((label) => likeness(letters, pinyinInitials(label)) * 1.03),
  ]
  const score = Math.max(0, ...scores)
  return score === 0 ? undefined : { score, reason: 'pinyin' }
}

function likeness(name: string, initials: string): number {
  if (name === initials) return name.length > 2 ? 0.8 : 0.55
  const shorter = Math.min(name.length, initials.length)
  if (shorter >= 4 && (name.startsWith(initials) || initials.startsWith(name))) return 0.6
  if (
    shorter >= 4 &&
    name[0] === initials[0] &&
    isWithin(name, initials) &&
    name.length / initials.length >= 0.6
  )
    return 0.5
  return 0
}

/** All letters in that order, others between them. */
function isWithin(letters: string, text: string): boolean {
  let at = 0
  for (const letter of text) if (letter === letters[at]) at++
  return at === letters.length
}

/** 申请人姓名或名称 → 申请人姓名或名称, 申请人姓名, 申请人名称. */
function labelsOf({ label }: Field): readonly string[] {
  const [first = '', second] = label.zh.split('或')
  if (second === undefined) return [label.zh]
  return [label.zh, first, first.slice(0, Math.max(0, first.length - second.length)) + second]
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** materials, materialList, Material → material */
function singular(name: string): string {
  return plain(name).replace(/(list|items|s)$/, '')
}

/** What the values of the sample say for or against a field. */
function valueScore(values: readonly unknown[], { schema }: Field): number {
  const texts = values.filter((value) => value !== null && value !== '').map(String)
  if (texts.length === 0) return 0
  const all = (test: (text: string) => boolean, yes: number, no: number) => (texts.every(test) ? yes : no)
  if (schema.format === 'beijing-date-time' || schema.format === 'calendar-date')
    return shapeOf(values) === undefined ? -0.4 : 0.05
  if (schema.format === 'region-code') return all((text) => /^\d{6}(0{6})?$/.test(text), 0.05, -0.3)
  if (schema.format === 'mobile')
    return all((text) => /1[3-9]\d{9}$/.test(text.replaceAll(/[\s-]/g, '')), 0.05, -0.3)
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]
  if (format !== undefined) return all((text) => format(text) === undefined, 0.05, -0.1)
  if (schema.type === 'integer') return all((text) => /^\d+$/.test(text), 0.05, -0.4)
  if (schema.enum !== undefined || schema.type === 'boolean')
    return all((text) => text.length <= 20, 0.02, -0.4)
  return 0
}

/** The date shape that all values have. */
export function shapeOf(values: readonly unknown[]): TimeShape | undefined {
  const dates = values.filter((value) => value !== null && value !== '')
  const reads = (shape: TimeShape) =>
    dates.every(
      (value) =>
        (typeof value === 'string' || typeof value === 'number') &&
        typeof readTime(value, shape) === 'string',
    )
  if (dates.length === 0) return undefined
  return TIME_SHAPES.filter(isTimeShape).find(
    (shape) => reads(shape) && (!shape.startsWith('epoch') || plausible(dates)),
  )
}

/** Any number is some second; one of this century has ten digits, or thirteen with milliseconds. */
function plausible(values: readonly unknown[]): boolean {
  return values.every((value) => /^\d{10}(\d{3})?$/.test(String(value)))
}
