/** 对账: `/v1/ops/reconciliation…` for operators, of any system; `GET /v1/reconciliation` for a system, of itself. */
import { type Request, Router } from 'express'
import { isCalendarDate } from '../canonical/calendar-date.ts'
import type { Topology } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import type { Delivery, Store } from '../contract/store.ts'
import { type Comparison, compareDay, repairable } from '../operations/reconciliation-compare.ts'
import { type DayBooks, dayBooks, dayReport, type Taken } from '../operations/reconciliation-day.ts'
import { planReplay, type ReplayParts, replay } from '../operations/replay.ts'
import { idsDigest } from '../operations/tally.ts'
import { type CompareBody, compareBody, halfOf, MOST_ACTED_ON, repairBody } from './operations-body.ts'
import { operatorOf, partnerOf } from './partner.ts'
import { answerMethods } from './problem.ts'
import { textParameter } from './query.ts'

export interface ReconciliationParts extends ReplayParts {
  readonly store: Store
  readonly topology: Topology
  readonly clock: Clock
}

export function reconciliationRoutes(parts: ReconciliationParts): Router {
  const { store, clock } = parts
  const router = Router()
  router.get('/reconciliation', async (request, response) => {
    const books = await booksOf(parts, textParameter(request, 'system'), dayOf(request))
    response.json(dayReport(books, clock.now()))
  })
  router.post('/reconciliation/compare', async (request, response) => {
    response.json(comparisonView(await compared(parts, compareBody(request))))
  })
  router.post('/reconciliation/repair', async (request, response) => {
    const operator = operatorOf(response, 'operator').id
    const body = repairBody(request)
    const half = halfOf(body)
    const wanted = repairable(await compared(parts, body))
    const found = wanted.slice(0, MOST_ACTED_ON)
    const { system, day, messageIds } = body
    // The list may be long; its digest stands for it in the token and in the audit log.
    const digest = idsDigest(messageIds.map(({ id, externalId }) => `${id ?? ''} ${externalId ?? ''}`))
    const intent = {
      operator,
      act: 'repair',
      request: { system, day, listed: messageIds.length, digest },
      mapping: 'current' as const,
      found,
    }
    response.json(
      half === 'dry-run'
        ? { ...planReplay(parts, intent), more: wanted.length > found.length }
        : await replay(parts, intent, half),
    )
  })
  router.all('/reconciliation', answerMethods('GET'))
  router.all(['/reconciliation/compare', '/reconciliation/repair'], answerMethods('POST'))
  return router

  async function compared(
    of: ReconciliationParts,
    { system, day, messageIds }: CompareBody,
  ): Promise<Comparison> {
    return compareDay(store, await booksOf(of, system, day), messageIds)
  }
}

/** A system's own books: its counts, and every message with its id. */
export function ownReconciliationRoutes({
  store,
  clock,
}: Pick<ReconciliationParts, 'store' | 'clock'>): Router {
  const router = Router()
  router.get('/reconciliation', async (request, response) => {
    const books = await dayBooks(store, partnerOf(response).id, dayOf(request))
    const { accepted, due } = books
    response.json({
      ...dayReport(books, clock.now()),
      messages: { accepted: accepted.map(takenView), due: due.map(dueView) },
    })
  })
  router.all('/reconciliation', answerMethods('GET'))
  return router
}

function booksOf(
  { store, topology }: Pick<ReconciliationParts, 'store' | 'topology'>,
  system: string | undefined,
  day: string,
): Promise<DayBooks> {
  if (system === undefined || !topology.systems.has(system))
    throw new IntakeError('REQUEST_PARAMETER', 'system: give the id of a system of the topology.')
  return dayBooks(store, system, day)
}

function dayOf(request: Request): string {
  const day = textParameter(request, 'day')
  if (day === undefined || !isCalendarDate(day))
    throw new IntakeError('REQUEST_PARAMETER', 'day: give a day, YYYY-MM-DD, Beijing time.')
  return day
}

function comparisonView({ missingAtPartner, openAtHub, acceptedNotListed, ...rest }: Comparison) {
  return {
    ...rest,
    missingAtPartner: missingAtPartner.map(dueView),
    openAtHub: openAtHub.map(dueView),
    acceptedNotListed: acceptedNotListed.map(takenView),
  }
}

function takenView({ id, type, subject, externalid }: Taken) {
  return { id, type, caseNo: subject, ...(externalid === undefined ? {} : { externalId: externalid }) }
}

function dueView({ messageId, id, type, caseNo, state }: Delivery) {
  return { id: messageId, deliveryId: id, type, caseNo, state }
}
