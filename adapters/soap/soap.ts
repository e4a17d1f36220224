/** Calls one SOAP service of its receiver, and offers one at the front door to its sender. Both in SOAP 1.1 and 1.2. */
import type { AdapterKind, LinkServices } from '../../hub/contract/adapter.ts'
import type { ListenServices } from '../../hub/contract/listener.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import listenSchema from './listen.schema.json' with { type: 'json' }
import { doorOf, settingsOf as listenSettingsOf, type SoapListenConfig } from './listening/config.ts'
import { listenSoap } from './listening/listener.ts'
import { publishDescription } from './listening/respond.ts'
import { type SoapConfig, settingsOf } from './sending/config.ts'
import { openSoapLink } from './sending/link.ts'

export type { SoapConfig, SoapListenConfig }

export const soap = {
  name: 'soap',
  summary:
    'Calls an operation of a SOAP service for each message, and offers a service that takes documents.',
  configSchema,
  traits: { ordered: true, queryable: false },
  open: (config: SoapConfig, services: LinkServices) => openSoapLink(settingsOf(config), services),
  listenSchema,
  listen: (config: SoapListenConfig, services: ListenServices) =>
    listenSoap(listenSettingsOf(config), services),
  doors: (config: SoapListenConfig, system: { readonly id: string }) => [doorOf(config, system)],
  publishes: publishDescription,
} satisfies AdapterKind<SoapConfig, SoapListenConfig>
