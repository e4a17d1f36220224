/**
 * A door with TLS in front of a real database that has none, for tests. It speaks as much of the two protocols as their way into
 * TLS needs, and shares no code with the adapter.
 */
import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import tls from 'node:tls'
import { SELF_SIGNED } from '../shared/self-signed.ts'
import type { EngineName } from './counterpart.ts'

/** Capability bit CLIENT_SSL of the MySQL protocol. */
const CLIENT_SSL = 0x0800

export interface TlsDoor {
  readonly port: number
  /** Sessions that came in by TLS. */
  secured(): number
  close(): Promise<void>
}

/** @param offersTls false: says, as a server without TLS, that it has none */
export async function openTlsDoor(
  engine: EngineName,
  target: { readonly host: string; readonly port: number },
  offersTls = true,
): Promise<TlsDoor> {
  let count = 0
  const sockets = new Set<Socket>()
  const server: Server = net.createServer((client) => {
    const database = net.connect(target.port, target.host)
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        database.destroy()
      })
    }
    if (!offersTls && engine === 'mariadb') {
      client.pipe(database).pipe(client)
      return
    }
    const secure = (): tls.TLSSocket => {
      const secured = new tls.TLSSocket(client, { isServer: true, ...SELF_SIGNED })
      secured.on('error', () => client.destroy())
      secured.on('secure', () => count++)
      return secured
    }
    if (engine === 'postgresql') throughPostgres(client, database, offersTls, secure)
    else throughMysql(client, database, secure)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    secured: () => count,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** SSLRequest is answered by one letter; TLS begins right after it (PostgreSQL, "SSL Session Encryption"). */
function throughPostgres(
  client: Socket,
  database: Socket,
  offersTls: boolean,
  secure: () => tls.TLSSocket,
): void {
  client.once('data', (request) => {
    if ((request as Buffer).readUInt32BE(4) !== 80_877_103) {
      database.write(request)
      client.pipe(database).pipe(client)
      return
    }
    client.write(offersTls ? 'S' : 'N')
    if (offersTls) {
      const secured = secure()
      secured.pipe(database).pipe(secured)
    }
  })
}

/** The greeting offers TLS; the client asks with a packet of its own, which shifts the numbers of those that log it in. */
function throughMysql(client: Socket, database: Socket, secure: () => tls.TLSSocket): void {
  database.once('data', (greeting) => {
    const packet = Buffer.from(greeting as Buffer)
    const capabilities = packet.indexOf(0, 5) + 1 + 4 + 8 + 1
    packet.writeUInt16LE(packet.readUInt16LE(capabilities) | CLIENT_SSL, capabilities)
    client.write(packet)
    client.once('data', (request) => {
      // What the client says by TLS already may come with its request for it.
      const rest = (request as Buffer).subarray(4 + (request as Buffer).readUIntLE(0, 3))
      client.pause()
      if (rest.length > 0) client.unshift(rest)
      const secured = secure()
      secured.once('data', (answer) => {
        const login = Buffer.from(answer as Buffer)
        login.writeUInt8(1, 3)
        login.writeUInt32LE(login.readUInt32LE(4) & ~CLIENT_SSL, 4)
        database.once('data', (verdict) => {
          const told = Buffer.from(verdict as Buffer)
          told.writeUInt8(3, 3)
          secured.write(told)
          secured.pipe(database).pipe(secured)
        })
        database.write(login)
      })
    })
  })
}
