/** `GET /v1/ops/listeners`: every listener as it is now on this node. */
import { Router } from 'express'
import { beijingTime } from '../contract/clock.ts'
import type { Listeners } from '../intake/listeners.ts'
import { answerMethods } from './problem.ts'
import { textParameter } from './query.ts'

export function listenerRoutes(listeners: Pick<Listeners, 'status'>): Router {
  const router = Router()
  router.get('/listeners', (request, response) => {
    const reports = listeners.status(textParameter(request, 'system'))
    response.json({
      listeners: reports.map(({ sinceMs, ...report }) => ({ ...report, since: beijingTime(sinceMs) })),
    })
  })
  router.all('/listeners', answerMethods('GET'))
  return router
}
