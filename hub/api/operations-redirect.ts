/** `POST /v1/ops/deliveries/redirect`: a system was replaced, what is open to it goes to another. Dry run first, as with a replay. */
import { type Request, type Response, Router } from 'express'
import type { System } from '../config/topology.ts'
import { IntakeError } from '../contract/errors.ts'
import type { Delivery, DeliveryState } from '../contract/store.ts'
import { findByIds, findDeliveries } from '../operations/delivery-query.ts'
import { planRedirect, type RedirectParts, redirect } from '../operations/redirect.ts'
import { halfOf, type RedirectBody, redirectBody } from './operations-body.ts'
import { operatorOf } from './partner.ts'
import { answerMethods } from './problem.ts'

/** What is selected unless the filter says otherwise: all that is not over. What is being attempted comes with its case. */
const MOVABLE: readonly DeliveryState[] = ['pending', 'waiting', 'unknown', 'dead']
const ROLES: readonly System['role'][] = ['acceptance', 'department', 'notice']

export function redirectRoutes(parts: RedirectParts): Router {
  const { store, topology } = parts
  const router = Router()
  router.post('/deliveries/redirect', async (request, response) => {
    response.json(await redirectWanted(request, response))
  })
  router.all('/deliveries/redirect', answerMethods('POST'))
  return router

  async function redirectWanted(request: Request, response: Response) {
    const operator = operatorOf(response, 'operator').id
    const body = redirectBody(request)
    const half = halfOf(body)
    const { from, to } = body
    mustReplace(from, to)
    const { found, more, wanted } = await selected(body)
    const intent = { operator, from, to, found, request: { from, to, ...wanted } }
    return half === 'dry-run'
      ? { ...(await planRedirect(parts, intent)), more }
      : redirect(parts, intent, half)
  }

  async function selected({ from, ids, filter = {}, limit = 100 }: RedirectBody): Promise<{
    readonly found: readonly Delivery[]
    readonly more: boolean
    readonly wanted: object
  }> {
    if (ids !== undefined) {
      if (Object.keys(filter).length > 0)
        throw new IntakeError('REQUEST_PARAMETER', 'Send either "ids" or a "filter".')
      const found = await findByIds(store, ids)
      const strangers = found.filter(({ destination }) => destination !== from)
      if (strangers.length > 0)
        throw new IntakeError(
          'REQUEST_PARAMETER',
          `${strangers.length} of the ids are not of deliveries to ${from}; nothing was done.`,
        )
      return { found: found.filter(({ state }) => MOVABLE.includes(state)), more: false, wanted: { ids } }
    }
    const state = typeof filter.state === 'string' ? [filter.state] : (filter.state ?? MOVABLE)
    const fixed = state.filter((one) => !MOVABLE.includes(one))
    if (fixed.length > 0)
      throw new IntakeError(
        'REQUEST_PARAMETER',
        `What is ${fixed.join(' or ')} cannot be moved; only ${MOVABLE.join(', ')}.`,
      )
    const page = await findDeliveries(store, { ...filter, destination: from, state }, { after: 0, limit })
    return {
      found: page.deliveries,
      // There may be more than one act takes; the next dry run finds them.
      more: page.next !== undefined,
      wanted: { filter: { ...filter, state }, limit },
    }
  }

  /** The old system may have left the topology already. */
  function mustReplace(from: string, to: string): void {
    const [old, successor] = [topology.systems.get(from), topology.systems.get(to)]
    if (successor === undefined)
      throw new IntakeError('REQUEST_PARAMETER', `to: the topology has no system ${to}.`)
    if (from === to) throw new IntakeError('REQUEST_PARAMETER', 'from and to are the same system.')
    if (!ROLES.includes(successor.role) || (old !== undefined && !ROLES.includes(old.role)))
      throw new IntakeError('REQUEST_PARAMETER', 'A stream gets everything anyway; nothing is redirected.')
    if (old !== undefined && (old.role === 'notice') !== (successor.role === 'notice'))
      throw new IntakeError(
        'REQUEST_PARAMETER',
        `${to} cannot take the place of ${from}: they differ in role.`,
      )
  }
}
