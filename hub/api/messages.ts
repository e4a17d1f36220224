/** `POST /v1/cases` and `POST /v1/messages`: hands the raw request to intake and turns the outcome into an answer. */
import { type Request, type Response, Router } from 'express'
import { IntakeError } from '../contract/errors.ts'
import type { Answer } from '../intake/acceptance.ts'
import type { Intake } from '../intake/intake.ts'
import type { Received } from '../intake/map-in.ts'
import type { NonceGuard } from '../security/nonce-guard.ts'
import { bodyOf, nonceOf, partnerOf } from './partner.ts'
import { answerMethods } from './problem.ts'
import { choiceParameter } from './query.ts'

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Uses up the nonces of its requests itself, with the messages that they bring. */
export function messageRoutes(intake: Intake, nonces: NonceGuard): Router {
  const take = (only?: 'case.submitted') => async (request: Request, response: Response) => {
    const { send } = await nonces.spendWith(nonceOf(response), async () => {
      const received = receivedOf(request, response)
      if (choiceParameter(request, 'validate', ['only']) === 'only') {
        const { type, parties } = await intake.validate(received, only)
        return {
          wrote: false,
          send: () => response.json({ valid: true, type, wouldGoTo: parties }),
        }
      }
      const { answer, repeated } = await intake.accept(received, only)
      return { wrote: !repeated, send: () => sendAnswer(response, answer, { repeated, only }) }
    })
    send()
  }
  const router = Router()
  router.post('/cases', take('case.submitted'))
  router.post('/messages', take())
  router.all('/messages', answerMethods('POST'))
  return router
}

function sendAnswer(
  response: Response,
  answer: Answer,
  { repeated, only }: { readonly repeated: boolean; readonly only: 'case.submitted' | undefined },
): Response {
  if (repeated) response.set('idempotency-replayed', 'true')
  return response
    .status(only === undefined ? 202 : 201)
    .location(`/v1/cases/${encodeURIComponent(answer.caseNo)}`)
    .json(answer)
}

function receivedOf(request: Request, response: Response): Received {
  const key = request.get('idempotency-key')
  if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new IntakeError('REQUEST_PARAMETER', 'Idempotency-Key takes 1 to 200 visible ASCII characters.')
  }
  const traceparent = request.get('traceparent')
  return {
    sender: partnerOf(response),
    bytes: bodyOf(request),
    contentType: request.get('content-type') ?? '',
    idempotencyKey: key,
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined,
    nonce: nonceOf(response),
  }
}
