/** The outbound signing schemes, chosen by data. A new one is a file beside this one, a line here and a branch in the config schema. */
import { type BasicConfig, basic } from './basic.ts'
import { type HubHmacConfig, hubHmac } from './hub-hmac.ts'
import { type Md5DayConfig, md5Day } from './md5-day.ts'
import { type NationalGatewayConfig, nationalGateway } from './national-gateway.ts'
import { type OAuth2Config, oauth2 } from './oauth2.ts'
import type { SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'
import { type SmEnvelopeConfig, smEnvelope } from './sm-envelope.ts'
import { type TifConfig, tif } from './tif.ts'

export type SigningConfig =
  | { readonly scheme: 'none' }
  | HubHmacConfig
  | NationalGatewayConfig
  | TifConfig
  | Md5DayConfig
  | SmEnvelopeConfig
  | BasicConfig
  | OAuth2Config

/** Reads the scheme's secrets once; throws `ConfigError` where a name is unknown. */
export function openSigner(config: SigningConfig, services: SigningServices): Signer {
  switch (config.scheme) {
    case 'none':
      return { sign: () => ({ headers: {} }) }
    case 'hub-hmac':
      return hubHmac(config, services)
    case 'national-gateway':
      return nationalGateway(config, services)
    case 'tif':
      return tif(config, services)
    case 'md5-day':
      return md5Day(config, services)
    case 'sm-envelope':
      return smEnvelope(config, services)
    case 'basic':
      return basic(config, services)
    case 'oauth2':
      return oauth2(config, services)
  }
}
