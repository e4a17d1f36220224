/** The receiver side of this kind's tests: a real server on the loopback that behaves as it is told. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ReadAnswer } from '../../hub/contract/adapter.ts'
import { type Arrival, type Bench, referenceOf } from '../conformance.ts'
import { HttpReceiver, type Saying } from '../http-receiver.ts'
import { unusedPort } from '../unused-port.ts'
import type { RestConfig } from './rest.ts'

/** Reads `{"code":…,"no":…,"words":…}`; the number is cut out of the text, so that 18 digits stay 18 digits. */
export const readAnswer: ReadAnswer = ({ body }) => {
  const text = new TextDecoder().decode(body)
  const verdict = /"code":"(taken|duplicate|retry|refused)"/.exec(text)?.[1] as 'taken' | undefined
  const reference = /"no":"?([^",}]+)/.exec(text)?.[1]
  const words = /"words":"([^"]*)"/.exec(text)?.[1]
  return {
    verdict: verdict ?? 'unreadable',
    ...(reference === undefined ? {} : { reference }),
    ...(words === undefined ? {} : { words }),
  }
}

export class RestReceiver extends HttpReceiver<RestConfig> {
  protected readonly contentType = 'application/json'
  protected readonly beginning = '{"code":"taken"'

  get config(): RestConfig {
    return { url: `${this.origin}/cases`, maxAnswerBytes: 4096 }
  }

  protected read({ method, headers }: IncomingMessage, body: Buffer): Arrival | undefined {
    if (method === 'OPTIONS') return undefined
    const contentType = headers['content-type'] ?? ''
    return { messageId: String(headers['idempotency-key']), contentType, body }
  }

  protected answerProbe(response: ServerResponse): void {
    response.writeHead(204).end()
  }

  protected say(saying: Saying, response: ServerResponse, messageId: string): void {
    switch (saying.kind) {
      case 'take':
        response.end(
          saying.reference === undefined
            ? `{"code":"taken","no":"${referenceOf(messageId)}"}`
            : `{"code":"taken","no":${saying.reference}}`,
        )
        return
      case 'duplicate':
        response.writeHead(409).end('{"code":"duplicate"}')
        return
      case 'refuse':
        response.writeHead(422).end(`{"code":"refused","words":"${saying.words}"}`)
        return
      case 'deny':
        response.writeHead(401).end('{}')
        return
      case 'busy':
        response.writeHead(saying.because === 'rate' ? 429 : 503).end('busy')
    }
  }
}

export const bench: Bench<RestConfig> = {
  start: (now) => new RestReceiver(now).listen(),
  unreachable: async () => ({ url: `http://127.0.0.1:${await unusedPort()}/cases` }),
  readAnswer,
}
