/** What is answered for an outcome: the format's reply or the hub's receipt in the body, else a Fault. */
import type { InboundOutcome, InboundReply } from '../../../hub/contract/listener.ts'
import { type SoapVersion, writeEnvelope } from '../message/envelope.ts'
import { HUB_NAMESPACE, type Refusal, statusOf, writeFault } from '../message/fault.ts'
import { CharsetRefused, decodeXml } from '../xml/charset.ts'
import { carriable, escapeAttribute, escapeText } from '../xml/element.ts'
import { declarationLength, scanXml } from '../xml/scan.ts'
import { XmlRefused } from '../xml/tree.ts'
import type { AnswerElement, PartnerOperation } from './config.ts'

export interface Answer {
  readonly status: number
  /** A whole envelope. */
  readonly text: string
  readonly retryAfterMs?: number
}

type Accepted = Extract<InboundOutcome, { kind: 'accepted' }>

export interface AnswerTo {
  readonly version: SoapVersion
  /** Absent: the hub's own. */
  readonly operation: PartnerOperation | undefined
  /** Header blocks of the answer, XML. */
  readonly header: string
}

export function answerFor(outcome: InboundOutcome, { version, operation, header }: AnswerTo): Answer {
  const reply = outcome.reply && textOfReply(outcome.reply)
  const respond = (body: string): Answer => ({ status: 200, text: writeEnvelope(version, { header, body }) })
  if (operation === undefined) {
    if (outcome.kind !== 'accepted') return faultAnswer(version, refusalOf(outcome))
    const also =
      reply === undefined
        ? ''
        : `<hub:reply contentType="${escapeAttribute(outcome.reply?.contentType ?? '')}">${escapeText(reply)}</hub:reply>`
    return respond(
      `<hub:submitResponse xmlns:hub="${HUB_NAMESPACE}">${receiptOf(outcome)}${also}</hub:submitResponse>`,
    )
  }
  // A partner's own client knows its own answers; where its format has one, it is used for bad news as well.
  if (reply !== undefined) return respond(replyBody(reply, operation.answer))
  if (outcome.kind === 'accepted') return respond(replyBody(receiptOf(outcome), operation.answer))
  return faultAnswer(version, refusalOf(outcome))
}

export function faultAnswer(version: SoapVersion, refusal: Refusal, status?: number): Answer {
  const { retryAfterMs } = refusal
  return {
    status: status ?? statusOf(version, refusal),
    text: writeFault(version, refusal),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

function refusalOf(outcome: Exclude<InboundOutcome, Accepted>): Refusal {
  const { code, title, words } = outcome
  return outcome.kind === 'refused'
    ? { blame: 'sender', code, title, words: { zh: words, en: words }, faults: outcome.faults }
    : { blame: 'receiver', code, title, words: { zh: words, en: words }, retryAfterMs: outcome.afterMs }
}

function receiptOf(outcome: Accepted): string {
  const fields = ['caseNo', 'messageId', 'type', 'sequence', 'repeated', 'recordedAt', 'digest'] as const
  const parts = fields.map(
    (name) => `<hub:${name}>${escapeText(carriable(String(outcome[name])))}</hub:${name}>`,
  )
  return `<hub:receipt xmlns:hub="${HUB_NAMESPACE}">${parts.join('')}</hub:receipt>`
}

/** Undefined where the reply cannot stand in XML; the document was judged all the same, and the receipt tells so. */
function textOfReply({ body, contentType }: InboundReply): string | undefined {
  try {
    const text = decodeXml(body, contentType)
    return text === carriable(text) ? text : undefined
  } catch (error) {
    if (error instanceof CharsetRefused) return undefined
    throw error
  }
}

function replyBody(text: string, answer: AnswerElement | undefined): string {
  if (answer === undefined)
    return asElements(text) ?? `<hub:reply xmlns:hub="${HUB_NAMESPACE}">${escapeText(text)}</hub:reply>`
  const { namespace, element, string, qualified = false } = answer
  const [prefix, declared] = namespace === '' ? ['', ''] : ['a:', ` xmlns:a="${escapeAttribute(namespace)}"`]
  const child = `${qualified ? prefix : ''}${string}`
  const content =
    string === undefined ? (asElements(text) ?? escapeText(text)) : `<${child}>${escapeText(text)}</${child}>`
  return `<${prefix}${element}${declared}>${content}</${prefix}${element}>`
}

/** The text without its declaration, where it is XML. */
function asElements(text: string): string | undefined {
  try {
    scanXml(text)
    return text.slice(declarationLength(text))
  } catch (error) {
    if (error instanceof XmlRefused) return undefined
    throw error
  }
}
