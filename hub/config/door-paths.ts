/** Which paths of the front door may be lent: what the check of a topology and the door itself go by. */

/** First parts of the hub's own addresses. */
const OWN = ['v1', 'livez', 'readyz', 'metrics', 'console']

/** Why the path cannot be lent, as a sentence; undefined where it can. */
export function pathRefusal(path: string, taken: Pick<ReadonlySet<string>, 'has'>): string | undefined {
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path)) return `${path} is no plain path such as /partners/city-1.`
  if (OWN.includes(path.split('/')[1] as string)) return `${path} is among the hub's own addresses.`
  return taken.has(path) ? `${path} is taken by another listener.` : undefined
}

/** Where a kind of that name publishes: its name as a path; the sign of a scope (`@vendor/pigeon`) does not belong in one. */
export function publishedAt(kind: string): string {
  return `/${kind.replace(/^@/, '')}`
}
