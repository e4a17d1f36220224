/** The sender side of this kind's tests: an old client of a partner, written with Node's own HTTP and texts. */
import { createHash, randomBytes } from 'node:crypto'
import http from 'node:http'
import type { Fate, Sender, SenderBench, Sending } from '../listener-conformance.ts'
import { documentTexts } from './bench.ts'
import type { SoapListenConfig } from './soap.ts'

export const USERNAME = '南阳市受理系统'
export const PASSWORD = 'synthetic <&> 密码'
const PATH = '/soap/city-411300'

export const LISTEN_CONFIG: SoapListenConfig = {
  authentication: {
    scheme: 'username-token',
    username: USERNAME,
    secret: 'CITY_PASSWORD',
    password: 'either',
  },
  operations: [
    {
      namespace: 'http://ws.demo.gov/',
      element: 'receiveCase',
      answer: { namespace: 'http://ws.demo.gov/', element: 'receiveCaseResponse', string: 'return' },
    },
    { namespace: 'http://ws.demo.gov/', element: 'askBack' },
  ],
  maxBodyBytes: 200_000,
}

export interface Posted {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** One request, as bytes; resolves with the answer even where the server hangs up before it has read everything. */
export function post(
  address: string,
  body: string | Uint8Array,
  { method = 'POST', headers = {} }: { method?: string; headers?: http.OutgoingHttpHeaders } = {},
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const request = http.request(address, {
      method,
      agent: false,
      headers: {
        'content-type': 'text/xml; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
    })
    let answered = false
    request.on('error', (error) => {
      if (!answered) reject(error)
    })
    request.on('response', (response) => {
      answered = true
      const chunks: Buffer[] = []
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', done).on('error', done)
    })
    request.end(body)
  })
}

export const NAMESPACES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
}

/** An envelope; the body's own prefix `w` is declared on it, as generated clients do. */
export function envelope(body: string, header = token(), version: '1.1' | '1.2' = '1.1'): string {
  return `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="${NAMESPACES[version]}" xmlns:w="http://ws.demo.gov/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Header>${header}</e:Header><e:Body>${body}</e:Body></e:Envelope>`
}

export interface TokenWishes {
  readonly username?: string
  readonly password?: string
  readonly type?: 'digest' | 'text'
  readonly created?: string
  readonly nonce?: string
}

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-'

export function token({
  username = USERNAME,
  password = PASSWORD,
  type = 'digest',
  created = new Date().toISOString(),
  nonce = randomBytes(16).toString('base64'),
}: TokenWishes = {}): string {
  const digest = createHash('sha1')
    .update(Buffer.concat([Buffer.from(nonce, 'base64'), Buffer.from(created + password)]))
    .digest('base64')
  const [kind, value] = type === 'text' ? ['PasswordText', escaped(password)] : ['PasswordDigest', digest]
  return `<o:Security e:mustUnderstand="1" xmlns:o="${WSS}wssecurity-secext-1.0.xsd"><o:UsernameToken><o:Username>${escaped(username)}</o:Username><o:Password Type="${WSS}username-token-profile-1.0#${kind}">${value}</o:Password><o:Nonce>${nonce}</o:Nonce><u:Created xmlns:u="${WSS}wssecurity-utility-1.0.xsd">${created}</u:Created></o:UsernameToken></o:Security>`
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Puts a text into the hub's own operation. */
export function submit(text: string, contentType: string, key?: string): string {
  const idempotencyKey = key === undefined ? '' : `<h:idempotencyKey>${key}</h:idempotencyKey>`
  return `<h:submit xmlns:h="urn:henan-integration-hub:messages:1">${idempotencyKey}<h:document contentType="${contentType}">${escaped(text)}</h:document></h:submit>`
}

/** Sends by the hub's own operation, and reads answers with expressions of its own. */
class SoapSender implements Sender<SoapListenConfig> {
  readonly config = LISTEN_CONFIG
  readonly #address: string
  readonly #fates = new Map<string, Fate>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(address: string) {
    this.#address = address
  }

  async send({ id, body, contentType }: Sending): Promise<void> {
    this.#fates.set(id, { kind: 'open' })
    const call = submit(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body), contentType, id)
    const sent = post(this.#address + PATH, envelope(call)).then(
      (answer) => void this.#fates.set(id, fateIn(answer)),
      () => undefined,
    )
    this.#underWay.add(sent)
    sent.finally(() => this.#underWay.delete(sent))
  }

  async fate(id: string): Promise<Fate> {
    return this.#fates.get(id) ?? { kind: 'open' }
  }

  async cut(): Promise<void> {}

  async mend(): Promise<void> {}

  async stop(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }
}

function fateIn({ status, text }: Posted): Fate {
  const reference = /<hub:messageId>([^<]*)</.exec(text)?.[1]
  if (status === 200) return { kind: 'taken', ...(reference === undefined ? {} : { reference }) }
  if (text.includes('<faultcode>soap:Server<')) return { kind: 'later' }
  if (text.includes('<faultcode>soap:Client<'))
    return { kind: 'refused', words: /<hub:words[^>]*>([^<]*)</.exec(text)?.[1] ?? '' }
  return { kind: 'open' }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

export const senderBench: SenderBench<SoapListenConfig> = {
  start: async (address) => new SoapSender(address),
  secrets: { CITY_PASSWORD: PASSWORD },
  lacks: {
    redelivery: 'the sender waits for the answer and repeats by itself',
    order: 'calls are independent of each other',
    cut: 'the front door is the hub’s own',
  },
  documents: {
    any: documentTexts.map((text) => ({
      id: 'A',
      body: encode(text),
      contentType: 'application/xml; charset=utf-8',
    })),
    sample: (id) => ({
      id,
      body: encode(`<D><ID>${id}</ID><SQRZJHM>410101190001010015</SQRZJHM></D>`),
      contentType: 'application/xml; charset=utf-8',
    }),
  },
  tooLarge: (id) => ({ id, body: encode('x'.repeat(300_000)), contentType: 'text/plain; charset=utf-8' }),
}
