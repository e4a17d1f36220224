/** The outbound signing schemes, chosen by data. A new one is a file beside this one, a line here and a branch in config.schema.json. */
import type { LinkServices } from '../../../hub/contract/adapter.ts'
import { type HubHmacConfig, hubHmac } from './hub-hmac.ts'
import { type NationalGatewayConfig, nationalGateway } from './national-gateway.ts'
import type { Signer } from './signer.ts'

export type SigningConfig = { readonly scheme: 'none' } | HubHmacConfig | NationalGatewayConfig

/** Reads the scheme's secret once; throws `ConfigError` where its name is unknown. */
export function openSigner(
  config: SigningConfig,
  services: Pick<LinkServices, 'clock' | 'randomBytes' | 'secret'>,
): Signer {
  switch (config.scheme) {
    case 'none':
      return () => ({})
    case 'hub-hmac':
      return hubHmac(config, services)
    case 'national-gateway':
      return nationalGateway(config, services)
  }
}
