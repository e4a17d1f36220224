/** One partner's way to the hub: signed requests over kept-open connections. One call is one request; nothing is retried here. */
import { Agent, request as httpRequest } from 'node:http'
import { type Key, signedHeaders } from './signer.ts'

export interface HubAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface HubClient {
  /** @throws HubUnreachable where no complete answer came, whatever the reason */
  call(request: {
    readonly method: 'GET' | 'POST'
    /** With the query, as it goes on the request line. */
    readonly target: string
    readonly body?: Buffer
    readonly contentType?: string
    readonly signal?: AbortSignal
  }): Promise<HubAnswer>
}

/** No complete answer: the hub may or may not have taken the request. */
export class HubUnreachable extends Error {}

/** Connections to the hub, shared by all systems of a province. */
export function openConnections(most: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: most, maxFreeSockets: most })
}

/** Longer than the longest wait of the inbox (60 s). */
const TIMEOUT_MS = 75_000

export function openHubClient(options: {
  /** Read on every call: a hub that was started anew may listen elsewhere. */
  readonly address: () => string
  readonly key: Key
  readonly agent: Agent
  readonly now: () => number
  readonly randomBytes: (size: number) => Buffer
}): HubClient {
  const { key, agent } = options
  return {
    call({ method, target, body = Buffer.alloc(0), contentType, signal }) {
      const url = new URL(target, options.address())
      const unsigned = { method, path: url.pathname, query: url.search.slice(1), body }
      const nonce = options.randomBytes(16).toString('base64url')
      const headers = {
        ...signedHeaders(unsigned, key, options.now(), nonce),
        accept: 'application/json',
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      }
      return exchange(url, { method, headers, body, agent, signal })
    },
  }
}

/** One request and its whole answer. @throws HubUnreachable where no complete answer came, whatever the reason */
export function exchange(
  url: URL,
  {
    method,
    headers,
    body,
    agent,
    signal,
  }: {
    readonly method: 'GET' | 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: Buffer
    readonly agent?: Agent
    readonly signal?: AbortSignal | undefined
  },
): Promise<HubAnswer> {
  return new Promise((resolve, reject) => {
    const lost = (error: Error): void =>
      reject(new HubUnreachable(`${method} ${url.pathname}${url.search}: ${error.message}`, { cause: error }))
    const request = httpRequest(
      url,
      {
        method,
        headers: { ...headers, 'content-length': body.length },
        timeout: TIMEOUT_MS,
        ...(agent === undefined ? {} : { agent }),
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', lost)
        response.on('end', () => {
          if (!response.complete) return lost(new Error('the answer was cut off'))
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces),
          })
        })
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', lost)
    request.end(body)
  })
}
