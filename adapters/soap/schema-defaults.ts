/** The defaults that a JSON Schema's properties name. */
export function defaultsOf(properties: Readonly<Record<string, object>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      'default' in property ? [[name, property.default]] : [],
    ),
  )
}
