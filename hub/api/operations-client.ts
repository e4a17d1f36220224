/** Asks a running hub in the name of an operator: what the commands of the console use, so that there is one path for all. */
import type { Environment } from '../config/environment.ts'
import { readTopology } from '../config/load-topology.ts'
import { ownSecrets } from '../config/own-secrets.ts'
import { readSettings } from '../config/settings.ts'
import type { Operator, OperatorRole, Topology } from '../config/topology.ts'
import type { Clock, RandomBytes } from '../contract/clock.ts'
import { ConfigError } from '../contract/errors.ts'
import { UsageError } from '../mapping/tools/tool-host.ts'
import type { AskHub } from '../operations/ask-hub.ts'
import { signRequest } from '../security/signature.ts'

/** Longer than the slowest answer: a reconciliation reads every case of a day. */
const TIMEOUT_MS = 120_000

/**
 * The hub is the one at `HUB_URL`, else the one that runs here with the same settings. The account is `HUB_OPERATOR`, else the first
 * of topology/operators.yaml that has the role. Nothing is read before the first question.
 */
export function makeOperationsClient(
  environment: Environment,
  clock: Clock,
  randomBytes: RandomBytes,
): AskHub {
  let operators: Topology['operators'] | undefined
  return async function askHub(method, path, { body, role = 'auditor' } = {}) {
    const settings = readSettings(environment)
    operators ??= operatorsOf(environment, settings.topologyDir)
    const operator = accountOf(operators, environment.HUB_OPERATOR, role)
    const key = operator.keys[0]
    if (key === undefined) throw new UsageError(`The account ${operator.id} has no key.`)
    const secret = ownSecrets(environment, settings)(key.secret)
    const base = (environment.HUB_URL || hereOf(settings)).replace(/\/+$/, '')
    const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
    const [pathname = '', query = ''] = path.split('?', 2)
    const signed = signRequest(
      { method, path: pathname, query, body: bytes },
      { keyId: key.id, algorithm: key.algorithm, secret },
      {
        timestampSeconds: Math.floor(clock.now() / 1000),
        nonce: Buffer.from(randomBytes(16)).toString('base64url'),
      },
    )
    const response = await fetch(base + path, {
      method,
      headers: { 'content-type': 'application/json', ...signed },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(bytes.length === 0 ? {} : { body: bytes }),
    }).catch((cause: Error) => {
      throw new UsageError(`No hub answers at ${base} (${reasonOf(cause)}). Start it, or set HUB_URL.`)
    })
    const answer = (await response.json().catch(() => {
      throw new UsageError(`What answers at ${base} is no hub.`)
    })) as Readonly<Record<string, unknown>>
    if (!response.ok) throw new UsageError(`${answer.code}: ${answer.detail ?? answer.title}`)
    return answer
  }
}

function operatorsOf(environment: Environment, topologyDir: string): Topology['operators'] {
  const { topology, faults } = readTopology(topologyDir, environment)
  if (topology === undefined) throw new ConfigError(faults)
  return topology.operators
}

/** Who may act may look too. @throws UsageError where there is no such account */
function accountOf(
  operators: Topology['operators'],
  wanted: string | undefined,
  role: OperatorRole,
): Operator {
  const accounts = [...operators.values()]
  const found = wanted
    ? operators.get(wanted)
    : (accounts.find(({ roles }) => roles.includes('operator')) ??
      accounts.find(({ roles }) => roles.includes(role)))
  if (found === undefined)
    throw new UsageError(
      `There is no account ${wanted ?? `with the role ${role}`} in operators.yaml of the topology.`,
    )
  return found
}

function hereOf({ host, port }: { readonly host: string; readonly port: number }): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host
  return `http://${reachable}:${port}`
}

function reasonOf(error: Error): string {
  const { cause } = error
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : error.message
}
