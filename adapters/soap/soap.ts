/** Calls one SOAP service of its receiver, and offers one at the front door to its sender. Both SOAP 1.1 and 1.2. */
import type { AdapterKind, LinkServices } from '../../hub/contract/adapter.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import { type SoapConfig, settingsOf } from './sending/config.ts'
import { openSoapLink } from './sending/link.ts'

export const soap = {
  name: 'soap',
  summary: 'Calls an operation of a SOAP service for each message, and offers one that takes documents.',
  configSchema,
  traits: { ordered: true, queryable: false },
  open: (config: SoapConfig, services: LinkServices) => openSoapLink(settingsOf(config), services),
} satisfies AdapterKind<SoapConfig>
