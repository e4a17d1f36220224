/**
 * Which node is to own which destination: the one with the highest score of all that serve it (rendezvous hashing). Every
 * node works it out by itself from the same list of living nodes; when one comes or goes, only what it has, or
 * is to have, changes hands.
 */
import type { LivingNode } from '../contract/store.ts'

/** Those of `destinations` that `node`, which serves them all, is to own beside the others that live. */
export function assignedTo(
  node: string,
  destinations: readonly string[],
  living: readonly LivingNode[],
): ReadonlySet<string> {
  const others = living.filter((other) => other.node !== node)
  return new Set(
    destinations.filter((destination) => {
      const own = scoreOf(node, destination)
      return others.every((other) => {
        if (!other.serves.includes(destination)) return true
        const score = scoreOf(other.node, destination)
        return score === own ? other.node < node : score < own
      })
    }),
  )
}

/** FNV-1a, and its bits mixed once more: names that differ in their last letter alone must not score alike. */
function scoreOf(node: string, destination: string): number {
  let hash = 0x811c9dc5
  for (const character of `${node} ${destination}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
