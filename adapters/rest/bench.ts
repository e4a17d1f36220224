/** The receiver side of this kind's tests: a real server on the loopback that behaves as it is told. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ReadAnswer } from '../../hub/contract/adapter.ts'
import { type Arrival, type Behaviour, type Bench, type Receiver, referenceOf } from '../conformance.ts'
import { unusedPort } from '../unused-port.ts'
import type { RestConfig } from './rest.ts'

/** Reads `{"code":…,"no":…,"words":…}`; the number is cut out of the text, so that 18 digits stay 18 digits. */
export const readAnswer: ReadAnswer = ({ body }) => {
  const text = new TextDecoder().decode(body)
  const verdict = /"code":"(taken|duplicate|retry|refused)"/.exec(text)?.[1] as 'taken' | undefined
  const reference = /"no":"?([^",}]+)/.exec(text)?.[1]
  const words = /"words":"([^"]*)"/.exec(text)?.[1]
  return {
    verdict: verdict ?? 'unreadable',
    ...(reference === undefined ? {} : { reference }),
    ...(words === undefined ? {} : { words }),
  }
}

export class HttpReceiver implements Receiver<RestConfig> {
  readonly arrivals: Arrival[] = []
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

  get config(): RestConfig {
    return { url: `${this.origin}/cases`, maxAnswerBytes: 4096 }
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

  connections(): number {
    return this.#sockets.size
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
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    if (request.url === '/elsewhere') {
      this.#strayed++
      response.end('{"code":"taken"}')
      return
    }
    const messageId = String(request.headers['idempotency-key'])
    const contentType = request.headers['content-type'] ?? ''
    this.arrivals.push({ messageId, contentType, body: Buffer.concat(chunks) })
    this.headers.push(request.headers)
    this.#answer(response, messageId)
    this.#changed()
  }

  #answer(response: http.ServerResponse, messageId: string): void {
    const behaviour = this.#behaviour
    switch (behaviour.kind) {
      case 'take':
        response.end(
          behaviour.reference === undefined
            ? `{"code":"taken","no":"${referenceOf(messageId)}"}`
            : `{"code":"taken","no":${behaviour.reference}}`,
        )
        return
      case 'duplicate':
        response.writeHead(409).end('{"code":"duplicate"}')
        return
      case 'refuse':
        response.writeHead(422).end(`{"code":"refused","words":"${behaviour.words}"}`)
        return
      case 'deny':
        response.writeHead(401).end('{}')
        return
      case 'busy': {
        const { seconds } = behaviour
        if (seconds !== undefined) {
          const instant = new Date(this.#now() + seconds * 1000).toUTCString()
          response.setHeader('retry-after', behaviour.as === 'instant' ? instant : seconds)
        }
        response.writeHead(behaviour.because === 'rate' ? 429 : 503).end('busy')
        return
      }
      case 'silent':
        return
      case 'cut':
        if (behaviour.when === 'before-answer') {
          response.socket?.destroy()
        } else {
          response.writeHead(200, { 'content-length': 100 })
          response.write('{"code":"taken"', () => response.socket?.destroy())
        }
        return
      case 'flood': {
        const chunk = Buffer.alloc(65_536, 'x')
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

export const bench: Bench<RestConfig> = {
  start: (now) => new HttpReceiver(now).listen(),
  unreachable: async () => ({ url: `http://127.0.0.1:${await unusedPort()}/cases` }),
  readAnswer,
}
