/**
 * The receiver side of this kind's tests: a real server on the loopback that behaves as it is told, written with Node's own
 * HTTP and texts, so that it shares no reading of SOAP with the adapter.
 */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import fc from 'fast-check'
import type { ReadAnswer } from '../../hub/contract/adapter.ts'
import { type Arrival, type Behaviour, type Bench, type Receiver, referenceOf } from '../conformance.ts'
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

export class SoapReceiver implements Receiver<SoapConfig> {
  readonly arrivals: Arrival[] = []
  /** Whole envelopes, as text. */
  readonly envelopes: string[] = []
  readonly headers: http.IncomingHttpHeaders[] = []
  readonly #server: http.Server
  readonly #now: () => number
  readonly #sockets = new Set<Socket>()
  readonly #waiters = new Set<() => void>()
  #behaviour: Behaviour = { kind: 'take' }
  #strayed = 0

  constructor(now: () => number) {
    this.#now = now
    this.#server = http.createServer((request, response) => this.#receive(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#changed()
      })
    })
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get config(): SoapConfig {
    return configOf(`${this.origin}/services/CaseService`)
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
  }

  strayed(): number {
    return this.#strayed
  }

  arrived(count: number): Promise<void> {
    return this.#until(() => this.arrivals.length >= count)
  }

  quiet(): Promise<void> {
    return this.#until(() => this.#sockets.size === 0)
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve))
    }
  }

  #changed(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }

  async #receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.url === '/elsewhere') {
      this.#strayed++
      response.end(answerOf('200'))
      return
    }
    if (request.method === 'GET') {
      response.setHeader('content-type', 'text/xml')
      response.end('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>')
      return
    }
    const envelope = Buffer.concat(chunks).toString()
    const body = /<soap:Body>(.*)<\/soap:Body><\/soap:Envelope>$/s.exec(envelope)?.[1] ?? ''
    const messageId = /<hub:messageId [^>]*>([^<]*)</.exec(envelope)?.[1] ?? ''
    this.arrivals.push({ messageId, body: Buffer.from(body) })
    this.envelopes.push(envelope)
    this.headers.push(request.headers)
    this.#answer(response, messageId)
    this.#changed()
  }

  #answer(response: http.ServerResponse, messageId: string): void {
    const behaviour = this.#behaviour
    response.setHeader('content-type', 'text/xml;charset=UTF-8')
    switch (behaviour.kind) {
      case 'take':
        response.end(
          answerOf(
            '200',
            '请求成功',
            `<DATA><YWLSH>${behaviour.reference ?? referenceOf(messageId)}</YWLSH></DATA>`,
          ),
        )
        return
      case 'duplicate':
        response.writeHead(500).end(faultOf('soap:Server', '<STATUS>409</STATUS><DESC>duplicate</DESC>'))
        return
      case 'refuse':
        response.end(answerOf('422', behaviour.words))
        return
      case 'deny':
        response.writeHead(500).end(faultOf('wsse:FailedAuthentication', ''))
        return
      case 'busy': {
        const { seconds } = behaviour
        if (seconds !== undefined) {
          const instant = new Date(this.#now() + seconds * 1000).toUTCString()
          response.setHeader('retry-after', behaviour.as === 'instant' ? instant : seconds)
        }
        if (behaviour.because === 'rate') response.end(answerOf('429', '系统忙'))
        else response.writeHead(500).end(faultOf('soap:Server', ''))
        return
      }
      case 'silent':
        return
      case 'cut':
        if (behaviour.when === 'before-answer') {
          response.socket?.destroy()
        } else {
          response.writeHead(200, { 'content-length': 4000 })
          response.write(answerOf('200'), () => response.socket?.destroy())
        }
        return
      case 'flood': {
        const chunk = Buffer.alloc(65_536, ' ')
        response.write(answerOf('200'))
        const pour = () => {
          while (!response.destroyed && response.write(chunk));
        }
        response.on('drain', pour)
        pour()
        return
      }
      case 'gibberish':
        response.setHeader('content-type', 'text/html')
        response.end('<html><body>统一认证平台</body></html>')
        return
      case 'redirect':
        response.writeHead(307, { location: `${this.origin}/elsewhere` }).end()
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
