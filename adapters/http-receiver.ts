/** For benches of kinds that speak HTTP: a real server on the loopback that behaves as it is told. What is said is the kind's. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Arrival, Behaviour, Receiver } from './conformance.ts'

/** What a receiver that reads and answers in its protocol may be told to do. */
export type Saying = Extract<Behaviour, { kind: 'take' | 'duplicate' | 'refuse' | 'deny' | 'busy' }>

export abstract class HttpReceiver<Config> implements Receiver<Config> {
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

  abstract get config(): Config

  /** What a request brings; undefined where it is a probe. */
  protected abstract read(request: http.IncomingMessage, body: Buffer): Arrival | undefined

  protected abstract answerProbe(response: http.ServerResponse): void

  /** Ends the response. A busy one has its Retry-After already. */
  protected abstract say(saying: Saying, response: http.ServerResponse, messageId: string): void

  /** Media type of what it says. */
  protected abstract readonly contentType: string

  /** Of an answer that says "taken". */
  protected abstract readonly beginning: string

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
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
    response.setHeader('content-type', this.contentType)
    const arrival = this.read(request, Buffer.concat(chunks))
    if (arrival === undefined) return this.answerProbe(response)
    if (request.url === '/elsewhere') {
      this.#strayed++
      return this.say({ kind: 'take' }, response, arrival.messageId)
    }
    this.arrivals.push(arrival)
    this.headers.push(request.headers)
    this.#answer(response, arrival.messageId)
    this.#changed()
  }

  #answer(response: http.ServerResponse, messageId: string): void {
    const behaviour = this.#behaviour
    switch (behaviour.kind) {
      case 'silent':
        return
      case 'cut':
        if (behaviour.when === 'before-answer') {
          response.socket?.destroy()
        } else {
          response.writeHead(200, { 'content-length': 4_000 })
          response.write(this.beginning, () => response.socket?.destroy())
        }
        return
      case 'flood': {
        const chunk = Buffer.alloc(65_536, ' ')
        response.write(this.beginning)
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
        return
      case 'busy':
        if (behaviour.seconds !== undefined) {
          const instant = new Date(this.#now() + behaviour.seconds * 1000).toUTCString()
          response.setHeader('retry-after', behaviour.as === 'instant' ? instant : behaviour.seconds)
        }
        this.say(behaviour, response, messageId)
        return
      default:
        this.say(behaviour, response, messageId)
    }
  }
}
