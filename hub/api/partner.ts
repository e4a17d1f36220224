/** Who is calling: every request is signed (docs/signing.md); what is not is answered 401 without a hint. */
import express, { type Request, type RequestHandler, type Response } from 'express'
import type { Operator, OperatorRole, System } from '../config/topology.ts'
import { IntakeError } from '../contract/errors.ts'
import type { NonceUse } from '../contract/store.ts'
import type { Authenticated, Principal } from '../security/authenticator.ts'
import type { NonceGuard } from '../security/nonce-guard.ts'
import type { ReceivedRequest } from '../security/signature.ts'

/** Answers who signed the request. @throws IntakeError AUTH_FAILED */
export type Authenticate = (request: ReceivedRequest) => Authenticated

/** Reads the body as bytes, whatever its media type: the signature covers bytes, and each format decodes its own. */
export function readBody(limitBytes: number): RequestHandler {
  return express.raw({ type: () => true, limit: limitBytes, inflate: false })
}

export function bodyOf(request: Request): Uint8Array {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

export function requireSigned(authenticate: Authenticate): RequestHandler {
  return signedBy(authenticate, bodyOf)
}

/** The same before the body is read: whoever reads it compares it with the digest that was signed. */
export function requireSignedHead(authenticate: Authenticate): RequestHandler {
  return signedBy(authenticate, () => undefined)
}

function signedBy(
  authenticate: Authenticate,
  body: (request: Request) => Uint8Array | undefined,
): RequestHandler {
  return function requireSignedRequest(request, response, next) {
    const mark = request.originalUrl.indexOf('?')
    const { principal, nonce } = authenticate({
      method: request.method,
      path: mark === -1 ? request.originalUrl : request.originalUrl.slice(0, mark),
      query: mark === -1 ? '' : request.originalUrl.slice(mark + 1),
      headers: request.headers,
      body: body(request),
    })
    response.locals.principal = principal
    response.locals.nonce = nonce
    response.locals.systemId = principal.kind === 'system' ? principal.system.id : principal.operator.id
    next()
  }
}

/** Lets a request pass once; for every address but those that write the nonce with what the request brings. */
export function requireUnusedNonce(nonces: NonceGuard): RequestHandler {
  return async function requireUnusedNonceOf(_request, response, next) {
    await nonces.spend(nonceOf(response))
    next()
  }
}

export function nonceOf(response: Response): NonceUse {
  const { nonce } = response.locals as { nonce?: NonceUse }
  if (nonce === undefined) throw new IntakeError('AUTH_FAILED', 'The request was not authenticated.')
  return nonce
}

/** Lets connected systems pass. @throws IntakeError OPERATION_NOT_ALLOWED for an operator */
export const requirePartner: RequestHandler = function requirePartner(_request, response, next) {
  partnerOf(response)
  next()
}

/** Lets those pass who tend the hub, whatever their role. @throws IntakeError OPERATION_NOT_ALLOWED for a system */
export const requireOperator: RequestHandler = function requireOperator(_request, response, next) {
  operatorOf(response)
  next()
}

export function partnerOf(response: Response): System {
  const principal = principalOf(response)
  if (principal.kind === 'system') return principal.system
  throw new IntakeError(
    'OPERATION_NOT_ALLOWED',
    'This address is for connected systems; operators have theirs below /v1/ops.',
  )
}

/** The account that asks; `role` where it has to have one. @throws IntakeError OPERATION_NOT_ALLOWED */
export function operatorOf(response: Response, role?: OperatorRole): Operator {
  const principal = principalOf(response)
  if (principal.kind === 'system')
    throw new IntakeError('OPERATION_NOT_ALLOWED', 'Addresses below /v1/ops are for operators of the hub.')
  const { operator } = principal
  if (role !== undefined && !operator.roles.includes(role))
    throw new IntakeError('OPERATION_NOT_ALLOWED', `The account ${operator.id} has not the role ${role}.`)
  return operator
}

export function principalOf(response: Response): Principal {
  const { principal } = response.locals as { principal?: Principal }
  if (principal === undefined) throw new IntakeError('AUTH_FAILED', 'The request was not authenticated.')
  return principal
}
