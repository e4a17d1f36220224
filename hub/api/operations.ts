/** Addresses below `/v1/ops`: what an operator sees of the deliveries, and what to do about them. An auditor may look only. */
import { type Request, type Response, Router } from 'express'
import type { Validator } from '../canonical/validator.ts'
import type { System, Topology } from '../config/topology.ts'
import type { Clock, RandomBytes } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import { DELIVERY_STATES, type DeliveryState, type Store } from '../contract/store.ts'
import type { Arrivals } from '../dispatch/arrivals.ts'
import type { BreakerState } from '../dispatch/breaker.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import type { PackageVersions } from '../mapping/registry/package-versions.ts'
import type { Confirmations } from '../operations/confirmation.ts'
import { type DeliveryQuery, findByIds, findDeliveries, OWNERS } from '../operations/delivery-query.ts'
import { deliveryDetail, deliveryRows, type ViewParts } from '../operations/delivery-view.ts'
import { planReplay, replay } from '../operations/replay.ts'
import { cancelDelivery, markDelivered, mustFind } from '../operations/single-acts.ts'
import { summaryOf } from '../operations/summary.ts'
import { cancelBody, halfOf, markBody, replayBody } from './operations-body.ts'
import { reconciliationRoutes } from './operations-reconciliation.ts'
import { redirectRoutes } from './operations-redirect.ts'
import { remapRoutes } from './operations-remap.ts'
import { operatorOf } from './partner.ts'
import { answerMethods } from './problem.ts'
import { choiceParameter, integerParameter, textParameter } from './query.ts'

export interface OperationParts {
  readonly store: Store
  readonly topology: Topology
  readonly packages: PackageVersions
  readonly formats: ReadonlyMap<string, FormatPackage>
  readonly validator: Validator
  readonly arrivals: Arrivals
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly confirmations: Confirmations
  readonly breakerOf: (destination: string) => BreakerState | undefined
}

const MOST_LISTED = 200
/** What a replay by filter means unless it says otherwise: what needs a person. */
const FOR_A_PERSON: readonly DeliveryState[] = ['dead', 'unknown']

export function operationRoutes(parts: OperationParts): Router {
  const { store, topology, packages } = parts
  const view: ViewParts = { ...parts, charsetOf: ({ format }) => packages.current(format).charset }
  const replayParts = { ...parts, currentVersion: ({ format }: System) => packages.current(format).version }
  const router = Router()

  router.get('/summary', async (_request, response) => {
    response.json(await summaryOf(parts))
  })
  router.get('/deliveries', async (request, response) => {
    const page = await findDeliveries(store, queryOf(request), {
      after: integerParameter(request, 'after', { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
      limit: integerParameter(request, 'limit', { least: 1, most: MOST_LISTED, otherwise: 50 }),
    })
    const deliveries = await deliveryRows(page.deliveries, view)
    response.json({ deliveries, ...(page.next === undefined ? {} : { next: page.next }) })
  })
  router.post('/deliveries/replay', async (request, response) => {
    response.json(await replayWanted(request, response))
  })
  router.use(redirectRoutes(parts), remapRoutes(parts))
  router.get('/deliveries/:id', async (request, response) => {
    response.json(await deliveryDetail(await mustFind(store, request.params.id), view))
  })
  router.post('/deliveries/:id/cancel', async (request, response) => {
    const operator = operatorOf(response, 'operator').id
    const { reason } = cancelBody(request)
    const delivery = await cancelDelivery(parts, { deliveryId: request.params.id, operator, reason })
    response.json(await deliveryDetail(delivery, view))
  })
  router.post('/deliveries/:id/mark-delivered', async (request, response) => {
    const operator = operatorOf(response, 'operator').id
    const wanted = markBody(request)
    const delivery = await markDelivered(parts, { ...wanted, deliveryId: request.params.id, operator })
    response.json(await deliveryDetail(delivery, view))
  })
  router.use(reconciliationRoutes(replayParts))

  async function replayWanted(request: Request, response: Response) {
    const operator = operatorOf(response, 'operator').id
    const { ids, filter, limit = 100, mapping = 'current', ...rest } = replayBody(request)
    const half = halfOf(rest)
    if ((ids === undefined) === (filter === undefined))
      throw new IntakeError('REQUEST_PARAMETER', 'Send either "ids" or a "filter".')
    if (filter?.destination !== undefined) mustBeKnown(filter.destination)
    const states = typeof filter?.state === 'string' ? [filter.state] : (filter?.state ?? FOR_A_PERSON)
    const found =
      ids === undefined
        ? await findDeliveries(store, { ...filter, state: states }, { after: 0, limit })
        : { deliveries: await findByIds(store, ids), next: undefined }
    const wanted = ids === undefined ? { filter: { ...filter, state: states }, limit } : { ids }
    const intent = { operator, act: 'replay', request: wanted, mapping, found: found.deliveries }
    if (half !== 'dry-run') return replay(replayParts, intent, half)
    const unknownIds = ids === undefined ? 0 : new Set(ids).size - found.deliveries.length
    return {
      ...planReplay(replayParts, intent),
      // There may be more than one act takes; the next dry run finds them.
      more: found.next !== undefined,
      ...(unknownIds === 0 ? {} : { unknownIds }),
    }
  }

  function mustBeKnown(system: string): void {
    if (!topology.systems.has(system))
      throw new IntakeError('REQUEST_PARAMETER', `The topology has no system ${system}.`)
  }

  router.all(['/summary', '/deliveries', '/deliveries/:id'], answerMethods('GET'))
  router.all(
    ['/deliveries/replay', '/deliveries/:id/cancel', '/deliveries/:id/mark-delivered'],
    answerMethods('POST'),
  )
  return router
}

function queryOf(request: Request): DeliveryQuery {
  const state = choiceParameter(request, 'state', DELIVERY_STATES)
  const owner = choiceParameter(request, 'owner', OWNERS)
  const destination = textParameter(request, 'destination')
  const caseNo = textParameter(request, 'caseNo')
  const code = textParameter(request, 'code')
  return {
    ...(state === undefined ? {} : { state: [state] }),
    ...(owner === undefined ? {} : { owner }),
    ...(destination === undefined ? {} : { destination }),
    ...(caseNo === undefined ? {} : { caseNo }),
    ...(code === undefined ? {} : { code }),
  }
}
