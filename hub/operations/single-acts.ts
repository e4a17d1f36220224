/** What a person decides about one delivery: to give it up, or that the receiver has it. Both free the next of its case. */
import type { Clock } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'
import type { AuditEntry, Delivery, DeliveryReason, Store } from '../contract/store.ts'
import type { Arrivals } from '../dispatch/arrivals.ts'
import { deliveryById } from './delivery-reading.ts'
import { maskShapes } from './masker.ts'

export interface ActParts {
  readonly store: Pick<Store, 'deliveryList' | 'deliveryCancel' | 'deliveryMarkDelivered'>
  readonly arrivals: Pick<Arrivals, 'announce'>
  readonly clock: Pick<Clock, 'now'>
}

export interface Act {
  readonly deliveryId: string
  readonly operator: string
  /** Why, in the operator's words; kept with the delivery and in the audit log. */
  readonly reason: string
}

/** @throws IntakeError DELIVERY_NOT_FOUND, DELIVERY_STATE. A second time it is DELIVERY_STATE. */
export function cancelDelivery(parts: ActParts, act: Act): Promise<Delivery> {
  return decide(parts, act, {
    action: 'delivery.cancelled',
    code: 'DELIVERY_CANCELLED',
    write: (decision) => parts.store.deliveryCancel(decision),
  })
}

/**
 * @param act `reference`: the receiver's own number, where it told one
 * @throws IntakeError DELIVERY_NOT_FOUND, DELIVERY_STATE. A second time it is DELIVERY_STATE.
 */
export function markDelivered(
  parts: ActParts,
  act: Act & { readonly reference?: string },
): Promise<Delivery> {
  const { reference } = act
  return decide(parts, act, {
    action: 'delivery.marked-delivered',
    code: 'DELIVERY_CONFIRMED',
    write: (decision) =>
      parts.store.deliveryMarkDelivered({ ...decision, ...(reference === undefined ? {} : { reference }) }),
  })
}

interface Decision {
  readonly deliveryId: string
  readonly reason: DeliveryReason
  readonly audit: AuditEntry
}

async function decide(
  { store, arrivals, clock }: ActParts,
  { deliveryId, operator, reason }: Act,
  how: {
    readonly action: string
    readonly code: string
    readonly write: (decision: Decision) => Promise<boolean>
  },
): Promise<Delivery> {
  const before = await mustFind(store, deliveryId)
  const words = maskShapes.text(reason)
  const written = await how.write({
    deliveryId,
    reason: { code: how.code, words, owner: 'nobody' },
    audit: {
      atMs: clock.now(),
      actor: operator,
      action: how.action,
      subject: deliveryId,
      details: {
        reason: words,
        before: before.state,
        destination: before.destination,
        caseNo: before.caseNo,
      },
    },
  })
  const after = await mustFind(store, deliveryId)
  if (!written)
    throw new IntakeError('DELIVERY_STATE', `The delivery is ${after.state}; nothing was done.`, {
      details: { state: after.state },
    })
  // The next one of the case is free now.
  arrivals.announce([after.destination])
  return after
}

/** @throws IntakeError DELIVERY_NOT_FOUND */
export async function mustFind(store: Pick<Store, 'deliveryList'>, id: string): Promise<Delivery> {
  const delivery = await deliveryById(store, id)
  if (delivery === undefined)
    throw new IntakeError('DELIVERY_NOT_FOUND', 'No delivery has this id; GET /v1/ops/deliveries lists them.')
  return delivery
}
