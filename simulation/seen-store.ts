/**
 * The store as one node sees it: every verb waits before and after its effect, where the node may die or stand still; a
 * call may be refused, or done and its answer lost. What is written is shown to the witness at the very moment.
 */
import { StoreError } from '../hub/contract/errors.ts'
import type { Acceptance, Settlement, Store } from '../hub/contract/store.ts'
import type { Instance } from './instance.ts'
import type { World } from './world.ts'

type Call = (request: unknown) => Promise<unknown>

export function seenStore(instance: Instance, world: World): Store {
  const inner = world.sabotage?.below?.(world.durable) ?? world.durable
  const shared = world.plan.nodes > 1
  const verbs = new Map<string, Call>()
  const own: Partial<Store> = {
    traits: { ...inner.traits, name: 'simulated', shared },
    close: async () => undefined,
  }
  const store = new Proxy(inner, {
    get(target, name) {
      const given = Reflect.get(own, name) ?? verbs.get(String(name))
      if (given !== undefined) return given
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const verb = throughPoints(String(name), member.bind(target) as Call, instance, world)
      verbs.set(String(name), verb)
      return verb
    },
  })
  return world.sabotage?.above?.(store) ?? store
}

function throughPoints(verb: string, act: Call, instance: Instance, world: World): Call {
  return async (request) => {
    await instance.point(`${verb} before`)
    const fault = world.book.inStore(verb)
    if (fault === 'store-busy') throw new StoreError('STORE_BUSY', 'The simulated store is busy.')
    // The store in memory does its work before it first waits, so nothing comes in between.
    const result = await act(request)
    show(verb, request, result, instance, world)
    await instance.point(`${verb} after`)
    // An embedded store has no wire on which an answer could be lost.
    if (fault === 'store-answer-lost' && world.plan.nodes > 1)
      throw new StoreError('STORE_UNAVAILABLE', 'The simulated store was cut off after its work.')
    return result
  }
}

function show(verb: string, request: unknown, result: unknown, instance: Instance, world: World): void {
  const { witness } = world
  switch (verb) {
    case 'messageAccept': {
      if ((result as Awaited<ReturnType<Store['messageAccept']>>).outcome !== 'accepted') return
      const acceptance = request as Acceptance
      witness.accepted(acceptance)
      const { message, deliveries } = acceptance
      world.committed(
        deliveries.map(({ destination }) => destination),
        message.type === 'case.submitted'
          ? { caseNo: message.subject, externalId: message.externalid ?? '' }
          : undefined,
      )
      return
    }
    case 'destinationClaim': {
      const { destinations, waitsForLeases, leaseMs } = request as Parameters<Store['destinationClaim']>[0]
      const { owned } = result as Awaited<ReturnType<Store['destinationClaim']>>
      witness.claimed(instance, { destinations, waitsForLeases, owned, leaseMs })
      return
    }
    case 'destinationRelease': {
      const { node, destinations } = request as Parameters<Store['destinationRelease']>[0]
      witness.gaveUp(node, destinations)
      world.scheduler.note(`${instance.name} gives up ${destinations.join()}`)
      world.released(instance, destinations)
      return
    }
    case 'deliveryLease': {
      const { leaseMs } = request as Parameters<Store['deliveryLease']>[0]
      const leases = result as Awaited<ReturnType<Store['deliveryLease']>>
      for (const { delivery, fence } of leases)
        world.scheduler.note(
          `${instance.name} holds ${delivery.id} to ${delivery.destination}, fence ${fence}`,
        )
      // Leases end by the clock of the store, which is never wrong.
      witness.leased(instance, leases, world.scheduler.nowMs + leaseMs)
      return
    }
    case 'deliverySettle': {
      const settlements = request as readonly Settlement[]
      const answers = result as readonly boolean[]
      witness.settled(
        instance,
        settlements,
        answers,
        ({ system, messageId }) => world.receivers.get(system)?.has(messageId) === true,
      )
      settlements.forEach(({ deliveryId, state, fence }, index) => {
        world.scheduler.note(
          `${instance.name} settles ${deliveryId} as ${state}, fence ${fence}: ${answers[index]}`,
        )
        if (answers[index] === true && (state === 'dead' || state === 'unknown')) world.parked(deliveryId)
      })
      return
    }
    case 'deliveryRelease':
      witness.released(request as Parameters<Store['deliveryRelease']>[0])
  }
}
