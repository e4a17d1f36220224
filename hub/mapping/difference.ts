/** Differences of two JSON values by path, for test cases and previews. */

export interface Difference {
  /** `data.materials[0].name`; empty for the whole. */
  readonly path: string
  /** Absent where the value was not expected at all. */
  readonly expected?: unknown
  /** Absent where the value is missing. */
  readonly actual?: unknown
}

/** Every place where `actual` is not as `expected`; the order of an object's members does not count. */
export function differences(expected: unknown, actual: unknown, path = ''): Difference[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length)
    return Array.from({ length }, (_, index) =>
      differences(expected[index], actual[index], `${path}[${index}]`),
    ).flat()
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
    return [...keys].flatMap((key) =>
      differences(expected[key], actual[key], path === '' ? key : `${path}.${key}`),
    )
  }
  if (Object.is(expected, actual)) return []
  return [
    { path, ...(expected === undefined ? {} : { expected }), ...(actual === undefined ? {} : { actual }) },
  ]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
