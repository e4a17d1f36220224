/** Every error answer of the hub: RFC 9457 `application/problem+json`, title in both languages, all faults at once. */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { type Fault, IntakeError, StoreError } from '../contract/errors.ts'
import { PROBLEMS, type ProblemCode, statusOf } from '../contract/problems.ts'
import type { ApiLog } from './log.ts'

interface Problem {
  /** `urn:hub:problem:<code>`; docs/errors.md says more about each. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail?: string
  readonly faults?: readonly Fault[]
  readonly [extension: string]: unknown
}

/** How soon to come back when the store did not take it, in seconds. */
const STORE_RETRY_SECONDS = 5

/** Codes whose detail would tell a stranger something. */
const MUTE: readonly ProblemCode[] = ['AUTH_FAILED', 'CASE_NOT_HELD', 'CASE_NOT_FOUND', 'INTERNAL']

function problemOf(error: IntakeError): Problem {
  const { code } = error
  const { zh, en } = PROBLEMS[code]
  const mute = MUTE.includes(code)
  return {
    ...(mute ? {} : error.details),
    type: `urn:hub:problem:${code}`,
    title: `${zh} / ${en}`,
    status: statusOf(code),
    code,
    ...(mute ? {} : { detail: error.message }),
    ...(error.faults.length === 0 ? {} : { faults: error.faults }),
  }
}

/** Strangers become ours here, and only here. */
function intakeErrorOf(error: unknown): IntakeError {
  if (error instanceof IntakeError) return error
  if (error instanceof StoreError) {
    const en =
      'The store did not take it; nothing was accepted. Send it again later with the same message id.'
    return new IntakeError('STORE_UNAVAILABLE', en, { retryAfterSeconds: STORE_RETRY_SECONDS, cause: error })
  }
  // What express and its body reader throw carries an HTTP status of its own.
  const { status, type } = error as { status?: unknown; type?: unknown }
  if (status === 413)
    return new IntakeError('REQUEST_TOO_LARGE', 'The body is larger than this address takes.', {
      details: { limitBytes: (error as { limit?: number }).limit },
    })
  if (status === 415)
    return new IntakeError('REQUEST_MEDIA_TYPE', 'Compressed bodies are not taken; send the body as it is.')
  if (type === 'request.aborted')
    return new IntakeError('REQUEST_NOT_JSON', 'The body ended before its declared length.', { cause: error })
  if (status === 400)
    return new IntakeError('REQUEST_PARAMETER', 'The request could not be read.', { cause: error })
  return new IntakeError('INTERNAL', 'Internal error.', { cause: error })
}

function send(response: Response, error: IntakeError): void {
  const problem = problemOf(error)
  if (error.retryAfterSeconds !== undefined) response.set('retry-after', String(error.retryAfterSeconds))
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

export function answerProblems(log: ApiLog): ErrorRequestHandler {
  return function answerProblem(thrown, request, response, next) {
    if (response.headersSent) return next(thrown)
    const error = intakeErrorOf(thrown)
    const about = {
      method: request.method,
      path: request.path,
      code: error.code,
      system: response.locals.systemId,
    }
    if (error.code === 'INTERNAL' || error.code === 'STORE_UNAVAILABLE')
      log.error({ ...about, error: error.cause ?? error }, 'a request failed')
    else
      log.info(
        {
          ...about,
          cause: error.details.cause ?? (error.cause instanceof Error ? error.cause.message : undefined),
        },
        'a request was refused',
      )
    send(response, error)
  }
}

/** The end of the route table: nothing matched. */
export const answerNotFound: RequestHandler = function answerNotFound(request) {
  throw new IntakeError(
    'NOT_FOUND',
    `There is nothing at ${request.method} ${request.path}. The addresses are listed in the README.`,
  )
}

/** For addresses that exist but not with this method. */
export function answerMethods(...allowed: readonly string[]): RequestHandler {
  return function answerMethodNotAllowed(request, response) {
    response.set('allow', allowed.join(', '))
    throw new IntakeError('METHOD_NOT_ALLOWED', `${request.path} takes ${allowed.join(', ')}.`)
  }
}
