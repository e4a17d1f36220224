/** Posts each message to one HTTP endpoint of its receiver, and judges what comes back. */
import type {
  AdapterKind,
  AnswerReading,
  Link,
  LinkServices,
  Outbound,
  ReadAnswer,
  Receipt,
} from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import type { ListenServices } from '../../hub/contract/listener.ts'
import type { Answer, HttpClient, HttpRequest, Reply } from '../shared/http.ts'
import { configuredClient, type HttpOptions, type HttpSettings } from '../shared/http-options.ts'
import { messageHeaders } from '../shared/message-headers.ts'
import { configFaultsOf, defaultsOf } from '../shared/options.ts'
import { openSigner, type SigningConfig } from '../shared/signing/schemes.ts'
import type { Signer } from '../shared/signing/signer.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import listenSchema from './listen.schema.json' with { type: 'json' }
import { doorOf, openRestListener, type RestListenConfig } from './listener.ts'

/** As checked by config.schema.json, which describes every field and holds the defaults. */
export interface RestConfig extends HttpOptions {
  readonly url: string
  readonly method?: 'POST' | 'PUT' | 'PATCH'
  readonly probePath?: string
  readonly signing?: SigningConfig
  readonly headers?: Readonly<Record<string, string>>
}

type Settings = RestConfig & HttpSettings & Required<Pick<RestConfig, 'method' | 'signing' | 'headers'>>

export const rest = {
  name: 'rest',
  summary: 'Posts each message to one HTTP endpoint; takes requests of partners with schemes of their own.',
  configSchema,
  traits: { ordered: true, queryable: false },
  open: async (config: RestConfig, services: LinkServices) => openRestLink(config, services),
  listenSchema,
  listen: async (config: RestListenConfig, services: ListenServices) => openRestListener(config, services),
  doors: (config: RestListenConfig, system: { readonly id: string }) =>
    config.bind === undefined ? [doorOf(config, system)] : [],
} satisfies AdapterKind<RestConfig, RestListenConfig>

/**
 * What an answer means: the whole policy of this adapter, in the order of its lines. Returns the receipt, or throws
 * the `DeliveryError` whose class is the instruction. Pure, as far as `readAnswer` is.
 *
 * The partner's own words decide where the status does not: a 200 may carry a refusal, a 500 a "we have it already".
 * Outside 2xx only `duplicate` and, for 4xx, `retry` are believed: a proxy's error page must not read as "taken".
 */
export function judge(reply: Reply, readAnswer: ReadAnswer): Receipt {
  if (reply.kind === 'never-connected') {
    throw new LinkLost(`Not connected: ${reply.reason}`, { cause: reply.cause })
  }
  if (reply.kind === 'no-answer') {
    throw new OutcomeUnknown(`Sent, but no complete answer: ${reply.reason}`, {
      answer: reply.partial,
      cause: reply.cause,
    })
  }

  const { status, body: answer, retryAfterMs: afterMs } = reply
  const reading = reply.defect === undefined ? readAnswer({ status, body: answer }) : defects[reply.defect]
  const said = `HTTP ${status}${reading.words ? `: ${reading.words}` : ''}`
  const receipt: Receipt = {
    ...(reading.reference === undefined ? {} : { reference: reading.reference }),
    ...(reading.verdict === 'duplicate' ? { duplicate: true } : {}),
    answer,
  }

  if (status >= 300 && status < 400) {
    throw new Rejected('contract', `${said}. Redirects are not followed; set url to the final address.`, {
      answer,
    })
  }
  if (status === 401 || status === 403) {
    throw new Rejected('credential', `${said}. Check the key, its secret and the access rights.`, { answer })
  }
  if (reading.verdict === 'duplicate') return receipt
  if (status < 300) {
    if (reading.verdict === 'taken') return receipt
    if (reading.verdict === 'retry') throw new RetryLater(said, { afterMs, answer })
    if (reading.verdict === 'refused') throw new Rejected('contract', said, { answer })
    throw new OutcomeUnknown(`${said}. The answer cannot be read by the format's rules.`, { answer })
  }
  if (status === 502 || status === 504)
    throw new OutcomeUnknown(`${said}. A gateway lost the answer.`, { answer })
  if (status >= 500 || status === 429 || status === 408) throw new RetryLater(said, { afterMs, answer })
  if (reading.verdict === 'retry') throw new RetryLater(said, { afterMs, answer })
  throw new Rejected('contract', said, { answer })
}

const defects: Readonly<Record<NonNullable<Answer['defect']>, AnswerReading>> = {
  sealed: { verdict: 'unreadable', words: 'the answer is sealed and cannot be opened with our keys' },
  'too-large': { verdict: 'unreadable', words: 'the answer is larger than maxAnswerBytes' },
  compressed: { verdict: 'unreadable', words: 'the answer is compressed, though only identity was accepted' },
}

