import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A stand-in for the network of a test: passes bytes between a store and the server, until it is cut. */
export interface ServerInBetween {
  /** The same address, through here. */
  readonly url: string
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>
  /** Passes nothing on any more, and tells nobody. */
  freeze(): void
  /** Accepts connections again. */
  restore(): Promise<void>
  /** Safe twice. */
  close(): Promise<void>
}

export async function aServerInBetween(url: string): Promise<ServerInBetween> {
  const address = new URL(url)
  const target = { host: address.hostname, port: Number(address.port || 5432) }
  const sockets = new Set<Socket>()
  let port = 0
  let server: Server | undefined

  const restore = async () => {
    server = createServer((near) => {
      const far = connect(target)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one)
        one.pipe(other)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          sockets.delete(one)
          other.destroy()
        })
      }
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  const cut = async () => {
    const closing = server
    server = undefined
    if (closing === undefined) return
    const closed = once(closing, 'close')
    closing.close()
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }

  const freeze = () => {
    for (const socket of sockets) socket.unpipe().pause()
  }

  await restore()
  address.hostname = '127.0.0.1'
  address.port = String(port)
  return { url: address.href, cut, freeze, restore, close: cut }
}
