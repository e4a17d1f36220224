/** `/livez`: the process answers. `/readyz`: its own store takes reads and writes and it is not stopping. Partners' health is not ours. */
import { Router } from 'express'
import { IntakeError } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'

export function healthRoutes(store: Pick<Store, 'probe'>, stopping: AbortSignal): Router {
  const router = Router()
  router.get('/livez', (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/readyz', async (_request, response) => {
    if (stopping.aborted)
      throw new IntakeError('HUB_STOPPING', 'The hub is stopping.', { retryAfterSeconds: 5 })
    await store.probe()
    response.json({ status: 'ok' })
  })
  return router
}
