/** A connection to an SSH server that is who it should be, and a stream of one subsystem on it. The only file that knows ssh2. */
import { createHash } from 'node:crypto'
import net, { type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import type { Clock } from '../../../hub/contract/clock.ts'
import { PlaceError } from './place.ts'

export interface SshOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  /** One of the two. */
  readonly password?: string
  /** PEM or OpenSSH text. */
  readonly privateKey?: string
  readonly passphrase?: string
  /** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints them; several while a server changes its key. */
  readonly hostKeys: readonly string[]
  readonly allowsHost: (host: string) => boolean
  readonly lookup: LookupFunction
  readonly connectTimeoutMs: number
  readonly keepAliveMs: number
  readonly clock: Clock
}

export interface SshStream {
  readonly stream: Duplex
  /** Resolves when the connection has ended, whoever ended it. The stream itself does not always notice. */
  readonly ended: Promise<void>
  /** Drops the connection. Safe twice. */
  close(): void
}

/**
 * What may be agreed on: nothing with SHA-1, CBC or less than 2048 bits, which assessors of commercial cryptography do not
 * pass (GB/T 39786-2021).
 */
const ALGORITHMS: ssh2.Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
}

/** Unanswered keep-alives after which the server counts as gone. */
const KEEP_ALIVES_MISSED = 3

/**
 * Stops trying as soon as `stop` fires.
 *
 * @throws PlaceError `unreachable`, or `denied` where the server is another one or does not let us in
 */
export function openSubsystem(name: string, options: SshOptions, stop: AbortSignal): Promise<SshStream> {
  const { host, port, user, clock, connectTimeoutMs } = options
  if (!options.allowsHost(host))
    throw new PlaceError('unreachable', `${host} is not in allowAddresses; nothing was connected.`)

  const client = new ssh2.Client()
  const socket = net.connect({ host, port, lookup: options.lookup, noDelay: true })
  let strange: string | undefined

  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const close = (): void => {
    client.destroy()
    socket.destroy()
  }

  return new Promise<SshStream>((resolve, reject) => {
    let settled = false
    const timer = clock.after(connectTimeoutMs, () =>
      fail(new PlaceError('unreachable', `No connection to ${host}:${port} within ${connectTimeoutMs} ms.`)),
    )
    const halt = (): void => fail(new PlaceError('unreachable', 'The connection was closed by the hub.'))
    stop.addEventListener('abort', halt)
    const fail = (error: PlaceError): void => {
      timer.cancel()
      stop.removeEventListener('abort', halt)
      if (settled) return
      settled = true
      close()
      reject(error)
    }
    const failed = (error: Error & { level?: string }): void => fail(asPlaceError(error))

    const asPlaceError = (error: Error & { level?: string }): PlaceError => {
      if (strange !== undefined)
        return new PlaceError(
          'denied',
          `The server at ${host}:${port} shows the key ${strange}, which is not in hostKeys. Ask its operator; if the key was changed on purpose, add it.`,
        )
      if (error.level === 'client-authentication')
        return new PlaceError(
          'denied',
          `${host}:${port} does not let ${user} in. Check user, password or key.`,
        )
      return new PlaceError('unreachable', `No connection to ${host}:${port}: ${error.message}`, {
        cause: error,
      })
    }

    socket.on('error', failed)
    client.on('error', failed)
    client.on('close', () =>
      fail(new PlaceError('unreachable', `${host}:${port} closed the connection while it was made.`)),
    )
    client.on('ready', () => {
      client.subsys(name, (error, stream) => {
        if (error) {
          fail(new PlaceError('denied', `${host}:${port} gives ${user} no ${name}: ${error.message}`))
          return
        }
        timer.cancel()
        stop.removeEventListener('abort', halt)
        settled = true
        resolve({ stream, ended, close })
      })
    })
    try {
      client.connect({
        sock: socket,
        username: user,
        ...(options.password === undefined ? {} : { password: options.password }),
        ...(options.privateKey === undefined ? {} : { privateKey: options.privateKey }),
        ...(options.passphrase === undefined ? {} : { passphrase: options.passphrase }),
        authHandler: options.privateKey === undefined ? ['password'] : ['publickey'],
        hostVerifier: (key: Buffer) => {
          const fingerprint = fingerprintOf(key)
          const known = options.hostKeys.includes(fingerprint)
          if (!known) strange = fingerprint
          return known
        },
        algorithms: ALGORITHMS,
        readyTimeout: 0,
        keepaliveInterval: options.keepAliveMs,
        keepaliveCountMax: KEEP_ALIVES_MISSED,
      })
    } catch {
      // Only what it is given can make it throw, and its words may quote a key.
      fail(new PlaceError('denied', `The private key for ${user} at ${host}:${port} cannot be read.`))
    }
  })
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
