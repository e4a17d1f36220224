/** The `place` of a link's or listener's config, opened. */
import { lookup } from 'node:dns'
import type { Clock } from '../../../hub/contract/clock.ts'
import { ConfigError } from '../../../hub/contract/errors.ts'
import { type AddressGuard, addressGuard } from '../../outbound/addresses.ts'
import { openLocal } from './local.ts'
import type { NameCharset } from './name.ts'
import type { Place } from './place.ts'
import { openSftp } from './sftp.ts'

/** As checked by the schemas, which describe every field. */
export type PlaceConfig =
  | { readonly kind: 'local'; readonly folder: string; readonly nameCharset?: NameCharset }
  | {
      readonly kind: 'sftp'
      readonly host: string
      readonly port?: number | string
      readonly user: string
      readonly password?: NamedSecret
      readonly privateKey?: NamedSecret
      readonly passphrase?: NamedSecret
      readonly hostKeys: readonly string[]
      readonly folder: string
      readonly nameCharset?: NameCharset
      readonly allowAddresses?: readonly string[]
      readonly connectTimeoutMs?: number
      readonly answerTimeoutMs?: number
      readonly keepAliveMs?: number
    }

interface NamedSecret {
  readonly secret: string
}

export interface PlaceServices {
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  readonly secret: (name: string) => string
}

/** Connects to nothing yet. @throws ConfigError where the options cannot work */
export function openPlace(config: PlaceConfig, { clock, randomBytes, secret }: PlaceServices): Place {
  const nameCharset = config.nameCharset ?? 'utf-8'
  if (config.kind === 'local')
    return openLocal({ folder: config.folder.replace(/\/+$/, '') || '/', nameCharset, randomBytes })

  const { host, user, hostKeys, folder } = config
  const guard = guardOf(config.allowAddresses)
  if (!guard.allowsHost(host))
    throw configFault('/place/allowAddresses', `${host} is not in allowAddresses.`, 'Add its range.')
  return openSftp({
    host,
    port: Number(config.port ?? 22),
    user,
    ...(config.password === undefined ? {} : { password: secret(config.password.secret) }),
    ...(config.privateKey === undefined ? {} : { privateKey: secret(config.privateKey.secret) }),
    ...(config.passphrase === undefined ? {} : { passphrase: secret(config.passphrase.secret) }),
    hostKeys,
    folder,
    nameCharset,
    allowsHost: guard.allowsHost,
    lookup: guard.lookup,
    connectTimeoutMs: config.connectTimeoutMs ?? 10_000,
    answerTimeoutMs: config.answerTimeoutMs ?? 30_000,
    keepAliveMs: config.keepAliveMs ?? 15_000,
    clock,
  })
}

function guardOf(ranges: readonly string[] | undefined): AddressGuard {
  try {
    return addressGuard(ranges, lookup)
  } catch (error) {
    throw configFault(
      '/place/allowAddresses',
      `A range is not valid: ${String(error)}.`,
      'Write it as 10.1.0.0/16.',
    )
  }
}

export function configFault(path: string, reason: string, remedy: string): ConfigError {
  return new ConfigError([{ file: 'adapter file', path, code: 'ADAPTER_CONFIG', reason, remedy }])
}
