/**
 * The inbound half: a SOAP service at the hub's front door. Own code, not the server of the soap package: that one reads
 * bodies without a limit, inflates what it is sent, takes a DOCTYPE, answers what it does not know with a stack trace, and
 * makes objects of the document, while what has to be handed over is the sender's own text. Its client calls this service in
 * the tests, by the WSDL that is published.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StoreError } from '../../../hub/contract/errors.ts'
import type { Listener, ListenerStatus, ListenServices } from '../../../hub/contract/listener.ts'
import { PROBLEMS, type ProblemCode } from '../../../hub/contract/problems.ts'
import { configFaultsOf } from '../../shared/options.ts'
import { FileRefused } from '../local-file.ts'
import {
  type Envelope,
  EnvelopeRefused,
  MEDIA_TYPES,
  notUnderstood,
  readEnvelope,
  type SoapVersion,
} from '../message/envelope.ts'
import type { Refusal } from '../message/fault.ts'
import { isSecurity } from '../message/username-token.ts'
import { CharsetRefused, decodeXml, mediaTypeOf } from '../xml/charset.ts'
import { escapeText, textOf } from '../xml/element.ts'
import { type Words, type XmlElement, XmlRefused } from '../xml/tree.ts'
import { type Answer, answerFor, faultAnswer } from './answer.ts'
import { type Authenticate, authenticator } from './authenticate.ts'
import { doorOf, type ListenSettings } from './config.ts'
import { describeService } from './description.ts'
import { CallRefused, readCall, visible } from './document.ts'
import { type Describe, readDescription } from './partner-description.ts'
import { readBody } from './request-body.ts'
import { send, sendDescription, wantsDescription } from './respond.ts'

// Hand-written clients of SOAP 1.1 send application/xml.
const CALL_MEDIA_TYPES = [...Object.values(MEDIA_TYPES), 'application/xml']

/** What a Fault of the listener's own says; `status` where it is not the version's own. */
class Refused extends Error {
  readonly refusal: Refusal
  readonly status: number | undefined

  constructor(blame: Refusal['blame'], code: ProblemCode, words: Words, status?: number) {
    super(words.en)
    const { zh, en } = PROBLEMS[code]
    const later = code === 'HUB_STOPPING' || code === 'STORE_UNAVAILABLE' ? { retryAfterMs: 5_000 } : {}
    this.refusal = { blame, code, title: { zh, en }, words, ...later }
    this.status = status
  }
}

/** @throws ConfigError where the path is taken, the secret not known, or the WSDL cannot be shown */
export async function listenSoap(settings: ListenSettings, services: ListenServices): Promise<Listener> {
  const path = doorOf(settings, services.system)
  const { wsdl, wsdlFolder } = settings
  const describe =
    wsdl === undefined
      ? describeService
      : await readDescription(wsdlFolder, wsdl).catch((error: unknown) => {
          if (!(error instanceof FileRefused)) throw error
          throw configFaultsOf('soap')('/wsdl', `${error.message}.`, 'Mend the WSDL or the option.')
        })
  const listener = new SoapListener(settings, services, path, describe)
  listener.open()
  return listener
}

class SoapListener implements Listener {
  readonly #settings: ListenSettings
  readonly #services: ListenServices
  readonly #path: string
  readonly #describe: Describe
  readonly #authenticate: Authenticate
  readonly #underWay = new Set<Promise<void>>()
  #status: ListenerStatus
  #unmount: () => void = () => {}

  constructor(settings: ListenSettings, services: ListenServices, path: string, describe: Describe) {
    this.#settings = settings
    this.#services = services
    this.#path = path
    this.#describe = describe
    this.#authenticate = authenticator(settings.authentication, services)
    this.#status = { state: 'opening', sinceMs: services.clock.now() }
  }

