/** Where a bench lets the hub push to when nobody is to act on it: silent, or taking everything in the words of every format at once. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from './child.ts'

export interface SinkQuestion {
  /** What the sink does from now on; requests that were left without an answer get theirs. */
  readonly answers: boolean
}

const ANSWER = JSON.stringify({
  code: 200,
  message: 'ok',
  data: {},
  success: true,
  head: { code: '200', message: 'ok' },
  body: {},
})

let answering = false
const unanswered = new Set<ServerResponse>()

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    if (answering) return answer(response)
    unanswered.add(response)
    response.once('close', () => unanswered.delete(response))
  })
})
server.keepAliveTimeout = 70_000
const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

answerParent(async ({ answers }: SinkQuestion) => {
  await listening
  answering = answers
  if (answers) for (const response of unanswered) answer(response)
  return { port: (server.address() as AddressInfo).port }
})

function answer(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER)
}
