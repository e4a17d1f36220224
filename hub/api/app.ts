/** The hub's front door: authenticates, hands the raw request to intake or reads the store, and turns the outcome into an answer. */
import express, { type Express } from 'express'
import { IntakeError } from '../contract/errors.ts'
import type { Intake } from '../intake/intake.ts'
import type { Listeners } from '../intake/listeners.ts'
import type { Materials } from '../materials/materials.ts'
import type { NonceGuard } from '../security/nonce-guard.ts'
import { caseRoutes } from './cases.ts'
import type { OpenDoor } from './door.ts'
import { fileRoutes } from './files.ts'
import { healthRoutes } from './health.ts'
import { inboxRoutes } from './inbox.ts'
import { itemRoutes } from './items.ts'
import type { ApiLog } from './log.ts'
import { messageRoutes } from './messages.ts'
import { type OperationParts, operationRoutes } from './operations.ts'
import { listenerRoutes } from './operations-listeners.ts'
import { ownReconciliationRoutes } from './operations-reconciliation.ts'
import {
  type Authenticate,
  readBody,
  requireOperator,
  requirePartner,
  requireSigned,
  requireUnusedNonce,
} from './partner.ts'
import { answerNotFound, answerProblems } from './problem.ts'

export interface ApiParts extends OperationParts {
  readonly intake: Intake
  readonly authenticate: Authenticate
  readonly materials: Materials
  readonly nonces: NonceGuard
  /** Where listeners have their addresses. */
  readonly door: Pick<OpenDoor, 'handler'>
  readonly listeners: Pick<Listeners, 'status'>
  readonly maxBodyBytes: number
  /** Fires when the hub stops taking requests. */
  readonly stopping: AbortSignal
  readonly log: ApiLog
}

export function makeApp(parts: ApiParts): Express {
  const { store, stopping, topology, clock } = parts
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(healthRoutes(store, stopping))
  app.use(parts.door.handler)
  app.use('/v1', (_request, _response, next) => {
    if (stopping.aborted)
      throw new IntakeError('HUB_STOPPING', 'The hub is stopping; send it again in a moment.', {
        retryAfterSeconds: 5,
      })
    next()
  })
  app.use('/v1/files', fileRoutes(parts))
  app.use('/v1', readBody(parts.maxBodyBytes), requireSigned(parts.authenticate))
  app.use('/v1', messageRoutes(parts.intake, parts.nonces))
  app.use('/v1', requireUnusedNonce(parts.nonces))
  app.use('/v1/ops', requireOperator, listenerRoutes(parts.listeners), operationRoutes(parts), answerNotFound)
  app.use(
    '/v1',
    requirePartner,
    caseRoutes(store),
    inboxRoutes(parts),
    itemRoutes(topology, clock),
    ownReconciliationRoutes(parts),
  )
  app.use(answerNotFound)
  app.use(answerProblems(parts.log))
  return app
}
