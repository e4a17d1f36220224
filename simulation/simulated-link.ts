/** The made-up kind of link between the hub and the simulated receivers, and everything that can go wrong on it. */
import type { Link, Outbound, Receipt, SendingKind } from '../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../hub/contract/errors.ts'
import type { Instance } from './instance.ts'
import type { ReceiverFault } from './plan.ts'
import type { Receiver } from './receiver.ts'
import { delayOf, type World } from './world.ts'

/** What an adapter with a bug might throw. */
export class SimulatedBug extends Error {}

export function simulatedKind(instance: Instance, world: World): SendingKind {
  const kind: SendingKind = {
    name: 'simulated',
    summary: 'Delivers to the receivers of a simulated province.',
    configSchema: { type: 'object' },
    traits: { ordered: true, queryable: true },
    async open(config) {
      await instance.point('open')
      return linkTo((config as { readonly system: string }).system, instance, world)
    },
  }
  return world.sabotage?.link?.(kind) ?? kind
}

function linkTo(system: string, instance: Instance, world: World): Link {
  const receiver = world.receivers.get(system) as Receiver
  const link: Link = {
    async deliver(message, signal) {
      await instance.point('deliver before')
      if (signal.aborted) throw new LinkLost('The attempt was given up before anything was sent.')
      const ended = world.witness.attempted(instance, system, message.messageId)
      world.scheduler.note(`${instance.name} sends ${message.caseNo}#${message.sequence} to ${system}`)
      try {
        if (receiver.isDown(world.scheduler.nowMs)) throw new LinkLost(`could not connect to ${system}`)
        return await exchange(message, signal, { receiver, instance, world })
      } finally {
        ended()
        await instance.point('deliver after')
      }
    },
    async probe() {},
    async close() {
      await instance.point('close')
    },
  }
  if (world.plan.receivers.get(system)?.queryable !== true) return link
  return {
    ...link,
    async query(message) {
      await instance.point('query before')
      if (receiver.isDown(world.scheduler.nowMs)) throw new LinkLost(`could not connect to ${system}`)
      const found = receiver.has(message.messageId)
      await instance.point('query after')
      return found ? { reference: `R-${message.messageId}`, duplicate: true } : undefined
    },
  }
}

interface Wire {
  readonly receiver: Receiver
  readonly instance: Instance
  readonly world: World
}

function exchange(
  message: Outbound,
  signal: AbortSignal,
  { receiver, instance, world }: Wire,
): Promise<Receipt> {
  const { scheduler, latency, witness, book } = world
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new OutcomeUnknown('no answer in time')), { once: true })
    /** At the receiver, whatever becomes of the node; a receiver that is down by then hears nothing. */
    const arrive = (delayMs: number, act: () => void): void => {
      scheduler.after(delayMs, world.outside, () => {
        if (!receiver.isDown(scheduler.nowMs)) act()
      })
    }
    /** Back at the node, if it lives. */
    const answer = (act: () => void, delayMs = delayOf(latency)): void =>
      void scheduler.after(delayMs, instance, act)
    const take = (): boolean => receiver.take(message)
    const takeAndAnswer = (): void => {
      const duplicate = take()
      answer(() => resolve({ reference: `R-${message.messageId}`, duplicate }))
    }
    const there = delayOf(latency)
    const fault = book.atReceiver(receiver.system)
    switch (softened(fault?.what, receiver, world)) {
      case 'reset-before':
        return answer(() => reject(new LinkLost('connection reset before anything was sent')), there)
      case 'reset-after':
        return arrive(there, () => {
          take()
          answer(() => reject(new OutcomeUnknown('connection reset after sending')))
        })
      case 'silent':
        return
      case 'silent-taken':
        return arrive(there, take)
      case 'taken-late':
        return arrive(there + (fault?.ms ?? 0), take)
      case 'slow':
        return arrive(there, () => {
          const duplicate = take()
          answer(() => resolve({ duplicate }), fault?.ms)
        })
      case 'busy':
        return arrive(there, () => answer(() => reject(new RetryLater('429'))))
      case 'patience':
        return arrive(there, () => {
          const seen = witness.delivery(receiver.system, message.messageId)
          if (seen !== undefined) seen.notBeforeMs = scheduler.nowMs + (fault?.ms ?? 0)
          answer(() => reject(new RetryLater('429', { afterMs: fault?.ms })))
        })
      case 'error':
        return arrive(there, () => answer(() => reject(new RetryLater('500'))))
      case 'error-taken':
        return arrive(there, () => {
          take()
          answer(() => reject(new RetryLater('500')))
        })
      case 'garbage':
        return arrive(there, () => {
          take()
          answer(() => reject(new OutcomeUnknown('unreadable answer', { answer: Buffer.from('<html>') })))
        })
      case 'refuse':
        return arrive(there, () => {
          const seen = witness.delivery(receiver.system, message.messageId)
          if (seen !== undefined) seen.refused = true
          answer(() => reject(new Rejected('contract', 'no such item')))
        })
      case 'bug':
        return arrive(there, () => {
          take()
          answer(() => reject(new SimulatedBug('x is undefined')))
        })
      case 'twice':
        arrive(there + (fault?.ms ?? 0), take)
        return arrive(there, takeAndAnswer)
      case undefined:
        return arrive(there, takeAndAnswer)
    }
  })
}

/** What would double an effect whatever the hub does is not done to a receiver that cannot tell repeats. */
function softened(
  what: ReceiverFault | undefined,
  receiver: Receiver,
  world: World,
): ReceiverFault | undefined {
  if (receiver.dedupes) return what
  if (what === 'twice') return undefined
  if (what === 'error-taken') return 'error'
  // Asked too early, the receiver says that it does not have it.
  if (what === 'taken-late' && world.plan.receivers.get(receiver.system)?.queryable) return 'silent-taken'
  return what
}
