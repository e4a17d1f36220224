/** A receiving system of the simulated province: what took effect there, and in which order. */
import type { MessageType } from '../hub/contract/message.ts'
import type { Witness } from './witness.ts'

export interface Incoming {
  readonly messageId: string
  readonly type: MessageType
  readonly caseNo: string
  readonly sequence: number
}

export class Receiver {
  readonly system: string
  readonly dedupes: boolean
  /** Effects that were repeated although the message is the same; only where it does not dedupe. */
  repeated = 0
  #downUntilMs = 0
  readonly #effects = new Map<string, number>()
  readonly #ofCase = new Map<string, number>()
  readonly #idOf = new Map<string, string>()
  readonly #witness: Witness
  readonly #told: (system: string, message: Incoming) => void

  /** @param told is called once a message, when it first takes effect. */
  constructor(
    manners: { readonly system: string; readonly dedupes: boolean },
    witness: Witness,
    told: (system: string, message: Incoming) => void,
  ) {
    this.system = manners.system
    this.dedupes = manners.dedupes
    this.#witness = witness
    this.#told = told
  }

  isDown(nowMs: number): boolean {
    return nowMs < this.#downUntilMs
  }

  goDown(untilMs: number): void {
    this.#downUntilMs = Math.max(this.#downUntilMs, untilMs)
  }

  has(messageId: string): boolean {
    return this.#effects.has(messageId)
  }

  /** Every message that took effect here. */
  get messageIds(): Iterable<string> {
    return this.#effects.keys()
  }

  /** Answers whether it was here before. */
  take(message: Incoming): boolean {
    const { messageId, caseNo, sequence } = message
    const before = this.#effects.get(messageId) ?? 0
    if (before > 0) {
      if (!this.dedupes) {
        this.repeated++
        this.#witness.fail(
          'doubled',
          `${caseNo}#${sequence} took effect at ${this.system} ${before + 1} times`,
        )
        this.#effects.set(messageId, before + 1)
      }
      return true
    }
    this.#effects.set(messageId, 1)
    const place = `${caseNo}#${sequence}`
    const same = this.#idOf.get(place)
    if (same !== undefined)
      this.#witness.fail('doubled', `${place} took effect at ${this.system} as ${same} and as ${messageId}`)
    this.#idOf.set(place, messageId)
    const latest = this.#ofCase.get(caseNo) ?? 0
    if (sequence < latest)
      this.#witness.fail('misordered', `${place} took effect at ${this.system} after ${caseNo}#${latest}`)
    this.#ofCase.set(caseNo, Math.max(latest, sequence))
    this.#told(this.system, message)
    return false
  }
}
