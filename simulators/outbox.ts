/**
 * What a partner wants to tell the hub, one letter after the other per case, each sent again with the same bytes until
 * the hub has answered for it: so a hub that was killed in between loses nothing and doubles nothing.
 */
import type { Chance, Time } from './time.ts'
import { type HubAnswer, type HubClient, HubUnreachable } from './wire/hub-client.ts'

export interface Sending {
  /** Sendings with the same key go one after the other. */
  readonly caseKey: string
  readonly target: string
  readonly contentType: string
  readonly body: Buffer
}

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1_000

export class Outbox {
  readonly #client: HubClient
  readonly #time: Time
  readonly #chance: Chance
  readonly #tails = new Map<string, Promise<unknown>>()
  readonly #stop = new AbortController()

  constructor(client: HubClient, time: Time, chance: Chance) {
    this.#client = client
    this.#time = time
    this.#chance = chance
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

  async #untilAnswered({ target, contentType, body }: Sending): Promise<HubAnswer> {
    for (let failures = 0; ; failures++) {
      this.#stop.signal.throwIfAborted()
      try {
        const answer = await this.#client.call({
          method: 'POST',
          target,
          contentType,
          body,
          signal: this.#stop.signal,
        })
        if (!isNotNow(answer)) return answer
      } catch (error) {
        if (!(error instanceof HubUnreachable)) throw error
      }
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
      await this.#pause(wait * (0.5 + this.#chance.fraction()))
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#stop
      const end = (): void => {
        timer.cancel()
        reject(signal.reason)
      }
      const timer = this.#time.after(delayMs, () => {
        signal.removeEventListener('abort', end)
        resolve()
      })
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
    })
  }
}

/** Busy, stopping, or still at work on the very same request: none of it is the hub's last word. */
function isNotNow({ status, body }: HubAnswer): boolean {
  if (status >= 500 || status === 429) return true
  return status === 409 && body.includes('"IDEMPOTENCY_IN_PROGRESS"')
}
