import type { Store } from '../../contract/store.ts'

/**
 * Of the embedded store one process is the owner, proved by the operating system (sole-owner.ts), and what its
 * predecessor had leased went back when the store was opened: there is nothing to write, and nothing that runs out.
 */
export async function destinationClaim({
  node,
  serves,
  destinations,
}: Parameters<Store['destinationClaim']>[0]): ReturnType<Store['destinationClaim']> {
  return {
    nodes: [{ node, serves }],
    owned: [...new Set(destinations)].sort().map((destination) => ({ destination, fence: 1 })),
  }
}
