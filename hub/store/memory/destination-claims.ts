/** Who owns which destination, as plain data. */
import type { LivingNode, OwnedDestination, Store } from '../../contract/store.ts'

interface Claim {
  /** Undefined: free; kept all the same, as the fence must grow. */
  node: string | undefined
  fence: number
  untilMs: number
}

export class DestinationClaims {
  readonly #soleNode: boolean
  readonly #nodes = new Map<string, { readonly serves: readonly string[]; readonly untilMs: number }>()
  readonly #claims = new Map<string, Claim>()

  constructor(soleNode: boolean) {
    this.#soleNode = soleNode
  }

  /** @param clockMs the store's own time. */
  claim(
    { node, serves, destinations, leaseMs }: Parameters<Store['destinationClaim']>[0],
    clockMs: number,
  ): { readonly nodes: readonly LivingNode[]; readonly owned: readonly OwnedDestination[] } {
    if (this.#soleNode) this.#nodes.clear()
    this.#nodes.set(node, { serves: [...serves], untilMs: clockMs + leaseMs })
    for (const [name, { untilMs }] of this.#nodes) if (untilMs <= clockMs) this.#nodes.delete(name)
    for (const destination of destinations) {
      const claim = this.#claims.get(destination) ?? { node: undefined, fence: 0, untilMs: 0 }
      const isFree = claim.node === undefined || claim.untilMs <= clockMs || this.#soleNode
      if (claim.node !== node && !isFree) continue
      if (claim.node !== node) claim.fence += 1
      this.#claims.set(destination, { ...claim, node, untilMs: clockMs + leaseMs })
    }
    const nodes = [...this.#nodes].map(([name, kept]) => ({ node: name, serves: kept.serves }))
    const owned = [...this.#claims]
      .filter(([destination, claim]) => claim.node === node && destinations.includes(destination))
      .map(([destination, { fence }]) => ({ destination, fence }))
    return {
      nodes: nodes.sort((a, b) => compare(a.node, b.node)),
      owned: owned.sort((a, b) => compare(a.destination, b.destination)),
    }
  }

  release({ node, destinations, leaves }: Parameters<Store['destinationRelease']>[0]): void {
    for (const destination of destinations) {
      const claim = this.#claims.get(destination)
      if (claim?.node === node) claim.node = undefined
    }
    if (leaves) this.#nodes.delete(node)
  }

  /** False where another node has claimed it, even if its time has run out meanwhile. */
  mayLease(destination: string, node: string): boolean {
    const owner = this.#claims.get(destination)?.node
    return owner === undefined || owner === node
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
