/** The `place` of a link's or listener's config, opened. */
import type { Clock } from '../../../hub/contract/clock.ts'
import { configuredGuard } from '../../shared/addresses.ts'
import { configFaultsOf, type NamedSecret } from '../../shared/options.ts'
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

export interface PlaceServices {
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  readonly secret: (name: string) => string
}

const configFault = configFaultsOf('file')

/** Connects to nothing yet. @throws ConfigError where the options cannot work */
export function openPlace(config: PlaceConfig, { clock, randomBytes, secret }: PlaceServices): Place {
  const nameCharset = config.nameCharset ?? 'utf-8'
  if (config.kind === 'local')
    return openLocal({ folder: config.folder.replace(/\/+$/, '') || '/', nameCharset, randomBytes })

  const { host, user, hostKeys, folder } = config
  const guard = configuredGuard(config.allowAddresses, '/place/allowAddresses', configFault)
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
