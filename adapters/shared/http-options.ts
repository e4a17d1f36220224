/** The options of kinds that call one HTTP service, and the client that they describe. */
import type { LinkServices } from '../../hub/contract/adapter.ts'
import { configuredGuard } from './addresses.ts'
import { type HttpClient, hostAndPort, openHttpClient } from './http.ts'
import { type ConfigFault, pemOf, type TlsSecrets } from './options.ts'

/** As the kinds' schemas describe and limit them; those hold the defaults of the limits. */
export interface HttpOptions {
  /** `host:port` pairs; by default that of the service alone. */
  readonly allowHosts?: readonly string[]
  readonly allowAddresses?: readonly string[]
  readonly tls?: TlsSecrets
  readonly maxAnswerBytes?: number
  readonly connectTimeoutMs?: number
  readonly idleSocketMs?: number
  readonly maxSockets?: number
}

export type HttpSettings = HttpOptions & Required<Omit<HttpOptions, 'allowHosts' | 'allowAddresses' | 'tls'>>

/**
 * A client for the addresses that the options name. Connects to nothing yet.
 * @param addresses by option; the first is the service's
 * @throws what `configFault` makes, where the options do not allow an address or hold something that is no range
 */
export function configuredClient(
  settings: HttpSettings,
  addresses: Readonly<Record<string, URL>>,
  { clock, secret }: Pick<LinkServices, 'clock' | 'secret'>,
  configFault: ConfigFault,
): HttpClient {
  const { maxAnswerBytes, connectTimeoutMs, idleSocketMs, maxSockets } = settings
  const allowHosts = settings.allowHosts ?? Object.values(addresses).slice(0, 1).map(hostAndPort)
  for (const [option, address] of Object.entries(addresses)) {
    const host = hostAndPort(address)
    if (allowHosts.includes(host)) continue
    throw configFault('/allowHosts', `${host}, the host of ${option}, is not in allowHosts.`, 'Add it.')
  }
  return openHttpClient({
    allowHosts,
    guard: configuredGuard(settings.allowAddresses, '/allowAddresses', configFault),
    tls: pemOf(settings.tls ?? {}, secret),
    maxAnswerBytes,
    connectTimeoutMs,
    idleSocketMs,
    maxSockets,
    clock,
  })
}
