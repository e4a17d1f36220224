/**
 * Thin notifications: the message says only that something happened and where to read it. What is read may be newer than the
 * notice (the partner's record has moved on); the hub's own checks decide what a later notice then adds.
 */
import { DeliveryError } from '../../hub/contract/errors.ts'
import type { Inbound, ListenServices } from '../../hub/contract/listener.ts'
import { configuredGuard } from '../shared/addresses.ts'
import { type HttpClient, hostAndPort, openHttpClient, type Reply } from '../shared/http.ts'
import { configFaultsOf } from '../shared/options.ts'
import { openSigner, type SigningConfig } from '../shared/signing/schemes.ts'
import type { Signer } from '../shared/signing/signer.ts'

export interface FetchConfig {
  readonly url: string
  /** JSON pointer to the path in a notice. */
  readonly path: string
  readonly signing?: SigningConfig
  readonly timeoutMs?: number
  readonly maxAnswerBytes?: number
  readonly allowAddresses?: readonly string[]
}

export type Fetched =
  | { readonly kind: 'whole'; readonly document: Pick<Inbound, 'body' | 'contentType'> }
  /**
   * The partner cannot answer now; for as long as it takes. `unwelcome`: it does not let us in or sends us elsewhere, which
   * every notice would meet alike, until somebody mends our credential or the address. The words name no record.
   */
  | { readonly kind: 'later'; readonly words: string; readonly unwelcome: boolean }
  /** What the notice is about is not there (yet): the partner told of it before it could be read. */
  | { readonly kind: 'absent'; readonly words: string }
  | { readonly kind: 'refused'; readonly words: string }

export interface Fetcher {
  fetch(notice: Uint8Array, id: string, signal: AbortSignal): Promise<Fetched>
  close(): void
}

const CONNECT_TIMEOUT_MS = 5_000
const MAX_SOCKETS = 8

/** @throws ConfigError where the options cannot work */
export function openFetcher(config: FetchConfig, services: ListenServices): Fetcher {
  const { url, signing = { scheme: 'none' }, timeoutMs = 10_000, maxAnswerBytes = 1_048_576 } = config
  const base = new URL(url)
  const signer = openSigner(signing, services)
  const client = openHttpClient({
    allowHosts: [hostAndPort(base)],
    guard: configuredGuard(config.allowAddresses, '/fetch/allowAddresses', configFaultsOf('amqp')),
    tls: {},
    maxAnswerBytes,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    idleSocketMs: 4_000,
    maxSockets: MAX_SOCKETS,
    clock: services.clock,
  })
  return {
    async fetch(notice, id, signal) {
      const path = pathIn(notice, config.path)
      if (path === undefined) {
        return {
          kind: 'refused',
          words: `通知中 ${config.path} 处没有以 / 开头的路径。/ No path that begins with / at ${config.path}.`,
        }
      }
      const address = below(base, path)
      if (address === undefined) {
        return {
          kind: 'refused',
          words: `通知中 ${config.path} 处的路径越出了取数地址。/ The path at ${config.path} leaves the address of option fetch.url.`,
        }
      }
      const reply = await exchange(client, signer, address, id, { signal, timeoutMs, services })
      return judge(reply, notice, address.pathname)
    },
    close: () => client.close(),
  }
}

async function exchange(
  client: HttpClient,
  signer: Signer,
  url: URL,
  id: string,
  {
    signal,
    timeoutMs,
    services,
  }: { readonly signal: AbortSignal; readonly timeoutMs: number; readonly services: ListenServices },
): Promise<Reply> {
  const limit = new AbortController()
  const timer = services.clock.after(timeoutMs, () =>
    limit.abort(new Error(`no answer within ${timeoutMs} ms`)),
  )
  const stop = AbortSignal.any([signal, limit.signal])
  const request = { path: url.pathname, query: url.search.slice(1), body: new Uint8Array(), id }
  try {
    const { headers } = await signer.sign({ ...request, method: 'GET' }, stop)
    return await client.exchange({ method: 'GET', url, headers }, stop)
  } catch (error) {
    // What signing needs could not be had; nothing was sent.
    if (error instanceof DeliveryError) return { kind: 'never-connected', reason: error.message }
    throw error
  } finally {
    timer.cancel()
  }
}

function judge(reply: Reply, notice: Uint8Array, path: string): Fetched {
  if (reply.kind !== 'answer') return { kind: 'later', words: reply.reason, unwelcome: false }
  const { status, body, defect } = reply
  const said = `GET ${path}: HTTP ${status}`
  if (status === 404 || status === 410) return { kind: 'absent', words: said }
  const unwelcome = status === 401 || status === 403 || (status >= 300 && status < 400)
  if (unwelcome || status >= 500 || status === 429 || status === 408) {
    return { kind: 'later', words: `HTTP ${status}`, unwelcome }
  }
  if (status >= 300) return { kind: 'refused', words: said }
  if (defect !== undefined) return { kind: 'refused', words: `${said}, ${defect}` }
  const [first, second] = [notice, body].map(jsonText)
  if (first === undefined || second === undefined)
    return { kind: 'refused', words: `${said}: the ${first === undefined ? 'notice' : 'answer'} is not JSON` }
  // Put together as text: a number of 18 digits stays what its writer wrote.
  const whole = `{"notice":${first},"detail":${second}}`
  return {
    kind: 'whole',
    document: { body: Buffer.from(whole), contentType: 'application/json; charset=utf-8' },
  }
}

/** The text where it is JSON in UTF-8. */
function jsonText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

/** A path only: a notice cannot send us to another host. */
function pathIn(notice: Uint8Array, pointer: string): string | undefined {
  const text = jsonText(notice)
  let value: unknown = text === undefined ? undefined : JSON.parse(text)
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined
  }
  return typeof value === 'string' && /^\/(?!\/)[^\s\\]{0,500}$/.test(value) ? value : undefined
}

/** Undefined where the path climbs out of the base, as we read it or as a server may that decodes before it looks. */
function below(base: URL, path: string): URL | undefined {
  const root = base.pathname.replace(/\/+$/, '')
  const [name = '', query = ''] = path.split(/\?(.*)/s)
  const address = new URL(base)
  address.pathname = `${root}${name}`
  address.search = query
  const decoded = new URL(base)
  decoded.pathname = `${root}${name}`
    .replace(/%(?:25)*(?:2f|5c)/gi, '/')
    .replace(/%(?:25)*2e/gi, '.')
    // Path parameters (RFC 3986 §3.3), which some servers strip first: `..;x` is `..` to them.
    .replace(/(?:;|%(?:25)*3b)[^/]*/gi, '')
  return [address, decoded].every(({ pathname }) => `${pathname}/`.startsWith(`${root}/`))
    ? address
    : undefined
}
