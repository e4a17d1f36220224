/** What the options of several kinds have in common: their defaults, the secrets they name, what is said where they cannot work. */
import { ConfigError } from '../../hub/contract/errors.ts'

/** Name of a secret, which never stands in the options itself. */
export interface NamedSecret {
  readonly secret: string
}

/** Names of secrets that hold PEM text: who is trusted, and who we are. */
export interface TlsSecrets {
  readonly ca?: NamedSecret
  readonly cert?: NamedSecret
  readonly key?: NamedSecret
}

/** PEM text. */
export type Pem = { readonly [Part in keyof TlsSecrets]: string }

/** The defaults that a JSON Schema gives its properties, by name. */
export function defaultsOf(properties: Readonly<Record<string, object>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      'default' in property ? [[name, property.default]] : [],
    ),
  )
}

/** @throws ConfigError where a name is unknown */
export function pemOf(tls: TlsSecrets, secret: (name: string) => string): Pem {
  return Object.fromEntries(Object.entries(tls).map(([part, named]) => [part, secret(named.secret)]))
}

/** `path`: JSON pointer within the options of the link or listener. */
export type ConfigFault = (path: string, reason: string, remedy: string) => ConfigError

/** What a kind says where its schema was kept and its options cannot work all the same. */
export function configFaultsOf(kind: string): ConfigFault {
  return (path, reason, remedy) =>
    new ConfigError([{ file: `adapter ${kind}`, path, code: 'ADAPTER_CONFIG', reason, remedy }])
}
