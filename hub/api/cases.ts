/** `GET /v1/cases…`: where is my case? A system sees the cases in which it is a party, and cannot tell the others from none. */
import { Router } from 'express'
import type { System } from '../config/topology.ts'
import { beijingTime } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import type { CaseRow, Delivery, Store, TimelineEntry } from '../contract/store.ts'
import { partnerOf } from './partner.ts'
import { answerMethods } from './problem.ts'
import { textParameter } from './query.ts'

export function caseRoutes(store: Store): Router {
  const visible = async (query: Parameters<Store['caseGet']>[0], system: System): Promise<CaseRow> => {
    const row = await store.caseGet(query)
    if (row === undefined || !isParty(row, system)) throw new IntakeError('CASE_NOT_FOUND', 'No such case.')
    return row
  }
  const view = async (row: CaseRow) => ({
    caseNo: row.caseNo,
    state: row.state,
    taskCode: row.taskCode,
    scenario: row.scenario,
    receivingRegion: row.receivingRegion,
    jurisdictionRegion: row.jurisdictionRegion,
    origin: row.origin,
    decider: row.decider,
    copies: row.copies,
    simulated: row.simulated,
    openedAt: row.openedAt,
    changedAt: row.changedAt,
    messages: row.version,
    externalIds: await store.externalIdList({ caseNo: row.caseNo }),
    deadlines: await store.deadlineList({ caseNo: row.caseNo }),
  })

  const router = Router()
  router.get('/cases', async (request, response) => {
    const system = partnerOf(response)
    const value = textParameter(request, 'externalId')
    if (value === undefined) {
      throw new IntakeError(
        'REQUEST_PARAMETER',
        'Give ?externalId=<your own number of the case>, or GET /v1/cases/{caseNo}.',
      )
    }
    response.json(await view(await visible({ externalId: { system: system.id, value } }, system)))
  })
  router.get('/cases/:caseNo', async (request, response) => {
    response.json(await view(await visible({ caseNo: request.params.caseNo }, partnerOf(response))))
  })
  router.get('/cases/:caseNo/messages', async (request, response) => {
    const system = partnerOf(response)
    const { caseNo, state } = await visible({ caseNo: request.params.caseNo }, system)
    const timeline = await store.caseTimeline({ caseNo })
    response.json({ caseNo, state, messages: timeline.map((entry) => entryView(entry, system)) })
  })
  router.all('/cases', answerMethods('GET', 'POST'))
  router.all(['/cases/:caseNo', '/cases/:caseNo/messages'], answerMethods('GET'))
  return router
}

function isParty({ origin, decider, copies }: CaseRow, { id }: System): boolean {
  return origin === id || decider === id || copies.includes(id)
}

function entryView({ message, deliveries }: TimelineEntry, system: System) {
  const { id, type, sequence, source, time, recordedat, externalid } = message
  return {
    messageId: id,
    type,
    sequence,
    source,
    time,
    recordedAt: recordedat,
    // What the sender calls its message is the sender's business.
    ...(externalid !== undefined && source === `/systems/${system.id}` ? { externalId: externalid } : {}),
    deliveries: deliveries.map((delivery) => deliveryView(delivery, system)),
  }
}

function deliveryView(delivery: Delivery, system: System) {
  const { destination, state, attempts, reason, reference, held } = delivery
  const mine = destination === system.id
  return {
    destination,
    state,
    attempts,
    held,
    createdAt: beijingTime(delivery.createdAtMs),
    ...(delivery.settledAtMs === undefined ? {} : { settledAt: beijingTime(delivery.settledAtMs) }),
    ...(state === 'waiting' || (state === 'pending' && !held)
      ? { nextAttemptAt: beijingTime(delivery.dueAtMs) }
      : {}),
    ...(reason === undefined ? {} : { reason: mine ? reason : { code: reason.code, owner: reason.owner } }),
    // A receiver's own words and numbers may speak of people; only the receiver reads them here.
    ...(mine && reference !== undefined ? { reference } : {}),
  }
}
