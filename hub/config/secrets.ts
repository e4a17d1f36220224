/** Secrets by name. They live in the environment or in one file, and nowhere else: configuration only names them. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { ConfigError, type ConfigFault } from '../contract/errors.ts'
import type { Environment } from './environment.ts'
import type { Topology } from './topology.ts'

/**
 * A look-up of secrets. The environment wins over the file; an empty value counts as none. The look-up throws
 * ConfigError that names what is missing.
 *
 * @param file JSON object of name to value. On POSIX it must be readable by its owner only.
 * @throws ConfigError where the file is missing, readable by others, or not such an object; never with a value in it
 */
export function loadSecrets(environment: Environment, file?: string): (name: string) => string {
  const stored = file === undefined ? new Map<string, string>() : readSecretsFile(file)
  return (name) => {
    const found = (Object.hasOwn(environment, name) && environment[name]) || stored.get(name)
    if (found) return found
    const places = file === undefined ? 'environment' : `environment or in ${file}`
    const remedy = `Set ${name}${file === undefined ? ', or give a secrets file (HUB_SECRETS_FILE)' : ''}.`
    throw new ConfigError([
      {
        file: file ?? 'environment',
        path: '',
        code: 'SECRET_MISSING',
        reason: `There is no secret ${name} in the ${places}.`,
        remedy,
      },
    ])
  }
}

/** Where a topology names secrets. */
type Named = Pick<Topology, 'systems' | 'operators'>

/** Names of the secrets that a topology needs, each with a place that names it: keys of systems and operators, and `secret` within the settings of links and listeners. */
export function secretNames({ systems, operators }: Named): readonly {
  readonly name: string
  readonly file: string
  readonly path: string
}[] {
  const ofSystems = [...systems.values()].flatMap(({ id, keys, inbound, outbound }) => {
    const file = `systems/${id}.yaml`
    const own = keys.map(({ secret }, index) => ({ name: secret, file, path: `/keys/${index}/secret` }))
    const linked = [
      ...secretsIn(outbound?.config, '/outbound/config'),
      ...inbound.flatMap(({ config }, index) => secretsIn(config, `/inbound/${index}/config`)),
    ]
    return [...own, ...linked.map((place) => ({ ...place, file }))]
  })
  const ofOperators = [...operators.values()].flatMap(({ keys }, account) =>
    keys.map(({ secret }, index) => ({
      name: secret,
      file: 'operators.yaml',
      path: `/operators/${account}/keys/${index}/secret`,
    })),
  )
  const found = [...ofSystems, ...ofOperators]
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index)
}

function secretsIn(value: unknown, path: string): { readonly name: string; readonly path: string }[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'secret' && typeof inner === 'string'
      ? [{ name: inner, path: `${path}/${key}` }]
      : secretsIn(inner, `${path}/${key}`),
  )
}

/** One fault for each secret that a topology names and nobody holds. */
export function missingSecrets(topology: Named, secret: (name: string) => string): ConfigFault[] {
  return secretNames(topology).flatMap(({ name, file, path }) => {
    try {
      secret(name)
      return []
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return error.faults.map((fault) => ({ ...fault, file, path }))
    }
  })
}

function readSecretsFile(file: string): ReadonlyMap<string, string> {
  const refuse = (code: string, reason: string, remedy: string): never => {
    throw new ConfigError([{ file, path: '', code, reason, remedy }])
  }
  const text = readPrivately(file, refuse)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which is secret.
    return refuse('SECRETS_FILE', 'The file is not JSON.', 'Write one object of name to value.')
  }
  const entries =
    typeof content === 'object' && content !== null && !Array.isArray(content)
      ? Object.entries(content)
      : undefined
  if (entries === undefined || entries.some(([, value]) => typeof value !== 'string')) {
    return refuse('SECRETS_FILE', 'The file is not an object of texts.', 'Write one object of name to value.')
  }
  return new Map(entries)
}

type Refuse = (code: string, reason: string, remedy: string) => never

/** Checked and read through one descriptor, so that nobody can swap the file in between. */
function readPrivately(file: string, refuse: Refuse): string {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (cause) {
    return refuse(
      'SECRETS_FILE',
      `The file cannot be opened: ${(cause as Error).message}.`,
      'Correct HUB_SECRETS_FILE, or add the file.',
    )
  }
  try {
    const { mode } = fstatSync(descriptor)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const reason = `Others may read or write it (mode ${(mode & 0o777).toString(8).padStart(3, '0')}).`
      return refuse('SECRETS_FILE_MODE', reason, `Run: chmod 600 ${file}`)
    }
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}
