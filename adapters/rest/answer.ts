/** What a partner is answered, and how it is written so that it comes through. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InboundOutcome } from '../../hub/contract/listener.ts'
import { PROBLEMS, type ProblemCode, statusOf } from '../../hub/contract/problems.ts'

/** What is answered, before a scheme seals it. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  readonly retryAfterMs?: number
}

export function ownAnswer(outcome: InboundOutcome): Answer {
  if (outcome.kind === 'accepted') {
    const { caseNo, messageId, type, sequence, repeated, recordedAt, digest } = outcome
    const receipt = { caseNo, messageId, type, sequence, repeated, receipt: { recordedAt, digest } }
    return json(200, receipt, 'application/json')
  }
  const { code, title, words } = outcome
  const about = { title: `${title.zh} / ${title.en}`, code, detail: words }
  if (outcome.kind === 'refused') {
    const status = statusOf(code)
    return json(status, { type: `urn:hub:problem:${code}`, status, ...about, faults: outcome.faults })
  }
  const status = outcome.because === 'hub' ? 503 : 409
  return {
    ...json(status, { type: `urn:hub:problem:${code}`, status, ...about }),
    retryAfterMs: outcome.afterMs,
  }
}

export function problem(code: ProblemCode): Answer {
  const { zh, en } = PROBLEMS[code]
  const status = statusOf(code)
  return json(status, { type: `urn:hub:problem:${code}`, title: `${zh} / ${en}`, status, code })
}

function json(status: number, value: object, contentType = 'application/problem+json'): Answer {
  return { status, contentType: `${contentType}; charset=utf-8`, body: Buffer.from(JSON.stringify(value)) }
}

export function write(response: ServerResponse, answer: Answer, request: IncomingMessage): void {
  if (response.destroyed) return
  const { status, contentType, body, retryAfterMs } = answer
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(status === 405 ? { allow: 'POST, PUT' } : {}),
  })
  response.end(body)
  if (!request.complete) discard(request)
}

/** How much of a body that nobody wants is read, so that its sender comes to reading our answer. */
const DISCARDED_BYTES = 16 * 2 ** 20

/** A connection that is dropped with something unread takes the answer with it. */
function discard(request: IncomingMessage): void {
  let size = 0
  request.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    if (size > DISCARDED_BYTES) request.destroy()
  })
  request.on('error', () => {})
}
