/** Looks up, while a run goes on, which faults strike now: those of a named place are counted there. */
import type { Fault, ReceiverFault, RequestFault } from './plan.ts'

type Of<Kind extends Fault['kind']> = Extract<Fault, { readonly kind: Kind }>

export class FaultBook {
  readonly #faults: readonly Fault[]
  readonly #visits = new Map<string, number>()
  readonly #struck = new Map<Fault['kind'], number>()

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
  }

  /** How often faults of each kind struck so far. */
  get struck(): Readonly<Partial<Record<Fault['kind'], number>>> {
    return Object.fromEntries(this.#struck)
  }

  /** A fault strikes; those that strike by the clock say so themselves. */
  strike({ kind }: Pick<Fault, 'kind'>): void {
    this.#struck.set(kind, (this.#struck.get(kind) ?? 0) + 1)
  }

  atPoint(point: string): Of<'crash' | 'pause'> | undefined {
    const nth = this.#visit(`point ${point}`)
    return this.#found(
      (fault): fault is Of<'crash' | 'pause'> =>
        (fault.kind === 'crash' || fault.kind === 'pause') && fault.at === point && fault.nth === nth,
    )
  }

  inStore(verb: string): 'store-busy' | 'store-answer-lost' | undefined {
    const nth = this.#visit(`store ${verb}`)
    return this.#found(
      (fault): fault is Of<'store-busy' | 'store-answer-lost'> =>
        (fault.kind === 'store-busy' || fault.kind === 'store-answer-lost') &&
        fault.verb === verb &&
        fault.nth === nth,
    )?.kind
  }

  onRequest(): RequestFault | undefined {
    const nth = this.#visit('request')
    return this.#found((fault): fault is Of<'request'> => fault.kind === 'request' && fault.nth === nth)?.what
  }

  atReceiver(system: string): { readonly what: ReceiverFault; readonly ms: number } | undefined {
    const nth = this.#visit(`receiver ${system}`)
    return this.#found(
      (fault): fault is Of<'receiver'> =>
        fault.kind === 'receiver' &&
        fault.system === system &&
        nth >= fault.nth &&
        nth < fault.nth + fault.times,
    )
  }

  #visit(place: string): number {
    const nth = (this.#visits.get(place) ?? 0) + 1
    this.#visits.set(place, nth)
    return nth
  }

  #found<Found extends Fault>(wanted: (fault: Fault) => fault is Found): Found | undefined {
    const found = this.#faults.find(wanted)
    if (found !== undefined) this.strike(found)
    return found
  }
}
