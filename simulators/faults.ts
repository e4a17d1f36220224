/** What can be wrong with a partner, chosen per system by data. Each is spent after `times` requests. */
import type { WireAnswer } from './wire/server.ts'

export type Fault =
  /** Answers with this status; nothing happens at the partner. */
  | { readonly kind: 'answer'; readonly status: number; readonly times: number }
  /** Takes the request and never says a word; nothing happens at the partner. */
  | { readonly kind: 'hang'; readonly times: number }
  /** Breaks the connection before anything happens at the partner. */
  | { readonly kind: 'refuse'; readonly times: number }
  /** Does what was asked, then breaks the connection instead of answering. */
  | { readonly kind: 'lose-answer'; readonly times: number }
  /** Sends its own next messages twice each. */
  | { readonly kind: 'duplicate-callback'; readonly times: number }

/** One system's share of trouble, used up in the order in which it was written. */
export class Faults {
  readonly #left: { fault: Fault; times: number }[]

  constructor(faults: readonly Fault[] = []) {
    this.#left = faults.map((fault) => ({ fault, times: fault.times }))
  }

  /** What stands in for handling a request, if anything does. */
  insteadOfHandling(): WireAnswer | undefined {
    const fault = this.#take('answer', 'hang', 'refuse')
    switch (fault?.kind) {
      case 'answer':
        return {
          kind: 'answer',
          status: fault.status,
          contentType: 'text/plain; charset=utf-8',
          body: 'out of order',
        }
      case 'hang':
        return { kind: 'silence' }
      case 'refuse':
        return { kind: 'cut' }
      default:
        return undefined
    }
  }

  /** Whether the answer to what was just done gets lost. */
  losesAnswer(): boolean {
    return this.#take('lose-answer') !== undefined
  }

  /** Whether the next message is sent twice. */
  repeatsCallback(): boolean {
    return this.#take('duplicate-callback') !== undefined
  }

  #take(...kinds: readonly Fault['kind'][]): Fault | undefined {
    const found = this.#left.find(({ fault, times }) => kinds.includes(fault.kind) && times > 0)
    if (found === undefined) return undefined
    found.times--
    return found.fault
  }
}
