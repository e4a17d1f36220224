/**
 * The receiver side of this kind's tests: a real server on the loopback that behaves as it is told, written with Node's own
 * HTTP and texts, so that it shares no reading of SOAP with the adapter.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import type { ReadAnswer } from '../../hub/contract/adapter.ts'
import { type Arrival, type Bench, referenceOf } from '../conformance.ts'
import { HttpReceiver, type Saying } from '../http-receiver.ts'
import { unusedPort } from '../unused-port.ts'
import type { SoapConfig } from './sending/config.ts'

/** The folder of the tests' WSDL. */
export const WSDL_FOLDER = new URL('testing', import.meta.url).pathname

/**
 * Reads what the receiver below answers: XML in a string, `<return>&lt;RESULT&gt;…`, as an old department answers. The
 * number is cut out of the text, so that 18 digits stay 18 digits.
 */
export const readAnswer: ReadAnswer = ({ body }) => {
  const text = new TextDecoder('utf-8', { fatal: true })
    .decode(body)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
  const status = /<STATUS>(\d+)<\/STATUS>/.exec(text)?.[1] ?? ''
  const verdict = ({ 200: 'taken', 409: 'duplicate', 429: 'retry', 422: 'refused' } as const)[status]
  const reference = /<YWLSH>([^<]*)<\/YWLSH>/.exec(text)?.[1]
  const words = /<DESC>([^<]*)<\/DESC>/.exec(text)?.[1]
  return {
    verdict: verdict ?? 'unreadable',
    ...(reference === undefined ? {} : { reference }),
    ...(words === undefined ? {} : { words }),
  }
}

export class SoapReceiver extends HttpReceiver<SoapConfig> {
  /** Whole envelopes, as text. */
  readonly envelopes: string[] = []
  protected readonly contentType = 'text/xml;charset=UTF-8'
  protected readonly beginning = answerOf('200')

  get config(): SoapConfig {
    return configOf(`${this.origin}/services/CaseService`)
  }

  protected read({ method }: IncomingMessage, bytes: Buffer): Arrival | undefined {
    if (method === 'GET') return undefined
    const envelope = bytes.toString()
    this.envelopes.push(envelope)
    const body = /<soap:Body>(.*)<\/soap:Body><\/soap:Envelope>$/s.exec(envelope)?.[1] ?? ''
    const messageId = /<hub:messageId [^>]*>([^<]*)</.exec(envelope)?.[1] ?? ''
    return { messageId, body: Buffer.from(body) }
  }

  protected answerProbe(response: ServerResponse): void {
    response.end('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>')
  }

  protected say(saying: Saying, response: ServerResponse, messageId: string): void {
    switch (saying.kind) {
      case 'take': {
        const number = saying.reference ?? referenceOf(messageId)
        response.end(answerOf('200', '请求成功', `<DATA><YWLSH>${number}</YWLSH></DATA>`))
        return
      }
      case 'duplicate':
        response.writeHead(500).end(faultOf('soap:Server', '<STATUS>409</STATUS><DESC>duplicate</DESC>'))
        return
      case 'refuse':
        response.end(answerOf('422', saying.words))
        return
      case 'deny':
        response.writeHead(500).end(faultOf('wsse:FailedAuthentication', ''))
        return
      case 'busy':
        if (saying.because === 'rate') response.end(answerOf('429', '系统忙'))
        else response.writeHead(500).end(faultOf('soap:Server', ''))
    }
  }
}

/** An answer whose document is a string again. */
export function answerOf(status: string, words = '', more = ''): string {
  const inner = `<?xml version="1.0" encoding="GBK"?><RESULT><STATUS>${status}</STATUS><DESC>${words}</DESC>${more}</RESULT>`
  const escaped = inner.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><ns2:receiveCaseResponse xmlns:ns2="http://ws.demo.gov/"><return>${escaped}</return></ns2:receiveCaseResponse></S:Body></S:Envelope>`
}

export function faultOf(code: string, detail: string): string {
  return `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>${code}</faultcode><faultstring>it did not work</faultstring><detail>${detail}</detail></soap:Fault></soap:Body></soap:Envelope>`
}

function configOf(url: string): SoapConfig {
  return {
    url,
    wsdl: 'legacy-department.wsdl',
    wsdlFolder: WSDL_FOLDER,
    operation: 'receiveCase',
    maxAnswerBytes: 4096,
    usernameToken: { username: '河南枢纽', secret: 'PARTNER_PASSWORD', password: 'digest' },
  }
}

/** What the operation takes: an element with a document in a string, in whatever way a format may write it. */
export function receiveCase(inner: string): string {
  return `<w:receiveCase xmlns:w="http://ws.demo.gov/"><accessToken>DEMO</accessToken><xmlStr>${inner}</xmlStr></w:receiveCase>`
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Text that XML can carry. */
const characters = fc
  .string({ unit: 'binary', maxLength: 3_000, size: 'max' })
  .map((text) =>
    text.toWellFormed().replaceAll(/[^\t\n\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '测'),
  )

/** Elements of the operation, as text. */
export const documentTexts = fc.oneof(
  characters.map((text) =>
    receiveCase(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')),
  ),
  characters.map((text) =>
    receiveCase(`<![CDATA[<?xml version="1.0" encoding="GBK"?>\n<D>${text.replaceAll(']]>', ']]')}</D>]]>`),
  ),
)

export const bench: Bench<SoapConfig> = {
  start: (now) => new SoapReceiver(now).listen(),
  unreachable: async () => configOf(`http://127.0.0.1:${await unusedPort()}/services/CaseService`),
  readAnswer,
  secrets: { PARTNER_PASSWORD: 'synthetic <&> 密码' },
  lacks: { 'content-type': 'the envelope has a media type of its own, and what is in it is UTF-8' },
  bodies: {
    any: documentTexts.map((text) => ({
      contentType: 'application/xml; charset=utf-8',
      body: encode(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`),
    })),
    sample: {
      contentType: 'application/xml; charset=utf-8',
      body: encode(receiveCase('<![CDATA[<SQRZJHM>410101190001010015</SQRZJHM>]]>')),
    },
    arrives: (body) => encode(new TextDecoder().decode(body).replace(/^<\?xml[^>]*\?>\n/, '')),
  },
}
