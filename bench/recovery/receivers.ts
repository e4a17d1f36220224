/** All partners in a process of their own: silent or taking everything at once, and keeping the ids of what they took. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from '../child.ts'

export interface ReceiversQuestion {
  /** What they do from now on. A question that changes from silent to taking forgets what was held back. */
  readonly takes: boolean
}

export interface ReceiversAnswer {
  readonly port: number
  /** `<system> <message id>` of everything taken so far. */
  readonly taken: readonly string[]
  /** `Date.now()` of the first arrival since the question before; absent where there was none. */
  readonly firstAtMs?: number
}

const ANSWER = JSON.stringify({ code: 200, message: 'ok', head: { code: '200', message: 'ok' } })

let takes = false
let firstAtMs: number | undefined
const taken = new Set<string>()
const held = new Set<ServerResponse>()

const server = createServer((request, response) => {
  request.resume()
  request.on('error', () => undefined)
  request.on('end', () => {
    if (!takes) {
      held.add(response)
      return
    }
    firstAtMs ??= Date.now()
    const [, system = ''] = (request.url ?? '').split('/')
    taken.add(`${system} ${request.headers['idempotency-key']}`)
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length })
      .end(ANSWER)
  })
})
server.keepAliveTimeout = 70_000
const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

answerParent(async (question: ReceiversQuestion): Promise<ReceiversAnswer> => {
  await listening
  takes = question.takes
  for (const response of held) response.destroy()
  held.clear()
  const first = firstAtMs
  firstAtMs = undefined
  return {
    port: (server.address() as AddressInfo).port,
    taken: [...taken],
    ...(first === undefined ? {} : { firstAtMs: first }),
  }
})
