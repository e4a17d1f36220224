/** Servers that tests meet: where they are, and whether they are there. */
import { connect } from 'node:net'

export const BROKER = process.env.HUB_TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'
export const DATABASES = {
  postgresql: process.env.HUB_TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test',
  mysql: process.env.HUB_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test',
} as const

const PORTS: Readonly<Record<string, number>> = { 'amqp:': 5672, 'postgres:': 5432, 'mysql:': 3306 }

/** Host and port of an address; the port that is usual for the protocol where it names none. */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const { protocol, hostname, port } = new URL(address)
  return { host: hostname, port: Number(port || PORTS[protocol]) }
}

/** The same address, reached by another port of this machine. */
export function throughPort(address: string, port: number): string {
  const url = new URL(address)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}

/** For mocha's `before`: skips the suite where one of the servers is not there, saying so; on CI that is a failure instead. */
export function needsServers(...addresses: readonly string[]): (this: Mocha.Context) => Promise<void> {
  return async function () {
    for (const address of addresses) {
      if (await answers(address)) continue
      const words = `nothing listens at ${new URL(address).host}`
      if (process.env.CI === 'true') throw new Error(words)
      console.log(`      skipped: ${words}`)
      this.skip()
    }
  }
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(hostAndPort(address))
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
