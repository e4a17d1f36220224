/** Where a broker is and how it is spoken to, as the options of both halves say it. */
import { configFaultsOf, type NamedSecret, pemOf, type TlsSecrets } from '../shared/options.ts'
import type { ConnectionOptions } from './connection.ts'

export interface BrokerConfig {
  readonly url: NamedSecret
  readonly tls?: TlsSecrets
}

/** @throws ConfigError where the secret is no address of a broker; never with the secret in it */
export function brokerOf(
  { url: { secret: name }, tls = {} }: BrokerConfig,
  secret: (name: string) => string,
): Pick<ConnectionOptions, 'url' | 'tls'> {
  const url = secret(name)
  const protocol = URL.canParse(url) ? new URL(url).protocol : ''
  if (protocol !== 'amqp:' && protocol !== 'amqps:') {
    throw configFaultsOf('amqp')(
      '/url/secret',
      `The secret ${name} is not the address of a broker.`,
      'Write it as amqp://user:password@host:5672/vhost, or amqps:// for TLS.',
    )
  }
  return { url, tls: pemOf(tls, secret) }
}