function openRestLink(config: RestConfig, services: LinkServices): Link {
  const settings: Settings = { ...defaultsOf(configSchema.properties), ...config } as Settings
  const base = new URL(settings.url)
  const client = configuredClient(settings, { url: base }, services, configFaultsOf('rest'))
  const signer = openSigner(settings.signing, services)
  return new RestLink(settings, base, services, signer, client)
}

class RestLink implements Link {
  readonly #settings: Settings
  readonly #base: URL
  readonly #services: LinkServices
  readonly #signer: Signer
  readonly #client: HttpClient
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<Reply>>()

  constructor(settings: Settings, base: URL, services: LinkServices, signer: Signer, client: HttpClient) {
    this.#settings = settings
    this.#base = base
    this.#services = services
    this.#signer = signer
    this.#client = client
  }

  async deliver(message: Outbound, signal: AbortSignal): Promise<Receipt> {
    const reply = await this.#exchange(
      {
        method: this.#settings.method,
        url: addressOf(this.#base, message.hints.path ?? ''),
        headers: {
          'content-type': message.contentType,
          ...messageHeaders(message),
        },
        body: message.body,
      },
      message.messageId,
      signal,
      message.hints,
    )
    return judge(reply, this.#services.readAnswer)
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#probed(signal)
  }

  async partnerClock(signal: AbortSignal): Promise<number | undefined> {
    return (await this.#probed(signal)).dateMs
  }

  async #probed(signal: AbortSignal): Promise<Answer> {
    const { probePath } = this.#settings
    const id = Buffer.from(this.#services.randomBytes(16)).toString('hex')
    const request =
      probePath === undefined
        ? { method: 'OPTIONS', url: this.#base, headers: {} }
        : { method: 'GET', url: addressOf(this.#base, probePath), headers: {} }
    const reply = await this.#exchange(request, id, signal)
    const asked = `${request.method} ${request.url.pathname}`
    if (reply.kind !== 'answer') {
      throw new LinkLost(`Probe ${asked} got no answer: ${reply.reason}`, { cause: reply.cause })
    }
    const { status } = reply
    if (status === 502 || status === 503 || status === 504) {
      throw new RetryLater(`Probe ${asked} was answered HTTP ${status}`, { afterMs: reply.retryAfterMs })
    }
    if (probePath === undefined || status < 300) return reply
    if (status >= 500 || status === 429) throw new RetryLater(`Probe ${asked} was answered HTTP ${status}`)
    const kind = status === 401 || status === 403 ? 'credential' : 'contract'
    throw new Rejected(kind, `Probe ${asked} was answered HTTP ${status}`)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underWay)
    this.#client.close()
  }

  async #exchange(
    request: HttpRequest,
    id: string,
    signal: AbortSignal,
    hints?: Outbound['hints'],
  ): Promise<Reply> {
    const stop = AbortSignal.any([signal, this.#closing.signal])
    const exchange = this.#signed(request, id, hints, stop).then((signed) =>
      this.#client.exchange(signed, stop),
    )
    this.#underWay.add(exchange)
    try {
      const reply = await exchange
      if (reply.kind !== 'answer') return reply
      if (reply.status === 401 || reply.status === 403) this.#signer.refused?.()
      return this.#unsealed(reply)
    } finally {
      this.#underWay.delete(exchange)
    }
  }

  async #signed(
    request: HttpRequest,
    id: string,
    hints: Outbound['hints'] | undefined,
    stop: AbortSignal,
  ): Promise<HttpRequest> {
    const { headers, sealed } = await this.#signer.sign(
      {
        method: request.method,
        path: request.url.pathname,
        query: request.url.search.slice(1),
        body: request.body ?? new Uint8Array(),
        id,
        ...(hints === undefined ? {} : { hints }),
      },
      stop,
    )
    return {
      ...request,
      headers: {
        ...this.#settings.headers,
        ...request.headers,
        ...(sealed === undefined ? {} : { 'content-type': sealed.contentType }),
        ...headers,
      },
      ...(sealed === undefined ? {} : { body: sealed.body }),
    }
  }

  #unsealed(answer: Answer): Answer {
    if (this.#signer.unseal === undefined || answer.defect !== undefined) return answer
    try {
      return { ...answer, body: this.#signer.unseal(answer.body) }
    } catch {
      return { ...answer, defect: 'sealed' }
    }
  }
}

/**
 * The base address with a path appended below it; a query in either is kept. The result always has the base's scheme
 * and host, whatever the path holds.
 */
export function addressOf(base: URL, path: string): URL {
  const address = new URL(base)
  if (path === '') return address
  const [below = '', query = ''] = path.split(/\?(.*)/s)
  address.pathname = `${base.pathname.replace(/\/+$/, '')}/${below.replace(/^\/+/, '')}`
  address.search = [base.search.slice(1), query].filter((part) => part !== '').join('&')
  return address
}
