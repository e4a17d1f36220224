/** "Did you mean": the most similar of the names that there are. */
import { editDistance } from '../../strange-paths.ts'

/** Undefined where nothing is similar. Letters' case counts for nothing. */
export function similarTo(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const one of names) {
    const distance = editDistance(wanted, one.toLowerCase())
    if (best === undefined || distance < best.distance) best = { name: one, distance }
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3))
    ? best.name
    : undefined
}
