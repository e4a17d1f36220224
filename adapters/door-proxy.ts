/**
 * For benches: a door in front of a real server, that passes on what either side says, can be shut as a server that is down, and
 * cut. What a kind holds, changes or counts of what passes is its own.
 */
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

export abstract class DoorProxy {
  readonly #target: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  readonly #waiters = new Set<() => void>()
  #server = net.createServer()
  #port = 0

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target
  }

  /** Passes on what the two say; `cut` ends both connections. */
  protected abstract join(client: Socket, server: Socket, cut: () => void): void

  get port(): number {
    return this.#port
  }

  /** Lets clients in; after the first time on the same port. */
  async open(): Promise<this> {
    this.#server = net.createServer((client) => this.#serve(client))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** Cuts every connection and refuses new ones. Safe twice. */
  async shut(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  /** Cuts every connection; new ones may come. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Resolves once no client is connected. */
  quiet(): Promise<void> {
    return this.until(() => this.#sockets.size === 0)
  }

  /** Resolves once `holds`; looked at whenever something passes. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.add(resolve))
  }

  /** Tells those who wait that something has passed. */
  protected changed(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }

  /** Of both sides. */
  protected get sockets(): Iterable<Socket> {
    return this.#sockets
  }

  #serve(client: Socket): void {
    const server = net.connect(this.#target.port, this.#target.host)
    const cut = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
        this.changed()
      })
    }
    this.join(client, server, cut)
  }
}
