/** `GET /v1/items` and `/v1/items/{code}`: the list of items (art. 4), with what each asks for. The same for every system. */
import { Router } from 'express'
import type { Item, Topology } from '../config/topology.ts'
import { beijingTime, type Clock } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import { answerMethods } from './problem.ts'

export function itemRoutes(topology: Topology, clock: Clock): Router {
  const inForce = (): Item[] => {
    const today = beijingTime(clock.now()).slice(0, 10)
    return [...topology.items.values()]
      .flat()
      .filter((item) => item.effectiveFrom <= today && (item.effectiveUntil ?? today) >= today)
  }
  const router = Router()
  router.get('/items', (_request, response) => {
    const items = inForce().map(({ taskCode, catalogCode, name, version, owner, scenarios }) => ({
      taskCode,
      catalogCode,
      name,
      version,
      owner,
      scenarios,
    }))
    response.json({ items })
  })
  router.get('/items/:code', (request, response) => {
    const { code } = request.params
    const item = inForce().find(
      ({ taskCode, catalogCode, scenarios }) =>
        taskCode === code || catalogCode === code || scenarios.some(({ handleItem }) => handleItem === code),
    )
    if (item === undefined) {
      throw new IntakeError(
        'NOT_FOUND',
        'No item in force has this code. GET /v1/items lists them; 12, 31 and 33-character codes are taken.',
      )
    }
    response.json(item)
  })
  router.all(['/items', '/items/:code'], answerMethods('GET'))
  return router
}
