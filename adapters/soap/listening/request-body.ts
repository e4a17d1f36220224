/** Reads a request's body, counted while it comes; what is too large is let run out, a little, so that the answer is read. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../../hub/contract/clock.ts'

/** `gone`: the sender went before it was complete, and nobody waits for an answer. */
export type ReadBody = Uint8Array | 'too-large' | 'gone'

export function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    let chunks: Uint8Array[] = []
    let size = 0
    const settle = (body: ReadBody): void => {
      chunks = []
      request.off('data', count).off('end', complete).off('close', gone)
      resolve(body)
    }
    const count = (chunk: Uint8Array): void => {
      size += chunk.length
      if (size > maxBytes) settle('too-large')
      else chunks.push(chunk)
    }
    const complete = (): void => settle(Buffer.concat(chunks))
    const gone = (): void => settle('gone')
    request.on('data', count).once('end', complete).once('close', gone)
    request.on('error', () => {})
  })
}

const DISCARD_BYTES = 32 * 2 ** 20
const DISCARD_MS = 10_000

/**
 * Ends the connection after an answer to a request that was not read to its end. A connection that is closed while its
 * sender still writes is reset, and the answer lost: so a limited rest is read and thrown away first.
 */
export function endUnread(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  let left = DISCARD_BYTES
  const end = (): void => {
    timer.cancel()
    request.off('data', count)
    response.end()
  }
  const count = (chunk: Uint8Array): void => {
    left -= chunk.length
    if (left < 0) end()
  }
  const timer = clock.after(DISCARD_MS, end)
  request.on('error', () => {})
  request.on('data', count).once('end', end).once('close', end)
}
