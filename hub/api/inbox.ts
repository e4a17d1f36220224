/** `GET /v1/inbox` and `POST /v1/inbox/ack`: for systems that cannot be delivered to. Each message in the system's own format, by long poll. */
import { type Request, type Response, Router } from 'express'
import type { System } from '../config/topology.ts'
import type { Clock } from '../contract/clock.ts'
import { IntakeError, MappingError } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'
import type { Arrivals } from '../dispatch/arrivals.ts'
import type { FileSource } from '../dispatch/outbound-files.ts'
import { prepare } from '../dispatch/prepare.ts'
import { readJson } from '../document/read-json.ts'
import type { PackageVersions } from '../mapping/registry/package-versions.ts'
import type { ApiLog } from './log.ts'
import { bodyOf, partnerOf } from './partner.ts'
import { answerMethods } from './problem.ts'
import { integerParameter } from './query.ts'

export interface InboxParts {
  readonly store: Store
  readonly packages: PackageVersions
  readonly arrivals: Arrivals
  readonly clock: Clock
  readonly materials: FileSource
  /** Fires when the hub stops: waiting readers are answered at once. */
  readonly stopping: AbortSignal
  readonly log: ApiLog
}

interface Entry {
  readonly deliveryId: string
  readonly position: number
  readonly messageId: string
  readonly type: string
  readonly caseNo: string
  readonly sequence: number
  readonly document: unknown
}

const MOST_ENTRIES = 100
const LONGEST_WAIT_SECONDS = 60
const MOST_ACKS = 1000

export function inboxRoutes(parts: InboxParts): Router {
  const router = Router()
  router.get('/inbox', async (request, response) => {
    const system = collector(response)
    const after = integerParameter(request, 'after', {
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
      otherwise: 0,
    })
    const limit = integerParameter(request, 'limit', { least: 1, most: MOST_ENTRIES, otherwise: 20 })
    const waitSeconds = integerParameter(request, 'wait', {
      least: 0,
      most: LONGEST_WAIT_SECONDS,
      otherwise: 0,
    })
    const entries = await collect(parts, system, { after, limit, waitMs: waitSeconds * 1000 }, response)
    response.json({ entries, next: entries.at(-1)?.position ?? after })
  })
  router.post('/inbox/ack', async (request, response) => {
    const system = collector(response)
    const deliveryIds = ackedIds(request)
    const acknowledged = await parts.store.inboxAck({
      system: system.id,
      deliveryIds,
      nowMs: parts.clock.now(),
    })
    // Acknowledging frees the next message of the same case: wake whoever waits for it.
    parts.arrivals.announce([system.id])
    response.json({ acknowledged })
  })
  router.all('/inbox', answerMethods('GET'))
  router.all('/inbox/ack', answerMethods('POST'))
  return router
}

function collector(response: Response): System {
  const system = partnerOf(response)
  if (system.outbound !== undefined)
    throw new IntakeError('INBOX_NOT_USED', `Messages for ${system.id} are delivered to it.`)
  return system
}

function ackedIds(request: Request): string[] {
  const { deliveryIds } = (readJson(Buffer.from(bodyOf(request)).toString('utf8')) ?? {}) as {
    deliveryIds?: unknown
  }
  if (
    !Array.isArray(deliveryIds) ||
    deliveryIds.length > MOST_ACKS ||
    !deliveryIds.every((id) => typeof id === 'string')
  ) {
    throw new IntakeError(
      'REQUEST_PARAMETER',
      `Send {"deliveryIds": ["…"]} with at most ${MOST_ACKS} ids as GET /v1/inbox gave them.`,
    )
  }
  return deliveryIds
}

async function collect(
  parts: InboxParts,
  system: System,
  { after, limit, waitMs }: { readonly after: number; readonly limit: number; readonly waitMs: number },
  response: Response,
): Promise<Entry[]> {
  const deadlineMs = parts.clock.now() + waitMs
  for (;;) {
    // Listen before reading: what arrives in between is not missed.
    const arrival = nextArrival(parts, system.id, deadlineMs - parts.clock.now(), response)
    const entries = await read(parts, system, after, limit).catch((error: unknown) => {
      arrival.cancel()
      throw error
    })
    if (
      entries.length > 0 ||
      parts.clock.now() >= deadlineMs ||
      response.destroyed ||
      parts.stopping.aborted
    ) {
      arrival.cancel()
      return entries
    }
    await arrival.happened
  }
}

/** Settles on an arrival, after `waitMs`, when the reader has gone, or when the hub stops. */
function nextArrival(
  parts: InboxParts,
  system: string,
  waitMs: number,
  response: Response,
): { happened: Promise<void>; cancel(): void } {
  let cancel = (): void => {}
  const happened = new Promise<void>((resolve) => {
    const timer = parts.clock.after(Math.max(0, waitMs), () => cancel())
    const leave = parts.arrivals.listen(system, () => cancel())
    cancel = () => {
      timer.cancel()
      leave()
      response.off('close', cancel)
      parts.stopping.removeEventListener('abort', cancel)
      resolve()
    }
    response.once('close', cancel)
    parts.stopping.addEventListener('abort', cancel)
  })
  return { happened, cancel: () => cancel() }
}

/** What cannot be mapped is parked with its reason, so that it holds only the later messages of its own case. */
async function read(parts: InboxParts, system: System, after: number, limit: number): Promise<Entry[]> {
  const { store, clock } = parts
  const waiting = await store.inboxRead({ system: system.id, after, limit })
  const entries: Entry[] = []
  for (const entry of waiting) {
    const { delivery, message } = entry
    try {
      const { document } = await prepare(entry, system, parts)
      const { id, type, subject, sequence } = message
      entries.push({
        deliveryId: delivery.id,
        position: delivery.position,
        messageId: id,
        type,
        caseNo: subject,
        sequence,
        document,
      })
    } catch (error) {
      if (!(error instanceof MappingError)) throw error
      const words = `${error.message} Next: mend the format package, then replay.`
      await store.inboxPark({
        deliveryId: delivery.id,
        reason: { code: 'DELIVERY_UNMAPPABLE', words, owner: 'integrator' },
        nowMs: clock.now(),
      })
    }
  }
  return entries
}
