/** Freezing configuration, so that nobody can change for others what was read once. */

/** Freezes a value of plain objects and arrays, all the way down, and answers it. Maps inside are left as they are. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Map || Object.isFrozen(value))
    return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}

/** A map that cannot be changed any more, with its values frozen all the way down. `Object.freeze` alone leaves a map's `set` working. */
export function frozenMap<Key, Value>(entries: Iterable<readonly [Key, Value]>): ReadonlyMap<Key, Value> {
  const map = new Map<Key, Value>()
  for (const [key, value] of entries) map.set(key, deepFreeze(value))
  for (const name of ['set', 'delete', 'clear'] as const) Object.defineProperty(map, name, { value: refuse })
  return Object.freeze(map)
}

function refuse(): never {
  throw new TypeError('The configuration is frozen.')
}
