/**
 * What a partner wants to tell the hub, one letter after the other per case, each sent again with the same bytes until
 * the hub has answered for it: so a hub that was killed in between loses nothing and doubles nothing.
 */
import type { Envelope, Letter } from './formats/letter.ts'
import { type Chance, pause, type Time } from './time.ts'
import { type HubAnswer, HubUnreachable } from './wire/hub-client.ts'
import type { Carrier } from './wire/wire.ts'

export interface Sending {
  /** Sendings with the same key go one after the other. */
  readonly caseKey: string
  readonly letter: Letter
  readonly envelope: Envelope
  readonly contentType: string
  /** The letter as the system's format writes it. */
  readonly body: Buffer
}

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1_000

export class Outbox {
  readonly #carrier: Carrier
  readonly #time: Time
  readonly #chance: Chance
  readonly #tails = new Map<string, Promise<unknown>>()
  readonly #stop = new AbortController()

  constructor(carrier: Carrier, time: Time, chance: Chance) {
    this.#carrier = carrier
    this.#time = time
    this.#chance = chance
  }

  /** Cases in which a letter has no answer yet. */
  get underWay(): number {
    return this.#tails.size
  }

  /** Resolves with the hub's word, be it yes or no; rejects only when the outbox is stopped first. */
  async send(sending: Sending): Promise<HubAnswer> {
    const before = this.#tails.get(sending.caseKey)
    const answer = (before ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#untilAnswered(sending))
    this.#tails.set(sending.caseKey, answer)
    try {
      return await answer
    } finally {
      if (this.#tails.get(sending.caseKey) === answer) this.#tails.delete(sending.caseKey)
    }
  }

  /** What is under way is given up. Safe twice. */
  stop(): void {
    this.#stop.abort(new Error('the simulator was stopped'))
  }

  async #untilAnswered(sending: Sending): Promise<HubAnswer> {
    const { signal } = this.#stop
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted()
      try {
        return await this.#carrier.carry(sending, signal)
      } catch (error) {
        if (!(error instanceof HubUnreachable)) throw error
      }
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
      await pause(this.#time, wait * (0.5 + this.#chance.fraction()), signal)
    }
  }
}
