/** What a sender is answered in its own format, by the format's own expression. */
import type { InboundOutcome, InboundReply } from '../contract/listener.ts'
import { codecOf } from '../document/codec.ts'
import type { Charset, DocumentLayout } from '../document/media.ts'
import type { Expression } from './expression.ts'

/** Undefined where the expression makes nothing of the outcome, or breaks on it: the sender is then answered as its protocol does. */
export type WriteReply = (outcome: InboundOutcome, nowMs: number) => InboundReply | undefined

/** The expression gets the outcome: `kind` accepted, refused or not-yet, and what listener.ts says of each. */
export function replyWriter(expression: Expression, charset: Charset, layout: DocumentLayout): WriteReply {
  const codec = codecOf({ ...layout, charset })
  return (outcome, nowMs) => {
    try {
      const document = expression.evaluate(outcome, { nowMs })
      return document === undefined ? undefined : codec.encode(document)
    } catch {
      // The message has been judged, and its sender must hear of it, in whatever words.
      return undefined
    }
  }
}
