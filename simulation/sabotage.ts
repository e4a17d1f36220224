/** Deliberate bugs, put in from outside, that prove the simulation can fail. */
import type { Receipt, SendingKind } from '../hub/contract/adapter.ts'
import type { Store } from '../hub/contract/store.ts'

export interface Sabotage {
  readonly name: string
  /** Between the hub and what is seen of its store. */
  readonly above?: (store: Store) => Store
  /** Between what is seen of the store and the store itself. */
  readonly below?: (store: Store) => Store
  readonly link?: (kind: SendingKind) => SendingKind
}

/** The sender is answered while the commit is still under way. */
const acknowledgesEarly: Sabotage = {
  name: 'acknowledges-early',
  above: (store) =>
    changed(store, {
      async messageAccept(acceptance) {
        store.messageAccept(acceptance).catch(() => undefined)
        return { outcome: 'accepted' }
      },
    }),
}

/** Whoever settles is believed, even if the lease has passed to another. */
function forgetsFence(): Sabotage {
  const fences = new Map<string, number>()
  return {
    name: 'forgets-fence',
    below: (store) =>
      changed(store, {
        async deliveryLease(request) {
          const leased = await store.deliveryLease(request)
          for (const { delivery, fence } of leased) fences.set(delivery.id, fence)
          return leased
        },
        deliverySettle: (settlements) =>
          store.deliverySettle(
            settlements.map((settlement) => ({
              ...settlement,
              fence: fences.get(settlement.deliveryId) ?? settlement.fence,
            })),
          ),
      }),
  }
}

/** A delivery counts as made once it was sent. */
const settlesEarly: Sabotage = {
  name: 'settles-early',
  link: (kind) => ({
    ...kind,
    async open(config, services) {
      const link = await kind.open(config, services)
      return {
        ...link,
        async deliver(message, signal): Promise<Receipt> {
          link.deliver(message, signal).catch(() => undefined)
          return {}
        },
      }
    },
  }),
}

/** Nobody remembers that another owner had a delivery. */
const forgetsDoubt: Sabotage = {
  name: 'forgets-doubt',
  below: (store) =>
    changed(store, {
      deliveryLease: async (request) =>
        (await store.deliveryLease(request)).map((leased) => ({ ...leased, maybeSent: false })),
    }),
}

/** Every node thinks that everything is its own. */
const claimsAll: Sabotage = {
  name: 'claims-all',
  below: (store) =>
    changed(store, {
      async destinationClaim(request) {
        const { nodes } = await store.destinationClaim({ ...request, destinations: [] })
        const alone = nodes.filter(({ node }) => node === request.node)
        return {
          nodes: alone,
          owned: request.destinations.map((destination) => ({ destination, fence: 1 })),
        }
      },
    }),
}

/** A sender's id of a message is not remembered. */
function forgetsKeys(): Sabotage {
  let calls = 0
  return {
    name: 'forgets-keys',
    below: (store) =>
      changed(store, {
        answerGet: async () => undefined,
        messageAccept: (acceptance) =>
          store.messageAccept({
            ...acceptance,
            idempotency: { ...acceptance.idempotency, key: `${acceptance.idempotency.key} ${calls++}` },
            externalIds: [],
          }),
      }),
  }
}

/** Nobody looks when a waiting delivery is due. */
const oversleeps: Sabotage = {
  name: 'oversleeps',
  above: (store) => changed(store, { deliveryNextDue: async () => undefined }),
}

/** Waits are cut short. */
const hurries: Sabotage = {
  name: 'hurries',
  below: (store) =>
    changed(store, {
      deliveryLease: (request) => store.deliveryLease({ ...request, nowMs: request.nowMs + 10 * 60_000 }),
      async deliveryNextDue(query) {
        const dueAtMs = await store.deliveryNextDue(query)
        return dueAtMs === undefined ? undefined : dueAtMs - 10 * 60_000
      },
    }),
}

/** Messages of a case are written without their copies. */
const forgetsCopies: Sabotage = {
  name: 'forgets-copies',
  below: (store) =>
    changed(store, {
      messageAccept: (acceptance) =>
        store.messageAccept({ ...acceptance, deliveries: acceptance.deliveries.slice(0, 1) }),
    }),
}

function changed(store: Store, changes: Partial<Store>): Store {
  // A copy of a class instance would lose its methods; what is not changed goes to the store itself.
  return new Proxy(store, {
    get(target, name) {
      const changedOne = Reflect.get(changes, name)
      if (changedOne !== undefined) return changedOne
      const own = Reflect.get(target, name)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}

export const SABOTAGES: Readonly<Record<string, () => Sabotage>> = {
  'acknowledges-early': () => acknowledgesEarly,
  'forgets-fence': forgetsFence,
  'settles-early': () => settlesEarly,
  'forgets-doubt': () => forgetsDoubt,
  'claims-all': () => claimsAll,
  'forgets-keys': forgetsKeys,
  oversleeps: () => oversleeps,
  hurries: () => hurries,
  'forgets-copies': () => forgetsCopies,
}
