/** Options of the outbound half, as checked by config.schema.json, which describes every field and holds the defaults. */
import type { HttpOptions, HttpSettings } from '../../shared/http-options.ts'
import { defaultsOf } from '../../shared/options.ts'
import configSchema from '../config.schema.json' with { type: 'json' }
import type { SoapVersion } from '../message/envelope.ts'
import type { PasswordType } from '../message/username-token.ts'

export interface SoapConfig extends HttpOptions {
  readonly url: string
  readonly wsdl: string
  readonly wsdlFolder?: string
  readonly port?: string
  readonly operation?: string
  readonly soapVersion?: SoapVersion
  readonly usernameToken?: {
    readonly username: string
    readonly secret: string
    readonly password?: PasswordType
    readonly timestamp?: boolean
  }
  readonly elementToken?: { readonly element: string; readonly secret: string }
  readonly addressing?: boolean
  readonly probeUrl?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type SoapSettings = SoapConfig &
  HttpSettings &
  Required<Pick<SoapConfig, 'wsdlFolder' | 'soapVersion' | 'addressing' | 'headers'>>

export function settingsOf(config: SoapConfig): SoapSettings {
  return { ...defaultsOf(configSchema.properties), ...config } as SoapSettings
}
