/** What a signing scheme has to fetch before it can sign: a token, or the secret of this hour. Kept until it expires. */
import { lookup } from 'node:dns'
import type { LinkServices } from '../../../hub/contract/adapter.ts'
import { LinkLost, Rejected } from '../../../hub/contract/errors.ts'
import { addressGuard } from '../addresses.ts'
import { type HttpClient, type HttpRequest, hostAndPort, openHttpClient } from '../http.ts'

export type SigningServices = Pick<LinkServices, 'clock' | 'randomBytes' | 'secret'>

export interface Fetched<Value> {
  readonly value: Value
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

const MAX_ANSWER_BYTES = 65_536
const CONNECT_TIMEOUT_MS = 5_000

/** A value that is fetched when it is needed and kept until shortly before it expires; several askers share one request. */
export class Kept<Value> {
  readonly #fetch: (signal: AbortSignal) => Promise<Fetched<Value>>
  readonly #services: SigningServices
  readonly #marginMs: number
  #kept: Fetched<Value> | undefined
  #fetching: Promise<Fetched<Value>> | undefined

  /** @param marginMs how long before its end a value is no longer used */
  constructor(
    fetch: (signal: AbortSignal) => Promise<Fetched<Value>>,
    services: SigningServices,
    marginMs: number,
  ) {
    this.#fetch = fetch
    this.#services = services
    this.#marginMs = marginMs
  }

  async get(signal: AbortSignal): Promise<Value> {
    if (this.#kept !== undefined && this.#kept.expiresAtMs - this.#marginMs > this.#services.clock.now())
      return this.#kept.value
    this.#fetching ??= this.#fetch(signal).finally(() => {
      this.#fetching = undefined
    })
    this.#kept = await this.#fetching
    return this.#kept.value
  }

  drop(): void {
    this.#kept = undefined
  }
}

/** A client for one address and no other. */
export function clientFor(url: URL, { clock }: SigningServices): HttpClient {
  return openHttpClient({
    allowHosts: [hostAndPort(url)],
    guard: addressGuard(undefined, lookup),
    tls: {},
    maxAnswerBytes: MAX_ANSWER_BYTES,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    // Asked once in a while: a kept connection would be closed by the time of the next request.
    idleSocketMs: 0,
    maxSockets: 2,
    clock,
  })
}

/**
 * The JSON object that the address answers.
 * @throws LinkLost where it cannot be had now; Rejected('credential') where we are refused
 */
export async function askJson(
  client: HttpClient,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const asked = `${request.method} ${request.url.host}${request.url.pathname}`
  const reply = await client.exchange(request, signal)
  if (reply.kind !== 'answer') throw new LinkLost(`${asked}: ${reply.reason}`, { cause: reply.cause })
  const { status, body } = reply
  if (status >= 400 && status < 500 && status !== 408 && status !== 429)
    throw new Rejected('credential', `${asked} was answered HTTP ${status}; check the key and its secret.`)
  if (status >= 300) throw new LinkLost(`${asked} was answered HTTP ${status}.`)
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // Told below, like JSON that is no object.
  }
  throw new LinkLost(`${asked} was answered with something that is no JSON object.`)
}
