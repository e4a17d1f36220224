/**
 * The load generator, in a process of its own: raw HTTP/1.1 over kept-open connections, one request under way on each.
 * Requests are made and signed before the clock starts.
 */
import { connect, type Socket } from 'node:net'
import { answerParent } from '../child.ts'
import { canonicalRequests } from './canonical-requests.ts'
import { signedRequests } from './signed-requests.ts'

export interface LoadQuestion {
  readonly target: 'hub' | 'floor'
  readonly port: number
  readonly secretsFile: string
  /** Number of the first request, so that no case is sent twice. */
  readonly first: number
  readonly count: number
  readonly connections: number
}

export interface LoadAnswer {
  readonly seconds: number
  /** Milliseconds, sorted. */
  readonly latencies: number[]
  readonly failures: number
  /** Words of the first answer that was not 201. */
  readonly firstFailure?: string
}

answerParent(async (question: LoadQuestion): Promise<LoadAnswer> => {
  const { target, first, count, secretsFile, port } = question
  const requests =
    target === 'hub' ? signedRequests(secretsFile, first, count) : canonicalRequests(first, count)
  const latencies: number[] = []
  let next = 0
  let failures = 0
  let firstFailure: string | undefined
  const start = performance.now()
  await Promise.all(
    Array.from({ length: question.connections }, async () => {
      const connection = await open(port)
      while (next < requests.length) {
        const request = requests[next++] as Buffer
        const sentAt = performance.now()
        const answer = await connection.exchange(request)
        latencies.push(performance.now() - sentAt)
        if (!answer.startsWith('HTTP/1.1 201')) {
          failures++
          firstFailure ??= answer.slice(0, 2_000)
        }
      }
      connection.close()
    }),
  )
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  return { seconds, latencies, failures, ...(firstFailure === undefined ? {} : { firstFailure }) }
})

interface Connection {
  exchange(request: Buffer): Promise<string>
  close(): void
}

async function open(port: number): Promise<Connection> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const made = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(made))
    made.once('error', reject)
  })
  let waiting: { resolve(answer: string): void; reject(error: Error): void } | undefined
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    received += piece
    const end = endOfAnswer(received)
    if (end === undefined) return
    const answer = received.slice(0, end)
    received = received.slice(end)
    waiting?.resolve(answer)
  })
  const lost = (error: Error): void => waiting?.reject(error)
  socket.on('error', lost)
  socket.on('close', () => lost(new Error('the server closed the connection')))
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => {
      waiting = undefined
      socket.destroy()
    },
  }
}

/** Where the answer at the start of `text` ends; undefined where it is not complete. */
function endOfAnswer(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head)) ?? []
  if (length === undefined) throw new Error(`An answer without content-length: ${text.slice(0, head)}`)
  const end = head + 4 + Number(length)
  return text.length >= end ? end : undefined
}
