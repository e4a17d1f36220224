/** What an answer means: the whole policy of the outbound half. */
import type { AnswerReading, ReadAnswer, Receipt } from '../../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../../hub/contract/errors.ts'
import type { Answer, Reply } from '../../shared/http.ts'
import { type Envelope, EnvelopeRefused, readEnvelope } from '../message/envelope.ts'
import { type ReceivedFault, readFault } from '../message/fault.ts'
import { CharsetRefused, decodeXml } from '../xml/charset.ts'
import { documentOf } from '../xml/element.ts'
import { XmlRefused } from '../xml/tree.ts'

/** What came back in the body of an envelope. */
interface Content {
  /** The first element, a document of its own, UTF-8; absent where the body is empty. */
  readonly element?: Uint8Array
  readonly fault?: ReceivedFault
}

/**
 * In the order of its lines. Returns the receipt, or throws the `DeliveryError` whose class is the instruction. Pure, as far as
 * `readAnswer` is. The format reads the body's first element, a Fault as well; of a Fault only `taken` is not believed. Where
 * the format cannot read a Fault, its code decides.
 * @param oneWay the operation has no answer: a success status is all there is
 */
export function judge(reply: Reply, readAnswer: ReadAnswer, oneWay = false): Receipt {
  if (reply.kind === 'never-connected')
    throw new LinkLost(`Not connected: ${reply.reason}`, { cause: reply.cause })
  if (reply.kind === 'no-answer')
    throw new OutcomeUnknown(`Sent, but no complete answer: ${reply.reason}`, {
      answer: reply.partial,
      cause: reply.cause,
    })

  const { status, body: answer, retryAfterMs: afterMs } = reply
  const content = contentOf(reply)
  const { element, fault } = typeof content === 'string' ? ({} as Content) : content
  const reading: AnswerReading =
    element === undefined ? { verdict: 'unreadable' } : readAnswer({ status, body: element })
  const about = reading.words ?? fault?.words ?? (typeof content === 'string' ? content : undefined)
  const said = `HTTP ${status}${about === undefined ? '' : `: ${about}`}`
  const duplicate = reading.verdict === 'duplicate'
  const receipt: Receipt = {
    ...(reading.reference === undefined ? {} : { reference: reading.reference }),
    ...(duplicate ? { duplicate: true } : {}),
    answer,
  }

  if (status >= 300 && status < 400)
    throw new Rejected('contract', `${said}. Redirects are not followed; set url to the final address.`, {
      answer,
    })
  if (status === 401 || status === 403)
    throw new Rejected('credential', `${said}. Check user, password and access rights.`, { answer })
  if (duplicate) return receipt
  if (status === 502 || status === 504)
    throw new OutcomeUnknown(`${said}. A gateway lost the answer.`, { answer })
  if (reading.verdict === 'retry') throw new RetryLater(said, { afterMs, answer })
  if (reading.verdict === 'refused') throw new Rejected('contract', said, { answer })
  if (fault?.blame === 'denied') throw new Rejected('credential', said, { answer })
  if (fault?.blame === 'sender') throw new Rejected('contract', said, { answer })
  if (fault?.blame === 'receiver') throw new RetryLater(said, { afterMs, answer })
  if (status === 408 || status === 429 || status === 503) throw new RetryLater(said, { afterMs, answer })
  if (status < 300 && fault === undefined) {
    if (reading.verdict === 'taken') return receipt
    if (oneWay && element === undefined && (typeof content !== 'string' || answer.length === 0))
      return receipt
    throw new OutcomeUnknown(`${said}. The answer cannot be read by the format's rules.`, { answer })
  }
  if (status >= 400 && status < 500 && typeof content === 'string')
    throw new Rejected('contract', said, { answer })
  throw new OutcomeUnknown(`${said}. The answer does not tell whether the message was taken.`, { answer })
}

/** What the answer holds; a text says why it holds nothing that can be read. */
function contentOf({ defect, body, contentType }: Answer): Content | string {
  if (defect === 'too-large') return 'the answer is larger than maxAnswerBytes'
  if (defect === 'compressed') return 'the answer is compressed, though only identity was accepted'
  try {
    const envelope = readEnvelope(decodeXml(body, contentType))
    const [first] = envelope.body
    return first === undefined
      ? {}
      : { ...faultIn(envelope), element: utf8(documentOf(envelope.source, first)) }
  } catch (error) {
    if (error instanceof XmlRefused || error instanceof EnvelopeRefused || error instanceof CharsetRefused)
      return `the answer is no SOAP envelope (${error.message})`
    throw error
  }
}

function faultIn({ source, version, body }: Envelope): Pick<Content, 'fault'> {
  const fault = body[0] && readFault(source, body[0], version)
  return fault === undefined ? {} : { fault }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
