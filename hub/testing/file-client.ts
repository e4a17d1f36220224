/** A sender of files over the wire: streams, cuts connections in the middle, asks for ranges. */
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as ask, type IncomingHttpHeaders } from 'node:http'
import { systemClock } from '../main.ts'
import { signingText } from '../security/signature.ts'
import type { RunningHub } from './running-hub.ts'

export interface FileAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, field by field
  readonly json: any
}

export interface FileRequest {
  readonly system: string
  readonly method: string
  /** With query, percent-encoded. */
  readonly path: string
  /** Digest of the body, as it is signed. */
  readonly digest?: string
  readonly body?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string | number>>
  /** The connection is cut after so many bytes of the body; then there is no answer. */
  readonly cutAfter?: number
  /** Takes the bytes of the answer in place of collecting them. */
  readonly onBytes?: (bytes: Buffer) => void
}

const EMPTY = {
  'hmac-sm3': '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b',
  'hmac-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
} as const

/** Undefined where the connection was cut before there was an answer. */
export async function sendFile(
  { address, keyOf }: Pick<RunningHub, 'address' | 'keyOf'>,
  wanted: FileRequest,
): Promise<FileAnswer | undefined> {
  const key = keyOf(wanted.system)
  const digest = wanted.digest ?? EMPTY[key.algorithm]
  const timestamp = String(Math.floor(systemClock.now() / 1000))
  const nonce = randomBytes(16).toString('base64url')
  const [path = '', query = ''] = wanted.path.split('?', 2)
  const text = signingText({ method: wanted.method, path, query, digest, timestamp, nonce })
  const signature = createHmac(key.algorithm === 'hmac-sm3' ? 'sm3' : 'sha256', key.secret).update(text)
  return exchange(address, wanted, {
    'x-hub-key': key.keyId,
    'x-hub-timestamp': timestamp,
    'x-hub-nonce': nonce,
    'x-hub-digest': digest,
    'x-hub-signature': signature.digest('hex'),
    ...wanted.headers,
  })
}

/** Without a signature: for tickets. */
export function openTicket(url: string, headers: Readonly<Record<string, string>> = {}): Promise<FileAnswer> {
  const { origin, pathname, search } = new URL(url)
  return exchange(
    origin,
    { system: '', method: 'GET', path: pathname + search },
    headers,
  ) as Promise<FileAnswer>
}

function exchange(
  address: string,
  { method, path, body, cutAfter, onBytes }: FileRequest,
  headers: Readonly<Record<string, string | number>>,
): Promise<FileAnswer | undefined> {
  return new Promise((resolve, reject) => {
    let cut = false
    const asking = ask(address + path, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (bytes: Buffer) => (onBytes === undefined ? chunks.push(bytes) : onBytes(bytes)))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const isJson = /json/.test(response.headers['content-type'] ?? '') && bytes.length > 0
        resolve({
          status: response.statusCode as number,
          headers: response.headers,
          bytes,
          json: isJson ? JSON.parse(bytes.toString()) : undefined,
        })
      })
    })
    asking.on('error', (error) => (cut ? resolve(undefined) : reject(error)))
    const over = new AbortController()
    const closed = new Promise<void>((resolve) => asking.once('close', () => resolve()))
    closed.then(() => over.abort())
    const send = async (): Promise<void> => {
      let sent = 0
      for await (const chunk of body ?? []) {
        const rest = cutAfter === undefined ? chunk : chunk.subarray(0, cutAfter - sent)
        const room = asking.write(rest)
        sent += rest.length
        if (cutAfter !== undefined && sent >= cutAfter) {
          cut = true
          // What was written is on its way before the connection goes.
          await new Promise<void>((flushed) => asking.write('', () => flushed()))
          asking.destroy()
          return
        }
        if (!room)
          await Promise.race([once(asking, 'drain', { signal: over.signal }).catch(() => {}), closed])
        if (asking.destroyed || asking.closed) return
      }
      asking.end()
    }
    send().catch(reject)
  })
}
