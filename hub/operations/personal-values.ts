/** The personal data of a case, value by value: what must not be shown wherever it turns up. */
import type { PersonalField, PersonalKind } from '../canonical/field-tree.ts'
import type { Message, MessageType } from '../contract/message.ts'

export interface PersonalValue {
  readonly kind: PersonalKind
  readonly value: string
}

/** A value of one character, or a few digits, would be found everywhere and tells nothing. */
const TELLING = /^(?:\d{5,}|(?!\d+$)..+)$/su

/** Every personal value of the messages, each once, as the schemas' marks have it; longest first. */
export function personalValues(
  messages: readonly Pick<Message, 'type' | 'data'>[],
  personalFields: (type: MessageType) => readonly PersonalField[],
): readonly PersonalValue[] {
  const found = new Map<string, PersonalKind>()
  const keep = (kind: PersonalKind, value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      // An opaque form: every leaf of it may be personal.
      for (const inner of Object.values(value)) keep(kind, inner)
      return
    }
    if (typeof value !== 'string' && typeof value !== 'number') return
    const text = String(value).trim()
    if (TELLING.test(text) && !found.has(text)) found.set(text, kind)
  }
  for (const { type, data } of messages) {
    for (const field of personalFields(type)) {
      for (const value of valuesAt(data, field.pointer.split('/').slice(1), field)) keep(field.kind, value)
    }
  }
  return [...found]
    .map(([value, kind]) => ({ kind, value }))
    .sort((one, other) => other.value.length - one.value.length)
}

function valuesAt(
  value: unknown,
  segments: readonly string[],
  field: PersonalField,
  parent?: unknown,
): unknown[] {
  const [segment, ...rest] = segments
  if (segment === undefined) return isExcepted(parent, field.unless) ? [] : [value]
  if (Array.isArray(value))
    return segment === '*' ? value.flatMap((element) => valuesAt(element, rest, field)) : []
  if (typeof value !== 'object' || value === null) return []
  const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
  return Object.hasOwn(value, key)
    ? valuesAt((value as Readonly<Record<string, unknown>>)[key], rest, field, value)
    : []
}

function isExcepted(parent: unknown, unless: PersonalField['unless']): boolean {
  if (unless === undefined) return false
  const value = (parent as Readonly<Record<string, unknown>> | undefined)?.[unless.sibling]
  return typeof value === 'string' && unless.values.includes(value)
}
