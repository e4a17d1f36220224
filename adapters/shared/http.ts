/**
 * One HTTP exchange, and an honest account of how far it came. The only file that knows axios.
 *
 * What matters to the hub is whether the request can have left the machine. Bytes leave when the connection stands,
 * for https when its handshake is done, so that moment is what divides `never-connected` from `no-answer`.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import axios from 'axios'
import type { Clock, Timer } from '../../hub/contract/clock.ts'
import type { AddressGuard } from './addresses.ts'
import type { Pem } from './options.ts'
import { retryAfterMs } from './retry-after.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export type Reply =
  /** Nothing was sent. */
  | { readonly kind: 'never-connected'; readonly reason: string; readonly cause?: unknown }
  /** The request may have arrived; a complete answer did not. */
  | {
      readonly kind: 'no-answer'
      readonly reason: string
      readonly cause?: unknown
      readonly partial?: Uint8Array
    }
  | Answer

export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  /** The body as it came, at most `maxAnswerBytes`. */
  readonly body: Uint8Array
  /** Why the body must not be read although there is one. */
  readonly defect?: 'too-large' | 'compressed' | 'sealed'
  /** Media type as declared, parameters included. */
  readonly contentType?: string
  readonly retryAfterMs?: number
  /** Header `Date`: what time it was there, to the second. */
  readonly dateMs?: number
}

export interface HttpClientOptions {
  /** `host:port` pairs, as `hostAndPort` writes them. */
  readonly allowHosts: readonly string[]
  readonly guard: AddressGuard
  readonly tls: Pem
  readonly maxAnswerBytes: number
  readonly connectTimeoutMs: number
  readonly idleSocketMs: number
  readonly maxSockets: number
  readonly clock: Clock
}

/** What this adapter uses of an HTTP client. */
export interface HttpClient {
  /** One request, one answer; follows no redirect, uses no proxy, inflates nothing. Throws only what is a bug. */
  exchange(request: HttpRequest, signal: AbortSignal): Promise<Reply>
  /** Drops every connection. Safe twice. */
  close(): void
}

export function openHttpClient(options: HttpClientOptions): HttpClient {
  const { guard } = options
  const pool = {
    keepAlive: options.idleSocketMs > 0,
    timeout: options.idleSocketMs,
    maxSockets: options.maxSockets,
    maxFreeSockets: options.maxSockets,
    lookup: guard.lookup,
  }
  const httpAgent = new http.Agent(pool)
  const httpsAgent = new https.Agent({
    ...pool,
    ...options.tls,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  })
  let closed = false

  return {
    async exchange(request, signal) {
      const host = hostAndPort(request.url)
      if (!options.allowHosts.includes(host)) {
        return { kind: 'never-connected', reason: `${host} is not in allowHosts` }
      }
      if (!guard.allowsHost(request.url.hostname.replace(/^\[|\]$/g, ''))) {
        return { kind: 'never-connected', reason: `${host} is not in allowAddresses` }
      }
      if (signal.aborted) return { kind: 'never-connected', reason: 'stopped before the connection stood' }

      const progress = { sent: false }
      const chunks: Uint8Array[] = []
      try {
        const response = await axios.request<Readable>({
          adapter: 'http',
          transport: watchingTransport(options, () => {
            progress.sent = true
          }),
          method: request.method,
          url: request.url.href,
          headers: {
            'user-agent': 'integration-hub',
            accept: '*/*',
            ...request.headers,
            'accept-encoding': 'identity',
          },
          data: request.body === undefined ? undefined : Buffer.from(request.body),
          transformRequest: [(data) => data],
          responseType: 'stream',
          decompress: false,
          maxRedirects: 0,
          proxy: false,
          validateStatus: () => true,
          httpAgent,
          httpsAgent,
          signal,
        })
        const complete = await collect(response.data, options.maxAnswerBytes, chunks)
        const headers = response.headers as Readonly<Record<string, string | undefined>>
        const after = retryAfterMs(headers['retry-after'], options.clock.now())
        const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
        return {
          kind: 'answer',
          status: response.status,
          body: Buffer.concat(chunks),
          ...(after === undefined ? {} : { retryAfterMs: after }),
          ...dateOf(headers.date),
          ...(headers['content-type'] === undefined ? {} : { contentType: headers['content-type'] }),
          ...(complete ? (encoding === 'identity' ? {} : { defect: 'compressed' }) : { defect: 'too-large' }),
        }
      } catch (error) {
        if (!isWeather(error)) throw error
        const reason = signal.aborted ? 'stopped while waiting' : reasonOf(error)
        if (!progress.sent) return { kind: 'never-connected', reason, cause: error }
        return {
          kind: 'no-answer',
          reason,
          cause: error,
          ...(chunks.length > 0 ? { partial: Buffer.concat(chunks) } : {}),
        }
      }
    },
    close() {
      for (const agent of [httpAgent, httpsAgent]) {
        // A request that was stopped while it queued in the pool still gets its connection, after this moment.
        if (!closed) agent.on('free', (socket: Socket) => socket.destroy())
        agent.destroy()
      }
      closed = true
    },
  }
}

function dateOf(header: string | undefined): Pick<Answer, 'dateMs'> {
  const dateMs = Date.parse(header ?? '')
  return Number.isNaN(dateMs) ? {} : { dateMs }
}

/** `host:port`, the port filled in from the scheme; the host as the URL standard normalises it. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

/** Node's own client, plus the connect time limit and the moment from which bytes may have left. */
function watchingTransport(
  options: Pick<HttpClientOptions, 'clock' | 'connectTimeoutMs'>,
  onConnected: () => void,
) {
  return {
    request(requestOptions: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
      const client = requestOptions.protocol === 'https:' ? https : http
      const request = client.request(requestOptions, onResponse)
      let timer: Timer | undefined
      request.once('socket', (socket: Socket & { readonly secureConnecting?: boolean }) => {
        if (!socket.connecting && socket.secureConnecting !== true) {
          // A connection that failed at once (no route, name refused) is already destroyed here: nothing left.
          if (!socket.destroyed) onConnected()
          return
        }
        timer = options.clock.after(options.connectTimeoutMs, () => {
          request.destroy(new Error(`no connection within ${options.connectTimeoutMs} ms`))
        })
        socket.once(requestOptions.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          timer?.cancel()
          onConnected()
        })
      })
      request.once('close', () => timer?.cancel())
      return request
    },
  }
}

/** Reads at most `limit` bytes into `chunks`; false where there were more, and then the connection is dropped. */
async function collect(stream: Readable, limit: number, chunks: Uint8Array[]): Promise<boolean> {
  let left = limit
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk.subarray(0, left))
    left -= chunk.length
    if (left < 0) return false
  }
  return true
}

/**
 * Failures of the network or of the peer, as opposed to bugs of ours: axios wraps the former or the stream gives them a
 * code. A TypeError has one too (`ERR_INVALID_CHAR`) and is ours.
 */
function isWeather(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return false
  return axios.isAxiosError(error) || axios.isCancel(error) || (error instanceof Error && 'code' in error)
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return [code, message]
    .filter((part, index, parts) => part && !(index === 0 && parts[1]?.includes(part)))
    .join(': ')
}
