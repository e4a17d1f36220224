/** Reads a receiver's answer by the format's own expressions. */
import type { AnswerReading, ReadAnswer } from '../contract/adapter.ts'
import { answerDocument } from '../document/codec.ts'
import type { Charset, DocumentLayout } from '../document/media.ts'
import type { Expression } from './expression.ts'
import type { AnswerPart } from './format-declaration.ts'

const VERDICTS = ['duplicate', 'taken', 'retry', 'refused'] as const
const MAX_WORDS = 500
const MAX_REFERENCE = 200

/**
 * Expressions get `{status, body, text}`: body is the answer as a document, absent where it is none. They read without
 * a clock: `$now()` is the epoch.
 */
export function answerReader(
  expressions: Readonly<Partial<Record<AnswerPart, Expression>>>,
  charset: Charset,
  layout: DocumentLayout,
): ReadAnswer {
  return ({ status, body }) => {
    const input = decode(status, body, charset, layout)
    const ask = (part: AnswerPart): unknown => {
      try {
        return expressions[part]?.evaluate(input, { nowMs: 0 })
      } catch {
        // An answer of an unforeseen shape: the expression does not apply to it.
        return undefined
      }
    }
    const verdict = VERDICTS.find((part) => ask(part) === true) ?? 'unreadable'
    const reference = textOf(ask('reference'), MAX_REFERENCE)
    const words = textOf(ask('words'), MAX_WORDS)
    return {
      verdict,
      ...(reference === undefined ? {} : { reference }),
      ...(words === undefined ? {} : { words }),
    } satisfies AnswerReading
  }
}

function decode(
  status: number | undefined,
  bytes: Uint8Array,
  charset: Charset,
  layout: DocumentLayout,
): Record<string, unknown> {
  const input: Record<string, unknown> = status === undefined ? {} : { status }
  // Whatever a partner writes itself, relays and libraries answer in UTF-8; bytes that are not UTF-8 never look like it.
  for (const label of ['utf-8', charset]) {
    try {
      input.text = new TextDecoder(label, { fatal: true }).decode(bytes)
      break
    } catch {
      // Not this one; where none fits, the expressions see no text.
    }
  }
  // Of an answer that is no document the expressions see the text only.
  if (typeof input.text === 'string') input.body = answerDocument(input.text, layout, charset)
  return input
}

function textOf(value: unknown, limit: number): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value === '') return undefined
  return [...value].slice(0, limit).join('')
}
