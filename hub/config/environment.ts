/** Placeholders in configuration files: `${NAME}` and `${NAME:-default}`, filled in from the environment. */
import type { ConfigFault } from '../contract/errors.ts'

/** What `process.env` is, passed in: only the entry points read it. */
export type Environment = Readonly<Record<string, string | undefined>>

const placeholder = /\$(\$?)\{([^}]*)(\}?)/g
const form = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

/**
 * A copy of `value` with every placeholder in its strings filled in; keys are left alone. `$${NAME}` stands for a
 * literal `${NAME}`. An empty variable counts as unset, so that `NAME=` in a compose file means the default.
 */
export function fillPlaceholders(
  value: unknown,
  environment: Environment,
  file: string,
  path = '',
): { readonly value: unknown; readonly faults: readonly ConfigFault[] } {
  if (typeof value === 'string') return fillText(value, environment, file, path)
  if (typeof value !== 'object' || value === null) return { value, faults: [] }
  const faults: ConfigFault[] = []
  const fill = (inner: unknown, key: string | number): unknown => {
    const filled = fillPlaceholders(inner, environment, file, `${path}/${pointerPart(key)}`)
    faults.push(...filled.faults)
    return filled.value
  }
  if (Array.isArray(value)) return { value: value.map(fill), faults }
  return {
    value: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, key)])),
    faults,
  }
}

function fillText(
  text: string,
  environment: Environment,
  file: string,
  path: string,
): { readonly value: string; readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = []
  const value = text.replace(placeholder, (whole, escaped: string, inner: string, closing: string) => {
    if (escaped !== '') return whole.slice(1)
    const [, name, fallback] = form.exec(inner) ?? []
    if (name === undefined || closing === '') {
      const remedy = `Write \${NAME} or \${NAME:-default}, or $${whole} for the text itself.`
      faults.push({
        file,
        path,
        code: 'CONFIG_PLACEHOLDER',
        reason: `${whole} is not a placeholder.`,
        remedy,
      })
      return whole
    }
    const found = (Object.hasOwn(environment, name) && environment[name]) || fallback
    if (found !== undefined) return found
    const remedy = `Set it, or give a default: \${${name}:-…}.`
    const reason = `The environment has no variable ${name}.`
    faults.push({ file, path, code: 'CONFIG_ENVIRONMENT', reason, remedy })
    return whole
  })
  return { value, faults }
}

/** One part of a JSON pointer (RFC 6901 §3). */
export function pointerPart(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}
