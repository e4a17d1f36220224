/** Hints for the adapter: texts that stand for themselves, and expressions over the message (`=…`). */
import { MappingError } from '../contract/errors.ts'
import type { Message } from '../contract/message.ts'
import type { Expression } from './expression.ts'
import type { Refusals } from './fault-marker.ts'
import type { OutboundContext } from './format-package.ts'

/** Characters of a hint that an expression gives. */
const LONGEST_HINT = 255

export interface Hints {
  /** As written in format.yaml. */
  readonly written: Readonly<Record<string, string>>
  /** Those among them that are worked out for each message. */
  readonly expressions: ReadonlyMap<string, Expression>
}

/** @param compile undefined where the expression is wrong, which it has reported */
export function readHints(
  written: Readonly<Record<string, string>>,
  compile: (name: string, text: string) => Expression | undefined,
): Hints {
  const expressions = new Map<string, Expression>()
  for (const [name, text] of Object.entries(written)) {
    const expression = text.startsWith('=') ? compile(name, text.slice(1)) : undefined
    if (expression !== undefined) expressions.set(name, expression)
  }
  return { written, expressions }
}

/** @throws MappingError MAPPING_HINT where an expression gives something else than a text of 1–255 characters */
export function hintsOf(
  { written, expressions }: Hints,
  message: Message,
  { nowMs, receiver, case: about }: OutboundContext,
): Readonly<Record<string, string>> {
  if (expressions.size === 0) return written
  const hints = { ...written }
  for (const [name, expression] of expressions) {
    const refusals: Refusals = { markers: [] }
    const bindings = { receiver, case: about }
    const value = expression.evaluate(message, { nowMs, bindings, context: refusals })
    if (
      typeof value !== 'string' ||
      value === '' ||
      value.length > LONGEST_HINT ||
      refusals.markers.length > 0
    ) {
      const { file } = expression.source
      const reason = typeof value === 'string' && value !== '' ? `${value.length} characters` : 'no text'
      throw new MappingError(
        'MAPPING_HINT',
        `${file}: hint ${name} gave ${reason} for ${message.type}; it must be a text of 1–${LONGEST_HINT} characters.`,
        { details: { file, hint: name } },
      )
    }
    hints[name] = value
  }
  return hints
}
