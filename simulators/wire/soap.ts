/** SOAP 1.1 in both directions: the hub calls the department's service, the department calls the hub's. */
import { prefixOf, type WireConfig } from '../deployment.ts'
import type { SoapReply, SoapSide } from '../formats/partner-format.ts'
import { trueRandomBytes } from '../time.ts'
import { awaitLetter, refused } from './found-letter.ts'
import { exchange, type HubAnswer, HubUnreachable } from './hub-client.ts'
import type { WireAnswer, WireHandler, WireRequest } from './server.ts'
import {
  faultIn,
  faultOf,
  type Opened,
  opened,
  SOAP_MEDIA,
  sealed,
  textOf,
  usernameToken,
  wrongToken,
} from './soap-envelope.ts'
import type { Carrier, Wire, WireParts } from './wire.ts'

interface OutboundConfig {
  readonly url: string
  readonly usernameToken?: { readonly username: string; readonly secret: string }
  readonly elementToken?: { readonly element: string; readonly secret: string }
}

interface InboundConfig {
  readonly path?: string
  readonly authentication: {
    readonly scheme: string
    readonly username: string
    readonly secret: string
  }
}

/** The department's service. */
export function openSoapDoor(parts: WireParts, { config }: WireConfig): Wire {
  const { url, usernameToken, elementToken } = config as OutboundConfig
  const { system, secret, time } = parts
  const token = usernameToken && { username: usernameToken.username, password: secret(usernameToken.secret) }
  const inElement = elementToken && { name: elementToken.element, word: secret(elementToken.secret) }
  const wrong = ({ header, content }: Opened): string | undefined => {
    if (inElement !== undefined && textOf(content, inElement.name) !== inElement.word)
      return `${inElement.name} does not fit`
    return token && wrongToken(header, token, time.now())
  }
  return { door: { prefix: prefixOf(system.id, url), handler: serviceOf(parts, wrong) } }
}

/** @param wrongIn what is wrong with who says that he calls, or undefined */
function serviceOf(
  { party, system, onTrouble }: WireParts,
  wrongIn: (call: Opened) => string | undefined,
): WireHandler {
  const fault = (code: string, words: string): WireAnswer => {
    onTrouble(system.id, new Error(`a call was not understood: ${words}`))
    return enveloped(500, faultOf({ code, words }))
  }
  return (request) => {
    const instead = party.faults.insteadOfHandling()
    if (instead !== undefined) return instead
    if (request.method !== 'POST') return { kind: 'answer', status: 204, contentType: SOAP_MEDIA, body: '' }
    const call = read(request)
    if (call instanceof Error) return fault('Client', call.message)
    const wrong = wrongIn(call)
    if (wrong !== undefined) return fault('Client.Authentication', wrong)
    // The block in the envelope is what is passed on where several gateways lie between; what HTTP says is said for one hop.
    const messageId = textOf(call.header, 'messageId')
    const type = request.headers['x-hub-type']
    const caseNo = request.headers['x-hub-case']
    if (messageId === undefined || typeof type !== 'string' || typeof caseNo !== 'string')
      return fault('Client', 'messageId, x-hub-type or x-hub-case is missing')
    const about = { messageId, type, caseNo: decodeURIComponent(caseNo) }
    const { answer } = party.receive({ ...about, body: Buffer.from(call.content) })
    if (party.faults.losesAnswer()) return { kind: 'cut' }
    return enveloped(answer.status, answer.body.toString('utf8'))
  }
}

function read({ body }: WireRequest): Opened | Error {
  try {
    return opened(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function enveloped(status: number, content: string): WireAnswer {
  return { kind: 'answer', status, contentType: SOAP_MEDIA, body: sealed(content) }
}

/** Calls of the hub's service. @throws Error where the format has no side for SOAP, or the listener no username token */
export function openSoapCarrier(parts: WireParts, { config }: WireConfig): Wire {
  const { format, system, client, time, secret, hubAddress } = parts
  const { path = `/soap/${system.id}`, authentication } = config as InboundConfig
  const { soap } = format
  if (soap === undefined) throw new Error(`The format ${format.name} does not say how it writes in SOAP.`)
  if (authentication.scheme !== 'username-token')
    throw new Error(`The simulators prove themselves at ${path} by a username token only.`)
  const token = { username: authentication.username, password: secret(authentication.secret) }

  const call = (content: string, signal: AbortSignal): Promise<HubAnswer> =>
    exchange(new URL(path, hubAddress()), {
      method: 'POST',
      headers: { 'content-type': SOAP_MEDIA, soapaction: '""' },
      body: Buffer.from(sealed(content, usernameToken(token, trueRandomBytes(16), time.now()))),
      signal,
    })
  const carrier: Carrier = {
    carry: async (sending, signal) => {
      const { status, body } = await call(sending.body.toString('utf8'), signal)
      const { verdict, words } = replyOf(soap, status, body)
      if (verdict === 'refused') return refused(words)
      if (verdict === 'later') throw new HubUnreachable(`${path} was answered ${status}: ${words}`)
      return awaitLetter(sending, { client, time, format }, signal)
    },
  }
  return { carrier }
}

/** What is no envelope, or a Fault of the hub's own side, is no word of the hub's: the call is made again. */
function replyOf(soap: SoapSide, status: number, body: Buffer): SoapReply {
  const text = body.toString('utf8')
  const answer = /<(?:[\w.-]+:)?Envelope[\s>]/.test(text) ? opened(text) : undefined
  if (answer === undefined) return { verdict: 'later', words: text.slice(0, 200) }
  const fault = faultIn(answer.content)
  if (fault === undefined) return soap.readReply(answer.content)
  return { verdict: fault.code.startsWith('Client') ? 'refused' : 'later', words: `${status} ${fault.words}` }
}
