/** Options of the inbound half, as checked by listen.schema.json, which describes every field and holds the defaults. */
import { defaultsOf } from '../../shared/options.ts'
import listenSchema from '../listen.schema.json' with { type: 'json' }

export interface SoapListenConfig {
  readonly path?: string
  readonly publicAddress?: string
  readonly wsdl?: string
  readonly wsdlFolder?: string
  readonly authentication: Authentication
  readonly operations?: readonly PartnerOperation[]
  readonly maxBodyBytes?: number
}

export type Authentication =
  | {
      readonly scheme: 'username-token'
      readonly username: string
      readonly secret: string
      readonly password?: 'digest' | 'text' | 'either'
    }
  | { readonly scheme: 'element'; readonly element: string; readonly secret: string }

export interface PartnerOperation {
  readonly namespace: string
  readonly element: string
  readonly answer?: AnswerElement
}

export interface AnswerElement {
  readonly namespace: string
  readonly element: string
  readonly string?: string
  readonly qualified?: boolean
}

export type ListenSettings = SoapListenConfig &
  Required<Pick<SoapListenConfig, 'operations' | 'maxBodyBytes' | 'wsdlFolder'>>

export function settingsOf(config: SoapListenConfig): ListenSettings {
  return { ...defaultsOf(listenSchema.properties), ...config } as ListenSettings
}

/** Where at the front door the service is. */
export function doorOf({ path }: Pick<SoapListenConfig, 'path'>, system: { readonly id: string }): string {
  return path ?? `/soap/${system.id}`
}
