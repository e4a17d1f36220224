/**
 * The oracle. Parties write down what the hub acknowledged to them, what reached them, and what it did to them; the
 * ledger says afterwards what was lost, doubled or out of order. It asks the hub nothing: who is due a message follows
 * from who submitted the case and who decides it.
 */

/** The hub answered for a message: from now on it may not be lost. */
export interface Acknowledged {
  readonly sender: string
  /** The sender's own id of the message: one id, one message, however often it was sent. */
  readonly ownId: string
  readonly messageId: string
  readonly caseNo: string
  readonly type: string
  /** Position in the case, from 1. */
  readonly sequence: number
  /** Systems that have to see it. */
  readonly due: readonly string[]
}

/** A message stood at a receiver's door, for the first time or again. */
export interface Arrived {
  readonly receiver: string
  readonly messageId: string
  readonly caseNo: string
  readonly type: string
}

export interface Lost {
  readonly receiver: string
  readonly messageId: string
  readonly caseNo: string
  readonly type: string
}

export interface Doubled {
  /** Where it happened: a receiver that was changed twice by one message, or a sender whose message became two. */
  readonly system: string
  readonly key: string
  readonly count: number
}

export interface Misordered {
  readonly receiver: string
  readonly caseNo: string
  /** Positions in the order in which they were first seen. */
  readonly sequences: readonly number[]
}

export interface Report {
  readonly acknowledged: number
  /** Arrivals, repeats included. */
  readonly arrivals: number
  readonly effects: number
  /** Acknowledged, and not seen by a system that is due it. */
  readonly lost: readonly Lost[]
  readonly doubled: readonly Doubled[]
  readonly misordered: readonly Misordered[]
  /** Seen by somebody though the hub acknowledged it to nobody: its sender never learnt of it. The hub's own messages are none. */
  readonly unacknowledged: readonly Arrived[]
}

/** Called after the entry was written. Must not throw. */
export interface Watcher {
  acknowledged?(entry: Acknowledged): void
  arrived?(entry: Arrived): void
}

export class Ledger {
  readonly #acknowledged = new Map<string, Acknowledged>()
  /** Message ids by `<sender> <own id>`. */
  readonly #issued = new Map<string, Set<string>>()
  /** By `<receiver> <message id>`, in order of first arrival. */
  readonly #firstSeen = new Map<string, Arrived>()
  readonly #effects = new Map<string, { system: string; key: string; count: number }>()
  /** `<receiver> <case number> <type>` of all that was seen. */
  readonly #seenTypes = new Set<string>()
  readonly #watchers = new Set<Watcher>()
  #arrivals = 0

  acknowledged(entry: Acknowledged): void {
    const issued = `${entry.sender} ${entry.ownId}`
    const ids = this.#issued.get(issued) ?? new Set()
    this.#issued.set(issued, ids.add(entry.messageId))
    this.#acknowledged.set(entry.messageId, entry)
    for (const watcher of [...this.#watchers]) watcher.acknowledged?.(entry)
  }

  /** Somebody, such as the hub's own books, says that a message is due to one system more. A message nobody acknowledged is ignored. */
  owed(messageId: string, receiver: string): void {
    const entry = this.#acknowledged.get(messageId)
    if (entry !== undefined && !entry.due.includes(receiver)) {
      this.#acknowledged.set(messageId, { ...entry, due: [...entry.due, receiver] })
    }
  }

  arrived(entry: Arrived): void {
    this.#arrivals++
    const key = `${entry.receiver} ${entry.messageId}`
    if (!this.#firstSeen.has(key)) this.#firstSeen.set(key, entry)
    this.#seenTypes.add(`${entry.receiver} ${entry.caseNo} ${entry.type}`)
    for (const watcher of [...this.#watchers]) watcher.arrived?.(entry)
  }

  /** Something was changed at `receiver`; called exactly where the change happens. @param key idempotency key: the message id */
  effect(receiver: string, key: string): void {
    const found = this.#effects.get(`${receiver} ${key}`)
    if (found !== undefined) found.count++
    else this.#effects.set(`${receiver} ${key}`, { system: receiver, key, count: 1 })
  }

  /** Calls back on every entry from now on, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Resolves once `isTrue` answers true; asked again after every entry. Rejects with the signal's reason when it fires first. */
  async until(isTrue: () => boolean, signal: AbortSignal): Promise<void> {
    if (isTrue()) return
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (isTrue()) leave(resolve)
      }
      const stopWatching = this.watch({ acknowledged: look, arrived: look })
      const giveUp = (): void => leave(() => reject(signal.reason))
      const leave = (then: () => void): void => {
        stopWatching()
        signal.removeEventListener('abort', giveUp)
        then()
      }
      signal.addEventListener('abort', giveUp)
    })
  }

  /** Whether the receiver has seen a message of this type about the case. */
  hasSeenType(receiver: string, caseNo: string, type: string): boolean {
    return this.#seenTypes.has(`${receiver} ${caseNo} ${type}`)
  }

  hasSeen(receiver: string, messageId: string): boolean {
    return this.#firstSeen.has(`${receiver} ${messageId}`)
  }

  report(): Report {
    return {
      acknowledged: this.#acknowledged.size,
      arrivals: this.#arrivals,
      effects: [...this.#effects.values()].reduce((sum, { count }) => sum + count, 0),
      lost: this.#lost(),
      doubled: this.#doubled(),
      misordered: this.#misordered(),
      unacknowledged: [...this.#firstSeen.values()].filter(
        ({ messageId, type }) => !isHubs(type) && !this.#acknowledged.has(messageId),
      ),
    }
  }

  #lost(): Lost[] {
    return [...this.#acknowledged.values()].flatMap(({ messageId, caseNo, type, due }) =>
      due
        .filter((receiver) => !this.hasSeen(receiver, messageId))
        .map((receiver) => ({ receiver, messageId, caseNo, type })),
    )
  }

  #doubled(): Doubled[] {
    const changes = [...this.#effects.values()].filter(({ count }) => count > 1)
    const messages = [...this.#issued].flatMap(([issued, ids]) => {
      const [system = '', key = ''] = issued.split(/ (.*)/s)
      return ids.size > 1 ? [{ system, key, count: ids.size }] : []
    })
    return [...changes, ...messages]
  }

  #misordered(): Misordered[] {
    const orders = new Map<string, { receiver: string; caseNo: string; sequences: number[] }>()
    for (const { receiver, messageId, caseNo } of this.#firstSeen.values()) {
      const sequence = this.#acknowledged.get(messageId)?.sequence
      if (sequence === undefined) continue
      const key = `${receiver} ${caseNo}`
      const order = orders.get(key) ?? { receiver, caseNo, sequences: [] }
      orders.set(key, order)
      order.sequences.push(sequence)
    }
    return [...orders.values()].filter(({ sequences }) =>
      sequences.some((sequence, index) => sequence <= (sequences[index - 1] ?? 0)),
    )
  }
}

const HUBS_OWN = [
  'deadline.',
  'assist.missed',
  'escalation.',
  'notice.',
  'item.published',
  'message.rejected',
]

function isHubs(type: string): boolean {
  return HUBS_OWN.some((start) => type.startsWith(start))
}
