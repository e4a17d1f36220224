/** One HTTP server for the whole province: the first part of the path says which system is meant. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WireRequest {
  readonly method: string
  /** As on the request line, without the query. */
  readonly path: string
  readonly query: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/**
 * `answer` is what the caller gets; `silence` leaves the connection open and says nothing; `cut` breaks the connection
 * without a word.
 */
export type WireAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly contentType: string
      readonly body: string | Buffer
    }
  | { readonly kind: 'silence' }
  | { readonly kind: 'cut' }

/** Answers one system's requests. Must not throw; a throw is answered 500 and told to `onTrouble`. */
export type WireHandler = (request: WireRequest) => Promise<WireAnswer> | WireAnswer

export interface WireServer {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string
  /** Ends open connections. Safe twice. */
  close(): Promise<void>
}

const LARGEST_BODY_BYTES = 16 * 1024 * 1024
/** Longer than any hub keeps an idle connection, so that it is never the partner who closes under a request. */
const KEEP_ALIVE_MS = 70_000

/**
 * @param port 0 takes a free one.
 * @throws Error EADDRINUSE where the port is taken
 */
export async function openServer(options: {
  readonly port: number
  readonly handlers: ReadonlyMap<string, WireHandler>
  readonly onTrouble: (system: string, error: unknown) => void
}): Promise<WireServer> {
  const server = createServer((request, response) => {
    const system = decodeURIComponent((request.url ?? '/').split(/[/?]/, 2)[1] ?? '')
    serve(options.handlers.get(system), request, response).catch((error: unknown) => {
      options.onTrouble(system, error)
      if (response.headersSent) return response.destroy()
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('simulator failed')
    })
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closed(server),
  }
}

async function serve(
  handler: WireHandler | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  if (handler === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('no such system')
    return
  }
  const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s)
  const answer = await handler({ method: request.method ?? '', path, query, headers: request.headers, body })
  if (answer.kind === 'silence') return
  if (answer.kind === 'cut') {
    response.destroy()
    return
  }
  response
    .writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.body),
    })
    .end(answer.body)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request) {
    size += (piece as Buffer).length
    if (size > LARGEST_BODY_BYTES) throw new Error('body too large')
    pieces.push(piece as Buffer)
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
