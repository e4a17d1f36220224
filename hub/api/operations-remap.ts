/** `POST /v1/ops/messages/{id}/remap`: a message whose inbound mapping was wrong is mapped again from its bytes. Dry run first. */
import { Router } from 'express'
import type { RemapParts } from '../operations/correction.ts'
import { planRemap, remap } from '../operations/remap.ts'
import { halfOf, remapBody } from './operations-body.ts'
import { operatorOf } from './partner.ts'
import { answerMethods } from './problem.ts'

export function remapRoutes(parts: RemapParts): Router {
  const router = Router()
  router.post('/messages/:id/remap', async (request, response) => {
    const operator = operatorOf(response, 'operator').id
    const { version, ...rest } = remapBody(request)
    const half = halfOf(rest)
    const intent = {
      operator,
      messageId: request.params.id,
      ...(version === undefined ? {} : { version }),
    }
    response.json(half === 'dry-run' ? await planRemap(parts, intent) : await remap(parts, intent, half))
  })
  router.all('/messages/:id/remap', answerMethods('POST'))
  return router
}
