/** `${NAME}` and `${NAME:-default}` in topology files, filled in from an environment; an empty variable counts as unset. */

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A copy of `value` with the texts in it filled in, however deep; `$${NAME}` stands for the text itself.
 * @param open names whose placeholders stay as they are
 * @throws Error where a variable without default is unset
 */
export function filled(value: unknown, environment: Environment, open: readonly string[] = []): unknown {
  if (typeof value === 'string') return filledText(value, environment, open)
  if (Array.isArray(value)) return value.map((inner) => filled(inner, environment, open))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, filled(inner, environment, open)]),
  )
}

function filledText(text: string, environment: Environment, open: readonly string[]): string {
  return text.replace(
    /\$(\$?)\{(\w+)(?::-([^}]*))?\}/g,
    (whole, escaped: string, name: string, fallback?: string) => {
      if (escaped !== '') return whole.slice(1)
      if (open.includes(name)) return whole
      const found = environment[name] || fallback
      if (found === undefined) throw new Error(`${whole} stands in the topology, and ${name} is not set.`)
      return found
    },
  )
}