  open(): void {
    this.#unmount = this.#services.door.mount(this.#path, (request, response) => {
      this.#handle(request, response)
    })
    this.#status = { state: 'open', sinceMs: this.#services.clock.now() }
  }

  status(): ListenerStatus {
    return this.#status
  }

  async close(): Promise<void> {
    this.#unmount()
    if (this.#status.state !== 'closed')
      this.#status = { state: 'closed', sinceMs: this.#services.clock.now() }
    await Promise.allSettled(this.#underWay)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock } = this.#services
    if (request.method === 'GET' && wantsDescription(request))
      return sendDescription(
        request,
        response,
        this.#describe,
        this.#settings.publicAddress ?? { path: this.#path },
      )
    let version = versionOf(request)
    try {
      const envelope = await this.#read(request)
      if (envelope === undefined) return
      version = envelope.version
      const taken = this.#take(envelope, request)
      // Whoever still sends is not waited for when the listener closes; whose document was handed over is.
      const settled = taken.then((answer) => send(request, response, version, answer, clock))
      this.#underWay.add(settled)
      await settled.finally(() => this.#underWay.delete(settled))
    } catch (error) {
      const answer = this.#answerTo(error, version)
      // Nothing can be said any more to whom an answer was begun.
      if (response.headersSent) response.destroy()
      else send(request, response, version, answer, clock)
    }
  }

  /** Undefined where the sender has gone. @throws Refused and what the readers throw */
  async #read(request: IncomingMessage): Promise<Envelope | undefined> {
    const { method, headers } = request
    if (pathOf(request) !== this.#path)
      throw new Refused(
        'sender',
        'NOT_FOUND',
        { zh: `服务地址是 ${this.#path}`, en: `The address of the service is ${this.#path}.` },
        404,
      )
    if (method !== 'POST')
      throw new Refused('sender', 'METHOD_NOT_ALLOWED', { zh: '调用请用 POST', en: 'Calls are POST.' }, 405)
    const media = mediaTypeOf(headers['content-type'])
    if (!CALL_MEDIA_TYPES.includes(media))
      throw new Refused(
        'sender',
        'REQUEST_MEDIA_TYPE',
        {
          zh: `请用 ${Object.values(MEDIA_TYPES).join(' 或 ')}，不带附件`,
          en: `Calls are ${Object.values(MEDIA_TYPES).join(' or ')}, without attachments.`,
        },
        415,
      )
    if ((headers['content-encoding'] ?? 'identity').trim().toLowerCase() !== 'identity')
      throw new Refused(
        'sender',
        'REQUEST_MEDIA_TYPE',
        { zh: '不接受压缩的请求', en: 'Compressed requests are not taken.' },
        415,
      )
    const { maxBodyBytes } = this.#settings
    const bytes = await readBody(request, maxBodyBytes)
    if (bytes === 'gone') return undefined
    if (bytes === 'too-large')
      throw new Refused(
        'sender',
        'REQUEST_TOO_LARGE',
        { zh: `请求不得超过 ${maxBodyBytes} 字节`, en: `A request may have ${maxBodyBytes} bytes.` },
        413,
      )
    refuseDocumentType(bytes)
    return readEnvelope(decodeXml(bytes, headers['content-type']))
  }

  async #take(envelope: Envelope, request: IncomingMessage): Promise<Answer> {
    const { version } = envelope
    if (this.#status.state !== 'open')
      throw new Refused('receiver', 'HUB_STOPPING', {
        zh: '枢纽正在停止，请稍后重发',
        en: 'The hub is stopping; send it again in a moment.',
      })
    const unknown = notUnderstood(envelope, (block) => isSecurity(block) || isAddressing(block))
    if (unknown.length > 0)
      throw new Refused('header', 'REQUEST_PARAMETER', {
        zh: `报头 ${unknown[0]?.local.slice(0, 100)} 要求必须理解，但枢纽不认识它`,
        en: `The header block ${unknown[0]?.local.slice(0, 100)} must be understood and is not known.`,
      })
    const known = await this.#authenticate(envelope)
    if (known === undefined) {
      const { log, system } = this.#services
      log.warn(
        { system: system.id, from: request.socket.remoteAddress },
        'a SOAP call did not show who sends it',
      )
      throw new Refused('sender', 'AUTH_FAILED', {
        zh: '无法由此调用确认发送方',
        en: 'The call does not show who sends it.',
      })
    }
    const { document, operation } = readCall(known, this.#settings.operations)
    const outcome = await this.#services.receive({ ...document, ...fromHeaders(request) })
    return answerFor(outcome, { version, operation, header: relatesTo(envelope) })
  }

  #answerTo(error: unknown, version: SoapVersion): Answer {
    if (error instanceof Refused) return faultAnswer(version, error.refusal, error.status)
    const own = asRefused(error)
    if (own !== undefined) return faultAnswer(version, own.refusal, own.status)
    this.#services.log.error(
      { system: this.#services.system.id, error },
      'a SOAP call met an error of the listener',
    )
    const words = {
      zh: '枢纽自身出错，原因见其日志',
      en: 'The hub has an error of its own; its log tells which.',
    }
    return faultAnswer(version, new Refused('receiver', 'INTERNAL', words).refusal)
  }
}

function asRefused(error: unknown): Refused | undefined {
  if (error instanceof XmlRefused)
    return new Refused('sender', error.kind === 'limit' ? 'REQUEST_TOO_DEEP' : 'REQUEST_NOT_XML', error.words)
  if (error instanceof EnvelopeRefused)
    return new Refused(error.kind === 'version' ? 'version' : 'sender', 'REQUEST_NOT_XML', error.words)
  if (error instanceof CharsetRefused) return new Refused('sender', 'REQUEST_CHARSET', error.words)
  // A nonce could not be looked up; nothing was judged.
  if (error instanceof StoreError)
    return new Refused('receiver', 'STORE_UNAVAILABLE', {
      zh: '枢纽暂时不能存储，请稍后重发',
      en: 'The hub cannot store anything for now; send it again in a moment.',
    })
  if (error instanceof CallRefused) return new Refused('sender', 'REQUEST_PARAMETER', error.words)
  return undefined
}

/**
 * On bytes, before anything is parsed: in every charset that is read, these bytes are these characters. A text that holds
 * an inner document with a DOCTYPE in a CDATA section is refused as well.
 */
function refuseDocumentType(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY'))
    throw new Refused('sender', 'REQUEST_NOT_XML', {
      zh: '不接受 DOCTYPE 和自定义实体',
      en: 'A DOCTYPE and entities of its own are not taken.',
    })
}

function versionOf({ headers }: IncomingMessage): SoapVersion {
  return mediaTypeOf(headers['content-type']) === MEDIA_TYPES['1.2'] ? '1.2' : '1.1'
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string
}

function fromHeaders({ headers }: IncomingMessage): { idempotencyKey?: string; traceparent?: string } {
  const key = headers['idempotency-key']
  const { traceparent } = headers
  return {
    ...(typeof key === 'string' ? { idempotencyKey: visible(key, 'Idempotency-Key') } : {}),
    ...(typeof traceparent === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent)
      ? { traceparent }
      : {}),
  }
}

// WS-Addressing 1.0 and the submission of 2004 that many clients still send.
const ADDRESSING = [
  'http://www.w3.org/2005/08/addressing',
  'http://schemas.xmlsoap.org/ws/2004/08/addressing',
]

function isAddressing({ namespace }: XmlElement): boolean {
  return ADDRESSING.includes(namespace)
}

/** The answer goes where it was asked, and says to which message it belongs. */
function relatesTo({ header, source }: Envelope): string {
  const id = header.find((block) => isAddressing(block) && block.local === 'MessageID')
  if (id === undefined) return ''
  const text = escapeText(textOf(source, id).trim().slice(0, 500))
  return `<wsa:RelatesTo xmlns:wsa="${id.namespace}">${text}</wsa:RelatesTo>`
}
