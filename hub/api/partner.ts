/** Who is calling: every partner request is signed (docs/signing.md); what is not is answered 401 without a hint. */
import express, { type Request, type RequestHandler, type Response } from 'express'
import type { System } from '../config/topology.ts'
import { IntakeError } from '../contract/errors.ts'
import type { ReceivedRequest } from '../security/signature.ts'

/** Answers the system that signed the request. @throws IntakeError AUTH_FAILED */
export type AuthenticatePartner = (request: ReceivedRequest) => Promise<System>

/** Reads the body as bytes, whatever its media type: the signature covers bytes, and each format decodes its own. */
export function readBody(limitBytes: number): RequestHandler {
  return express.raw({ type: () => true, limit: limitBytes, inflate: false })
}

export function bodyOf(request: Request): Uint8Array {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

export function requirePartner(authenticate: AuthenticatePartner): RequestHandler {
  return async function requireSignedRequest(request, response, next) {
    const mark = request.originalUrl.indexOf('?')
    const system = await authenticate({
      method: request.method,
      path: mark === -1 ? request.originalUrl : request.originalUrl.slice(0, mark),
      query: mark === -1 ? '' : request.originalUrl.slice(mark + 1),
      headers: request.headers,
      body: bodyOf(request),
    })
    response.locals.system = system
    response.locals.systemId = system.id
    next()
  }
}

export function partnerOf(response: Response): System {
  const { system } = response.locals as { system?: System }
  if (system === undefined) throw new IntakeError('AUTH_FAILED', 'The request was not authenticated.')
  return system
}
