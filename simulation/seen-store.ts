/**
 * The store as one node sees it: every verb waits before and after its effect, where the node may die or stand still; a
 * call may be refused, or done and its answer lost. What is written is shown to the witness at the very moment.
 */
import { StoreError } from '../hub/contract/errors.ts'
import type { Acceptance, Settlement, Store } from '../hub/contract/store.ts'
import type { Instance } from './instance.ts'
import type { World } from './world.ts'

const VERBS = [
  'messageAccept',
  'messageGet',
  'answerGet',
  'caseGet',
  'caseTimeline',
  'externalIdList',
  'deadlineList',
  'deliveryLease',
  'deliverySettle',
  'deliveryRelease',
  'deliveryCancel',
  'deliveryList',
  'deliveryCount',
  'attemptList',
  'deliveryNextDue',
  'inboxRead',
  'inboxAck',
  'inboxPark',
  'nonceRemember',
  'probe',
] as const satisfies readonly (keyof Store)[]

type Verb = (typeof VERBS)[number]
type Call = (request: unknown) => Promise<unknown>

export function seenStore(instance: Instance, world: World): Store {
  const inner = world.sabotage?.below?.(world.durable) ?? world.durable
  const call = (verb: Verb): Call => {
    const act = (inner[verb] as Call).bind(inner)
    return async (request) => {
      await instance.point(`${verb} before`)
      // An embedded store has no wire on which an answer could be lost.
      const fault = world.book.inStore(verb)
      if (fault === 'store-busy') throw new StoreError('STORE_BUSY', 'The simulated store is busy.')
      // The store in memory does its work before it first waits, so nothing comes in between.
      const result = await act(request)
      show(verb, request, result, instance, world)
      await instance.point(`${verb} after`)
      if (fault === 'store-answer-lost' && world.plan.nodes > 1)
        throw new StoreError('STORE_UNAVAILABLE', 'The simulated store was cut off after its work.')
      return result
    }
  }
  const store = {
    traits: { name: 'simulated', shared: world.plan.nodes > 1 },
    ...Object.fromEntries(VERBS.map((verb) => [verb, call(verb)])),
    close: async () => undefined,
  } as unknown as Store
  return world.sabotage?.above?.(store) ?? store
}

function show(verb: Verb, request: unknown, result: unknown, instance: Instance, world: World): void {
  const { witness } = world
  switch (verb) {
    case 'messageAccept': {
      if ((result as Awaited<ReturnType<Store['messageAccept']>>).outcome !== 'accepted') return
      const acceptance = request as Acceptance
      witness.accepted(acceptance)
      const { message, deliveries } = acceptance
      world.committed(
        deliveries.map(({ destination }) => destination),
        message.type === 'case.submitted' ? { caseNo: message.subject, externalId: message.externalid ?? '' } : undefined,
      )
      return
    }
    case 'deliveryLease': {
      const { nowMs, leaseMs } = request as Parameters<Store['deliveryLease']>[0]
      witness.leased(instance, result as Awaited<ReturnType<Store['deliveryLease']>>, nowMs + leaseMs)
      return
    }
    case 'deliverySettle': {
      const settlements = request as readonly Settlement[]
      const answers = result as readonly boolean[]
      witness.settled(instance, settlements, answers, ({ system, messageId }) => world.receivers.get(system)?.has(messageId) === true)
      settlements.forEach(({ deliveryId, state }, index) => {
        if (answers[index] === true && (state === 'dead' || state === 'unknown')) world.parked(deliveryId)
      })
      return
    }
    case 'deliveryRelease':
      witness.released(request as Parameters<Store['deliveryRelease']>[0])
  }
}
