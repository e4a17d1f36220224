/** The address of a database, as the secret holds it. */
import type { Clock } from '../../hub/contract/clock.ts'
import { configuredGuard } from '../shared/addresses.ts'
import { configFaultsOf, type NamedSecret, pemOf, type TlsSecrets } from '../shared/options.ts'
import { openMysql } from './mysql.ts'
import { openPostgres } from './postgres.ts'
import { type DatabaseAddress, DatabaseFault, type Session, type SessionOptions } from './session.ts'

export const configFault = configFaultsOf('table')

/** What both halves are told about a database. */
export interface DatabaseConfig {
  readonly database: NamedSecret
  readonly tls?: TlsSecrets
  readonly allowAddresses?: readonly string[]
  readonly connectTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
}

/** Opens one session each time; prompt when the signal fires. @throws DatabaseFault */
export type OpenSession = (stop: AbortSignal) => Promise<Session>

const PORTS = { postgresql: 5432, mysql: 3306 } as const
const ENGINES: Readonly<Record<string, DatabaseAddress['engine']>> = {
  'postgres:': 'postgresql',
  'postgresql:': 'postgresql',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
}

/** @throws ConfigError where the secret is no address of a database; never with the secret in it */
export function sessionsOf(
  config: DatabaseConfig,
  services: { readonly clock: Clock; readonly secret: (name: string) => string },
): OpenSession {
  const address = readAddress(services.secret(config.database.secret))
  if (address === undefined) {
    throw configFault(
      '/database/secret',
      `The secret ${config.database.secret} is not the address of a database.`,
      'Write it as postgres://user:password@host:5432/database or mysql://user:password@host:3306/database.',
    )
  }
  const guard = configuredGuard(config.allowAddresses, '/allowAddresses', configFault)
  const options: SessionOptions = {
    address,
    tls: config.tls && pemOf(config.tls, services.secret),
    allowsHost: guard.allowsHost,
    lookup: guard.lookup,
    connectTimeoutMs: config.connectTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
    statementTimeoutMs: config.statementTimeoutMs,
    clock: services.clock,
  }
  const open = address.engine === 'postgresql' ? openPostgres : openMysql
  return async (stop) => {
    if (stop.aborted) throw new DatabaseFault('unreachable', 'stopped before the connection stood')
    if (!guard.allowsHost(address.host)) {
      throw new DatabaseFault('unreachable', `${address.host} is not in allowAddresses`)
    }
    return open(options, stop)
  }
}

/** Undefined where the text is no address of a database. */
export function readAddress(text: string): DatabaseAddress | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const engine = ENGINES[url.protocol]
  const database = decoded(url.pathname.slice(1))
  const user = decoded(url.username)
  const password = decoded(url.password)
  if (engine === undefined || url.hostname === '' || !database || !user || password === undefined)
    return undefined
  return {
    engine,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || PORTS[engine]),
    user,
    password,
    database,
  }
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
